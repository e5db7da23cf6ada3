// Inside the shop's page: the plans, nothing more. Everything personal happens in the overlay.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Mark } from '@karv/ui';
import type { Plan } from '@karv/api-client';
import type { Bridge } from './bridge.ts';
import { useCheckout } from './context.ts';
import { PlanFacts, PlanPicker } from './plan_picker.tsx';

/**
 * Tells the shop's page how tall we are: at once, so that nothing moves after it was told that we are there, and
 * whenever that changes. (Browsers put observers of frames that are out of sight to sleep.)
 */
function useHeight(bridge: Bridge) {
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return;
    const tell = (): void => bridge.height(element.getBoundingClientRect().height);
    tell();
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    return () => observer.disconnect();
  }, [bridge]);
  return root;
}

export function Inline({ bridge }: { bridge: Bridge }) {
  const { texts } = useCheckout();
  const root = useHeight(bridge);
  const [chosen, setChosen] = useState<string | null>(null);
  const choose = (plan: Plan): void => {
    setChosen(plan.plan);
    bridge.plan(plan.plan);
  };
  return (
    <div class="inline" ref={root}>
      <main>
        <h1 class="hidden-text">{texts.planTitle}</h1>
        <PlanPicker chosen={chosen} onChoose={choose} />
        <Mark />
      </main>
    </div>
  );
}

/** loadPaymentReview: the plan that was agreed on, to look at. */
export function Review({ bridge, plan }: { bridge: Bridge; plan: Plan }) {
  const { texts } = useCheckout();
  const root = useHeight(bridge);
  return (
    <div class="inline" ref={root}>
      <main>
        <h1 class="review-title">{texts.chosenInReview}</h1>
        <div class="plan">
          <div class="plan-head">
            <span class="plan-name">{texts.planNames[plan.plan] ?? plan.plan}</span>
          </div>
          <div class="plan-body">
            <PlanFacts plan={plan} />
          </div>
        </div>
        <Mark />
      </main>
    </div>
  );
}
