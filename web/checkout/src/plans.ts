// Which plans a page shows, and in which order. Pure.
import { sumMinor } from '@karv/money';
import type { Plan } from '@karv/api-client';

/** The shop's categories and the plans they mean; a category that is not listed means every plan. */
const kPlansOf: Record<string, readonly string[]> = {
  pay_now: ['pay_now'],
  pay_later: ['pay_in_30'],
  pay_over_time: ['pay_in_3'],
  direct_debit: [],
  direct_bank_transfer: [],
};

/** Paying in full comes before credit, whatever order they arrived in. */
export function plansFor(category: string, plans: readonly Plan[]): Plan[] {
  const wanted = Object.hasOwn(kPlansOf, category) ? kPlansOf[category] : undefined;
  const shown = plans.filter(({ plan }) => !wanted || wanted.includes(plan));
  return [...shown.filter(({ credit }) => !credit), ...shown.filter(({ credit }) => credit)];
}

/** What leaves the shopper's card at confirmation. Units: minor. */
export function chargedNow(plan: Plan): number {
  return sumMinor(plan.installments.filter(({ due_today }) => due_today).map(({ amount }) => amount));
}
