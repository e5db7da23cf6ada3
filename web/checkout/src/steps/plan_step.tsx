import { useState } from 'preact/hooks';
import { Button } from '@karv/ui';
import type { Plan } from '@karv/api-client';
import { useCheckout } from '../context.ts';
import { PlanPicker } from '../plan_picker.tsx';

export function PlanStep({ plan, onContinue }: { plan: Plan | null; onContinue: (plan: Plan) => void }) {
  const { texts } = useCheckout();
  const [chosen, setChosen] = useState(plan);
  const [missing, setMissing] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (chosen) onContinue(chosen);
    else {
      setMissing(true);
      document.querySelector<HTMLInputElement>('.plans input:not(:disabled)')?.focus();
    }
  };
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <PlanPicker
        chosen={chosen?.plan ?? null}
        onChoose={(one) => {
          setChosen(one);
          setMissing(false);
        }}
        {...(missing ? { error: texts.planMissing } : {})}
      />
      <Button submit wide>
        {texts.continue}
      </Button>
    </form>
  );
}
