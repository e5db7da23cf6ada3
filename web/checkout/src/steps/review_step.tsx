// Everything once more, the terms, and a button that says what it takes now.
import { Button, CardLine } from '@karv/ui';
import { formatDate } from '@karv/money';
import type { Plan } from '@karv/api-client';
import type { CardChoice } from '../flow.ts';
import { useCheckout } from '../context.ts';
import { PlanFacts } from '../plan_picker.tsx';
import { chargedNow } from '../plans.ts';

interface ReviewStepProps {
  plan: Plan;
  email: string;
  card: CardChoice | null;
  busy: boolean;
  onConfirm: () => void;
  onChange: (step: 'plan' | 'card') => void;
}

function WhatHappens({ plan }: { plan: Plan }) {
  const { texts, session, locale, money } = useCheckout();
  const now = chargedNow(plan);
  const later = plan.installments.find(({ due_today }) => !due_today);
  return (
    <p class="small">
      {now > 0 && texts.reserved(money(now), session.merchant_name)}{' '}
      {now === 0 && later && texts.laterBy(money(later.amount), formatDate(later.due_date, locale))}
      {now > 0 && later && texts.restFromCard}
    </p>
  );
}

export function ReviewStep({ plan, email, card, busy, onConfirm, onChange }: ReviewStepProps) {
  const { texts, money } = useCheckout();
  const now = chargedNow(plan);
  const changeButton = (what: string, step: 'plan' | 'card') => (
    <button type="button" class="link" onClick={() => !busy && onChange(step)}>
      {texts.change}
      <span class="hidden-text"> ({what})</span>
    </button>
  );
  return (
    <div class="stack">
      <section class="summary" aria-label={texts.plan}>
        <div class="summary-row">
          <h2>{texts.planNames[plan.plan] ?? plan.plan}</h2>
          {changeButton(texts.plan, 'plan')}
        </div>
        <PlanFacts plan={plan} />
      </section>
      <dl class="summary">
        <div class="summary-row">
          <dt>{texts.email}</dt>
          <dd>{email}</dd>
        </div>
        {card && (
          <div class="summary-row">
            <dt>{texts.card}</dt>
            <dd>
              <CardLine brand={card.card.brand} last4={card.card.last4} ending={texts.ending} />{' '}
              {changeButton(texts.card, 'card')}
            </dd>
          </div>
        )}
      </dl>
      <p class="small">
        {texts.termsBefore}
        <a href={plan.terms_url} target="_blank" rel="noopener noreferrer">
          {texts.terms}
          <span class="hidden-text"> {texts.newWindow}</span>
        </a>
        {texts.termsAfter}
      </p>
      <Button wide busy={busy} busyText={plan.needs_card ? texts.confirming : texts.deciding} onClick={onConfirm}>
        {now > 0 ? texts.confirmNow(money(now)) : texts.confirmLater(money(0))}
      </Button>
      <WhatHappens plan={plan} />
    </div>
  );
}
