// The checkout page: waits for the line, hands the shop's data over, reads the payment and shows one of two views.
import './checkout.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { createCheckoutClient, Problem, type CheckoutClient, type PaymentSession } from '@karv/api-client';
import { pickLocale } from '@karv/ui';
import { connect, type Bridge, type Start } from './bridge.ts';
import { CheckoutContext } from './context.ts';
import { EndPage } from './end_page.tsx';
import { Inline, Review } from './inline.tsx';
import { Overlay } from './overlay.tsx';
import { plansFor } from './plans.ts';
import { errorName, type ErrorName } from './problems.ts';
import { kTexts } from './texts/index.ts';

interface PageProps {
  start: Start;
  bridge: Bridge;
  client: CheckoutClient;
}

/** What the shop can repair in its own form: goes back to it instead of being shown. */
function fieldsToFix(problem: unknown): string[] | null {
  if (!(problem instanceof Problem) || problem.status !== 400) return null;
  return problem.details.invalid_fields ?? [];
}

const kFontPatienceMs = 800;

/** Waits for our font, not for long: text that changes its width later would move the shop's page. */
async function fontReady(): Promise<void> {
  const patience = new Promise<unknown>((resolve) => setTimeout(resolve, kFontPatienceMs));
  await Promise.race([document.fonts.load('1em "Inter Variable"').catch(() => undefined), patience]);
}

function Page({ start, bridge, client }: PageProps) {
  const [session, setSession] = useState<PaymentSession | null>(null);
  const [failed, setFailed] = useState<ErrorName | null>(null);
  const inline = start.mode === 'inline';

  const read = async (): Promise<void> => {
    const [answer] = await Promise.all([client.session(), fontReady()]);
    setSession(answer);
  };
  const begin = async (): Promise<void> => {
    setFailed(null);
    try {
      if (Object.keys(start.data).length > 0) await client.handOver(start.data);
      await read();
    } catch (problem) {
      const fields = fieldsToFix(problem);
      const name = errorName(problem);
      const error = fields ? { code: 'INVALID_FIELDS', invalid_fields: fields } : { code: name };
      if (inline) bridge.loaded(fields !== null, error);
      else if (fields) bridge.result({ approved: false, show_form: true, error });
      else setFailed(name);
    }
  };
  useEffect(() => void begin(), []);

  const { language, locale } = pickLocale([session?.locale, ...navigator.languages]);
  const texts = kTexts[language];
  const plans = session ? plansFor(start.category, session.plans) : [];
  const offered = session !== null && session.show_form && plans.some(({ available }) => available);
  const leave = (code: string): void =>
    bridge.result({ approved: false, show_form: code !== 'REFUSED', error: { code } });

  useEffect(() => {
    document.documentElement.lang = language;
    if (session) document.title = texts.payTo(session.merchant_name);
    if (session && inline) bridge.loaded(offered);
    if (!session && !inline) bridge.onCancel = () => leave(failed ?? 'CLOSED');
  }, [session, failed]);

  if (inline && !offered) return null;
  if (failed) {
    const retry = failed === 'NETWORK' || failed === 'TRY_AGAIN' || failed === 'TOO_MANY_REQUESTS';
    const again = retry ? { onRetry: () => void begin() } : {};
    return <EndPage texts={texts} text={texts.errors[failed]} merchant="" onLeave={() => leave(failed)} {...again} />;
  }
  if (!session) return <Waiting text={texts.working} />;
  if (!offered) {
    return (
      <EndPage
        texts={texts}
        text={texts.refusedText}
        merchant={session.merchant_name}
        onLeave={() => leave('REFUSED')}
      />
    );
  }
  const reviewed = plans.find(({ plan }) => plan === start.plan) ?? plans[0];
  return (
    <CheckoutContext.Provider value={{ client, session, plans, texts, language, locale }}>
      {!inline && <Overlay bridge={bridge} plan={start.plan} onTermsChanged={read} />}
      {inline && !start.review && <Inline bridge={bridge} />}
      {inline && start.review && reviewed && <Review bridge={bridge} plan={reviewed} />}
    </CheckoutContext.Provider>
  );
}

function Waiting({ text }: { text: string }) {
  return (
    <div class="scrim">
      <main class="sheet waiting">
        <span class="spinner" aria-hidden="true" />
        <p class="hidden-text" role="status">
          {text}
        </p>
      </main>
    </div>
  );
}

connect(window, (start, bridge) => {
  const root = document.getElementById('app');
  if (!root) return;
  document.body.classList.add(start.mode);
  render(<Page start={start} bridge={bridge} client={createCheckoutClient(start.clientToken)} />, root);
});
