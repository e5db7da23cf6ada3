// The account: signed out or signed in, in one of three languages.
import './portal.css';
import './purchase.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { createCustomerClient, Problem, type CustomerClient } from '@karv/api-client';
import { Button, pickLocale, type Language } from '@karv/ui';
import { PortalContext, useAccount } from './account.ts';
import { useRoute } from './route.ts';
import { LanguageChoice, Shell } from './shell.tsx';
import { kTexts, type Texts } from './texts/index.ts';
import { Cards } from './views/cards.tsx';
import { Purchases } from './views/purchases.tsx';
import { PurchaseView } from './views/purchase.tsx';
import { SignIn } from './views/sign_in.tsx';

const kLanguageKey = 'karv.language';

/** The chosen language outlives the visit, where the browser lets it. */
function rememberedLanguage(): string | null {
  try {
    return localStorage.getItem(kLanguageKey);
  } catch {
    return null;
  }
}

function useLanguage() {
  const [chosen, setChosen] = useState(rememberedLanguage);
  // The reader's own region where it speaks the chosen language: amounts and dates look as they do at home.
  const regional = navigator.languages.filter((tag) => !chosen || tag.startsWith(chosen));
  const picked = pickLocale([...regional, chosen, ...navigator.languages]);
  useEffect(() => {
    document.documentElement.lang = picked.language;
  }, [picked.language]);
  const choose = (language: Language): void => {
    setChosen(language);
    try {
      localStorage.setItem(kLanguageKey, language);
    } catch {
      // Not remembered, still used.
    }
  };
  return { ...picked, choose };
}

interface SignedInProps {
  client: CustomerClient;
  texts: Texts;
  language: Language;
  locale: string;
  onLanguage: (language: Language) => void;
  onSignedOut: () => void;
}

function SignedIn({ client, texts, language, locale, onLanguage, onSignedOut }: SignedInProps) {
  const account = useAccount(client, onSignedOut);
  const route = useRoute();
  const signOut = (): void => {
    client.logout().then(onSignedOut, (problem: unknown) => {
      if (problem instanceof Problem && problem.status === 401) onSignedOut();
    });
  };
  const { me, purchases, failed } = account;
  return (
    <PortalContext.Provider value={{ client, account, texts, language, locale }}>
      <Shell route={route} onSignOut={signOut} onLanguage={onLanguage}>
        {!purchases || !me ? (
          <div class="waiting" role="status">
            {failed ? texts.errors.TRY_AGAIN : texts.loading}
            {failed && <Button onClick={account.reload}>{texts.retry}</Button>}
          </div>
        ) : (
          <>
            {route.view === 'purchases' && <Purchases purchases={purchases} />}
            {route.view === 'purchase' && (
              <PurchaseView key={route.orderId} purchase={purchases.find((one) => one.order_id === route.orderId)} />
            )}
            {route.view === 'cards' && <Cards cards={me.cards} />}
          </>
        )}
      </Shell>
    </PortalContext.Provider>
  );
}

type Entry = 'asking' | 'in' | 'out' | 'left';

function App({ client }: { client: CustomerClient }) {
  const [entry, setEntry] = useState<Entry>('asking');
  const { language, locale, choose } = useLanguage();
  const texts = kTexts[language];
  useEffect(() => {
    client.me().then(
      () => setEntry('in'),
      () => setEntry('out'),
    );
  }, []);
  if (entry === 'asking') return null;
  if (entry === 'in') {
    return (
      <SignedIn
        client={client}
        texts={texts}
        language={language}
        locale={locale}
        onLanguage={choose}
        onSignedOut={() => setEntry('left')}
      />
    );
  }
  return (
    <>
      <SignIn
        client={client}
        texts={texts}
        language={language}
        left={entry === 'left'}
        onSignedIn={() => setEntry('in')}
      />
      <footer class="bottom">
        <LanguageChoice label={texts.language} language={language} onChange={choose} />
      </footer>
    </>
  );
}

const root = document.getElementById('app');
if (root) render(<App client={createCustomerClient()} />, root);
