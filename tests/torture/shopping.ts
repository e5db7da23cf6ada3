// Shoppers who buy until they are told to stop or the line breaks. Each purchase: session, authorization, order, two
// captures, one refund, and something left over.
import { purchase as purchaseBody } from '../functional/support/purchases.ts';
import { Refused, type Journal, type Purchase } from './journal.ts';
import { Broken, type Line } from './line.ts';
import type { Random } from './random.ts';

let numbers = 0;
const tag = `${process.pid.toString(36)}${Date.now().toString(36)}`;

function newPurchase(category: string, random: Random): Purchase {
  numbers += 1;
  const amount = random.between(45, 200) * 1000;
  return { reference: `t${tag}-${numbers}`, category, amount, steps: [], declined: false };
}

export interface Shopping {
  readonly line: Line;
  readonly journal: Journal;
  readonly random: Random;
  readonly categories: readonly string[];
  /** True when no further step is to be begun. */
  readonly stopped: () => boolean;
  /** Called for an answer that is not success. */
  readonly onRefusal: (refused: Refused) => void;
}

async function buyOnce(shopping: Shopping): Promise<void> {
  const { line, journal, random } = shopping;
  const purchase = newPurchase(random.pick(shopping.categories), random);
  const body = purchaseBody(purchase.amount, { merchant_reference1: purchase.reference });
  journal.purchases.push(purchase);
  const session = await journal.perform(
    line,
    purchase,
    journal.add(purchase, 'session', '/payments/v1/sessions', body),
  );
  if (shopping.stopped()) return;
  const authorize = journal.add(purchase, 'authorize', `/sandbox/v1/sessions/${session}/authorize`, {
    payment_method_category: purchase.category,
    email: `${purchase.reference}@example.com`,
  });
  const token = await journal.perform(line, purchase, authorize);
  if (token === null || shopping.stopped()) return;
  const order = await journal.perform(
    line,
    purchase,
    journal.add(purchase, 'order', `/payments/v1/authorizations/${token}/order`, body),
  );
  const path = `/ordermanagement/v1/orders/${order}`;
  for (const share of [0.5, 0.2]) {
    if (shopping.stopped()) return;
    const amount = purchase.amount * share;
    const captured = { captured_amount: amount };
    await journal.perform(line, purchase, journal.add(purchase, 'capture', `${path}/captures`, captured, amount));
  }
  if (shopping.stopped()) return;
  const amount = purchase.amount * 0.1;
  const refunded = { refunded_amount: amount };
  await journal.perform(line, purchase, journal.add(purchase, 'refund', `${path}/refunds`, refunded, amount));
}

/** One shopper. Ends when the line breaks, or when stopped. */
export async function shop(shopping: Shopping): Promise<void> {
  while (!shopping.stopped()) {
    try {
      await buyOnce(shopping);
    } catch (error) {
      if (error instanceof Broken) return;
      if (!(error instanceof Refused)) throw error;
      shopping.onRefusal(error);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
