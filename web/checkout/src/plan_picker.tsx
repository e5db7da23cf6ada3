// The plans with everything they cost: each date and amount, the total, what happens when late. Nothing is preselected.
import { Schedule } from '@karv/ui';
import type { Plan } from '@karv/api-client';
import { useCheckout } from './context.ts';

export function PlanFacts({ plan }: { plan: Plan }) {
  const { texts, session, locale, money } = useCheckout();
  return (
    <>
      <Schedule entries={plan.installments} currency={session.purchase_currency} locale={locale} today={texts.today} />
      <p class="facts">
        <strong>{texts.totalToPay(money(plan.total_amount))}</strong>
        {plan.late && (
          <>
            {' '}
            <span class="late">{plan.late}</span>
          </>
        )}
      </p>
    </>
  );
}

interface PlanPickerProps {
  chosen: string | null;
  onChoose: (plan: Plan) => void;
  error?: string;
}

export function PlanPicker({ chosen, onChoose, error }: PlanPickerProps) {
  const { texts, plans } = useCheckout();
  return (
    <fieldset class="plans" aria-describedby={error ? 'plan-error' : undefined}>
      <legend class="hidden-text">{texts.planLegend}</legend>
      {error && (
        <p class="field-error" id="plan-error">
          {error}
        </p>
      )}
      {plans.map((plan) => (
        <div key={plan.plan} class={plan.available ? 'plan' : 'plan unavailable'}>
          <label class="plan-head" for={`plan-${plan.plan}`}>
            <input
              class="radio"
              id={`plan-${plan.plan}`}
              type="radio"
              name="plan"
              value={plan.plan}
              checked={chosen === plan.plan}
              disabled={!plan.available}
              aria-describedby={`facts-${plan.plan}`}
              onChange={() => onChoose(plan)}
            />
            <span class="plan-name">{texts.planNames[plan.plan] ?? plan.plan}</span>
          </label>
          <div class="plan-body" id={`facts-${plan.plan}`}>
            <p class="plan-note">{plan.available ? texts.planNotes[plan.plan] : (plan.reason ?? texts.unavailable)}</p>
            {plan.available && <PlanFacts plan={plan} />}
          </div>
        </div>
      ))}
    </fieldset>
  );
}
