// What a purchase means to the person who owes it. Pure.
import { sumMinor } from '@karv/money';
import type { Installment, Purchase } from '@karv/api-client';

export type PurchaseState = 'waiting' | 'open' | 'late' | 'paid' | 'canceled';

/** What is still to pay of one installment. Units: minor. */
export function openAmount(installment: Installment): number {
  return Math.max(0, installment.amount - installment.paid_amount - installment.canceled_amount);
}

export function stateOf(purchase: Purchase): PurchaseState {
  if (purchase.installments.some(({ status }) => status === 'overdue')) return 'late';
  if (purchase.outstanding_amount > 0) return 'open';
  if (/^cancel/i.test(purchase.status)) return 'canceled';
  return purchase.captured_amount > 0 ? 'paid' : 'waiting';
}

export interface NextPayment {
  purchase: Purchase;
  installment: Installment;
}

/** The earliest installment that is still to pay, over all purchases. */
export function nextPayment(purchases: readonly Purchase[]): NextPayment | null {
  let next: NextPayment | null = null;
  for (const purchase of purchases) {
    for (const installment of purchase.installments) {
      if (openAmount(installment) === 0 || installment.status === 'processing') continue;
      if (!next || installment.due_date < next.installment.due_date) next = { purchase, installment };
    }
  }
  return next;
}

/** What is open per currency, largest first. Units: minor. */
export function openTotals(purchases: readonly Purchase[]): { currency: string; amount: number }[] {
  const currencies = [...new Set(purchases.map(({ purchase_currency }) => purchase_currency))];
  return currencies
    .map((currency) => ({
      currency,
      amount: sumMinor(
        purchases.filter((one) => one.purchase_currency === currency).map((one) => one.outstanding_amount),
      ),
    }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => b.amount - a.amount);
}

export type HistoryEntry =
  | { kind: 'bought'; at: string; amount: number }
  | { kind: 'paid'; at: string; amount: number; brand: string; last4: string }
  | { kind: 'refunded'; at: string; amount: number };

/** What happened, newest first. */
export function historyOf(purchase: Purchase): HistoryEntry[] {
  const entries: HistoryEntry[] = [
    ...purchase.payments.map(({ amount, paid_at, brand, last4 }) => ({
      kind: 'paid' as const,
      at: paid_at,
      amount,
      brand,
      last4,
    })),
    ...purchase.refunds.map(({ amount, refunded_at }) => ({ kind: 'refunded' as const, at: refunded_at, amount })),
    { kind: 'bought', at: purchase.created_at, amount: purchase.order_amount },
  ];
  return entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
