// The overlay: from a plan to an authorization. Holds the flow's state, makes the one call that decides, and hands the
// result to the shop's page exactly once.
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { ConfirmAnswer, ConfirmRequest } from '@karv/api-client';
import { CodeForm, EmailForm, useAction } from '@karv/ui';
import type { Bridge, Result } from './bridge.ts';
import { useCheckout } from './context.ts';
import { advance, position, startFlow, type CardChoice, type FlowState, type StepName } from './flow.ts';
import { cardError, endsHere, errorName, type ErrorName } from './problems.ts';
import { Sheet } from './sheet.tsx';
import { CardStep } from './steps/card_step.tsx';
import { DoneStep, RefusedStep } from './steps/end_steps.tsx';
import { PlanStep } from './steps/plan_step.tsx';
import { ReviewStep } from './steps/review_step.tsx';
import { EndPage } from './end_page.tsx';
import type { Texts } from './texts/index.ts';

function titleOf(step: StepName, texts: Texts): string {
  const titles: Record<StepName, string> = {
    plan: texts.planTitle,
    email: texts.emailTitle,
    code: texts.codeTitle,
    card: texts.cardTitle,
    review: texts.reviewTitle,
    done: texts.doneTitle,
    refused: texts.refusedTitle,
  };
  return titles[step];
}

function cardOf(card: CardChoice | null): ConfirmRequest['card'] {
  if (!card) return null;
  return card.kind === 'saved' ? { card_id: card.card.card_id } : { ticket: card.ticket };
}

/** Delivers one result, and no second one. */
function useDelivery(bridge: Bridge): (result: Result) => void {
  const delivered = useRef(false);
  return (result) => {
    if (delivered.current) return;
    delivered.current = true;
    bridge.result(result);
  };
}

interface OverlayProps {
  bridge: Bridge;
  plan: string | null;
  onTermsChanged: () => Promise<void>;
}

export function Overlay({ bridge, plan, onTermsChanged }: OverlayProps) {
  const { client, session, plans, texts, language, money } = useCheckout();
  const first = plans.find((one) => one.plan === plan) ?? null;
  const [state, dispatch] = useReducer(advance, startFlow(session.email, first));
  const [alert, setAlert] = useState('');
  const [ended, setEnded] = useState<ErrorName | null>(null);
  const outcome = useRef<Result>({ approved: false, show_form: true });
  const intent = useRef({ of: '', id: '' });
  const deliver = useDelivery(bridge);

  const onProblem = (problem: unknown): void => {
    const name = errorName(problem);
    if (endsHere(name)) {
      outcome.current = { approved: false, show_form: true, error: { code: name } };
      setEnded(name);
    } else setAlert(texts.errors[name]);
  };
  const { busy, run } = useAction((problem) => {
    const name = errorName(problem);
    // Nobody knows whether the decision was made; the same intent finds out.
    if (name === 'NETWORK' || name === 'TRY_AGAIN') setAlert(texts.errors.UNKNOWN_OUTCOME);
    else if (name === 'TERMS_CHANGED') {
      void onTermsChanged().then(
        () => dispatch({ kind: 'terms_changed', alert: texts.errors.TERMS_CHANGED }),
        onProblem,
      );
    } else onProblem(problem);
  });

  function settle(answer: ConfirmAnswer): void {
    intent.current = { of: '', id: '' };
    if (answer.approved) {
      outcome.current = { ...answer, show_form: true };
      dispatch({ kind: 'approved' });
    } else if ('next_action' in answer) dispatch({ kind: 'card_refused', alert: texts.errors.MORE_NEEDED });
    else if (answer.show_form) dispatch({ kind: 'card_refused', alert: cardError(answer.error.code, texts) });
    else {
      outcome.current = { approved: false, show_form: false, error: answer.error };
      dispatch({ kind: 'refused' });
    }
  }

  async function verify(code: string): Promise<void> {
    const { saved_cards } = await client.verify(state.email, code);
    dispatch({ kind: 'identified', savedCards: saved_cards });
  }

  function confirm(): void {
    const chosen = state.plan;
    if (!chosen) return;
    setAlert('');
    const request = { plan: chosen.plan, terms_hash: chosen.terms_hash, card: cardOf(state.card) };
    const of = JSON.stringify(request);
    if (intent.current.of !== of) intent.current = { of, id: crypto.randomUUID() };
    run(async () => settle(await client.confirm(request, intent.current.id)));
  }

  const leave = (): void => {
    if (!busy) deliver(outcome.current);
  };
  useEffect(() => {
    bridge.onCancel = leave;
  });
  useEffect(() => setAlert(''), [state.step]);

  if (ended)
    return <EndPage texts={texts} text={texts.errors[ended]} merchant={session.merchant_name} onLeave={leave} />;
  const atEnd = state.step === 'done' || state.step === 'refused';
  return (
    <Sheet
      texts={texts}
      title={titleOf(state.step, texts)}
      step={state.step}
      position={position(state)}
      merchant={session.merchant_name}
      amount={money(session.order_amount)}
      alert={alert || state.alert}
      onClose={busy ? null : leave}
      onBack={atEnd || busy || state.step === 'plan' ? null : () => dispatch({ kind: 'back' })}
    >
      {renderStep(state)}
    </Sheet>
  );

  function renderStep({ step, plan: chosen, email, savedCards, card }: FlowState) {
    switch (step) {
      case 'plan':
        return <PlanStep plan={chosen} onContinue={(one) => dispatch({ kind: 'plan_chosen', plan: one })} />;
      case 'email':
        return (
          <EmailForm
            language={language}
            lead={texts.emailText}
            email={email}
            identify={client.identify}
            onSent={(sent) => dispatch({ kind: 'code_sent', email: sent })}
            onProblem={onProblem}
          />
        );
      case 'code':
        return (
          <CodeForm
            language={language}
            email={email}
            identify={client.identify}
            verify={verify}
            onOtherEmail={() => dispatch({ kind: 'back' })}
            onProblem={onProblem}
          />
        );
      case 'card':
        return (
          <CardStep
            savedCards={savedCards}
            onChosen={(one) => dispatch({ kind: 'card_chosen', card: one })}
            onProblem={onProblem}
            onEscape={leave}
          />
        );
      case 'review':
        return (
          chosen && (
            <ReviewStep
              plan={chosen}
              email={email}
              card={chosen.needs_card ? card : null}
              busy={busy}
              onConfirm={confirm}
              onChange={(one) => dispatch({ kind: 'change', step: one })}
            />
          )
        );
      case 'done':
        return <DoneStep onLeave={leave} />;
      case 'refused':
        return <RefusedStep onLeave={leave} />;
    }
  }
}
