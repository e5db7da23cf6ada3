// The three plans with the test cards: what the shop is told, and what the card network saw.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import {
  authorize,
  authorized,
  capture,
  newShopper,
  openSession,
  placedOrder,
  purchase,
  readOrder,
  type Category,
} from './support/purchases.ts';
import { books, eventually, networkMessages, setLateAnswers, type BookLine } from './support/sandbox.ts';
import { System } from './support/system.ts';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start();
  client = new Client(system);
  await setLateAnswers(system, 9_000);
});
afterAll(async () => {
  client.close();
  await system.stopClean();
});

let amounts = 40_005;
/** An amount that no other test uses, so that its messages are found again; divisible by 15. */
const ownAmount = (): number => (amounts += 15 * 100);

const held = (amount: number): Promise<BookLine> =>
  eventually(`a hold of ${amount}`, async () => (await books(system)).find((line) => line.held === amount));

interface Decision {
  readonly approved: boolean;
  readonly error?: string;
}
const decide = async (category: Category, amount: number, test_card: string): Promise<Decision> => {
  const session = await openSession(client, purchase(amount));
  return (await authorize(client, session, category, { test_card })).json<Decision>();
};

describe('an approved card', () => {
  test('pay now holds everything and completes it at the capture', async () => {
    const amount = ownAmount();
    const order = await placedOrder(client, 'pay_now', purchase(amount));
    expect((await held(amount)).completed).toBe(0);
    await capture(client, order, amount);
    await eventually('the completion', async () => ((await held(amount)).completed === amount ? true : undefined));
  });

  test('pay in 3 holds the first third', async () => {
    const amount = ownAmount();
    const order = await placedOrder(client, 'pay_over_time', purchase(amount));
    await held(amount / 3);
    await capture(client, order, amount);
    await eventually('the completion', async () =>
      (await held(amount / 3)).completed === amount / 3 ? true : undefined,
    );
  });

  test('pay in 30 days asks no card network', async () => {
    const amount = ownAmount();
    const order = await placedOrder(client, 'pay_later', purchase(amount));
    await capture(client, order, amount);
    expect((await networkMessages(system)).filter((m) => m.amount === amount)).toEqual([]);
  });

  test('that answers twice is one hold', async () => {
    const amount = ownAmount();
    const order = await placedOrder(client, 'pay_now', purchase(amount), { test_card: 'duplicate' });
    expect((await readOrder(client, order)).remaining_authorized_amount).toBe(amount);
    expect((await books(system)).filter((line) => line.held === amount).length).toBe(1);
  });

  test('of an authorization that is released is given free', async () => {
    const amount = ownAmount();
    const { token } = await authorized(client, 'pay_now', purchase(amount));
    expect((await client.delete(`/payments/v1/authorizations/${token}`)).status).toBe(204);
    await eventually('the reversal', async () => ((await held(amount)).reversed === amount ? true : undefined));
  });
});

describe('a declined card', () => {
  test.each([
    ['decline_05', 'CARD_DECLINED'],
    ['decline_51', 'CARD_INSUFFICIENT_FUNDS'],
    ['decline_54', 'CARD_EXPIRED'],
  ])('%s is told as %s', async (card, code) => {
    expect(await decide('pay_now', ownAmount(), card)).toEqual({ approved: false, error: code });
    expect(await decide('pay_over_time', ownAmount(), card)).toEqual({ approved: false, error: code });
  });

  test('leaves the session open for another card', async () => {
    const session = await openSession(client, purchase(ownAmount()));
    const first = await authorize(client, session, 'pay_now', { test_card: 'decline_51' });
    expect(first.json<Decision>().approved).toBe(false);
    const second = await authorize(client, session, 'pay_now', { test_card: 'approve' });
    expect(second.json<Decision>().approved).toBe(true);
  });
});

describe('a card network that does not answer', () => {
  test('is told as unreachable, and the hold is reversed until that is confirmed', async () => {
    const amount = ownAmount();
    expect(await decide('pay_now', amount, 'timeout')).toEqual({ approved: false, error: 'CARD_UNREACHABLE' });
    await eventually('the reversal', async () => ((await held(amount)).reversed === amount ? true : undefined), 60_000);
  });

  test('or answers late: the late approval is reversed too', async () => {
    const amount = ownAmount();
    expect(await decide('pay_now', amount, 'late')).toEqual({ approved: false, error: 'CARD_UNREACHABLE' });
    await eventually(
      'the reversal of the late approval',
      async () => ((await held(amount)).remaining === 0 && (await held(amount)).reversed === amount ? true : undefined),
      60_000,
    );
  });

  test('keeps nobody else waiting', async () => {
    const hanging = Array.from({ length: 10 }, () => decide('pay_now', ownAmount(), 'timeout'));
    const begin = Date.now();
    for (let i = 0; i < 20; i += 1) await openSession(client);
    expect(Date.now() - begin).toBeLessThan(6_000); // the calls hang for 8 s
    for (const decision of await Promise.all(hanging)) expect(decision.approved).toBe(false);
  });
});

describe('the decision', () => {
  test.each(['shopper+denied@example.com', 'shopper+red@example.com', 'shopper+reject_reason_high_risk@example.com'])(
    'refuses %s',
    async (email) => {
      const session = await openSession(client);
      const answer = await authorize(client, session, 'pay_later', { email });
      expect(answer.json()).toEqual({ approved: false, error: 'REFUSED' });
    },
  );

  test('keeps an order pending that cannot be captured until it is decided', async () => {
    const email = `pending${process.pid}+pend-accept-05@example.com`;
    const order = await placedOrder(client, 'pay_later', purchase(), { email });
    expect((await readOrder(client, order)).fraud_status).toBe('PENDING');
    const early = await client.post(`/ordermanagement/v1/orders/${order}/captures`, { captured_amount: 100_000 });
    expect([early.status, early.error.error_code]).toEqual([403, 'CAPTURE_NOT_ALLOWED']);
    expect((await client.post('/sandbox/v1/clock', { advance: 'PT6M' })).status).toBe(200);
    expect((await readOrder(client, order)).fraud_status).toBe('ACCEPTED');
    await capture(client, order, 100_000);
  });

  test('rejects a pending order and cancels it', async () => {
    const email = `pending${process.pid}+pend-reject-05@example.com`;
    const order = await placedOrder(client, 'pay_later', purchase(), { email });
    expect((await client.post('/sandbox/v1/clock', { advance: 'PT6M' })).status).toBe(200);
    const after = await readOrder(client, order);
    expect([after.fraud_status, after.status]).toEqual(['REJECTED', 'CANCELLED']);
  });

  test('stops credit at the open debt', async () => {
    const email = newShopper();
    await placedOrder(client, 'pay_later', purchase(1_500_000), { email });
    const session = await openSession(client, purchase(1_500_000));
    expect((await authorize(client, session, 'pay_later', { email })).json()).toEqual({
      approved: false,
      error: 'REFUSED',
    });
    const another = await openSession(client, purchase(1_500_000));
    expect((await authorize(client, another, 'pay_now', { email })).json<Decision>().approved).toBe(true);
  });

  test('refuses minors', async () => {
    const session = await openSession(client, purchase(100_000, { customer: { date_of_birth: '2015-01-01' } }));
    expect((await authorize(client, session)).json()).toEqual({ approved: false, error: 'REFUSED' });
  });

  test('knows no other category, e-mail or card', async () => {
    const session = await openSession(client);
    for (const wrong of [
      { payment_method_category: 'pay_never', email: newShopper() },
      { payment_method_category: 'pay_now', email: 'nobody' },
      { payment_method_category: 'pay_now' },
      {},
    ]) {
      const answer = await client.post(`/sandbox/v1/sessions/${session}/authorize`, wrong, {
        refused: wrong.email !== 'nobody',
      });
      expect([answer.status, answer.error.error_code]).toEqual([400, 'BAD_VALUE']);
    }
    const card = await authorize(client, session, 'pay_now', { test_card: 'platinum' });
    expect(card.status).toBeGreaterThanOrEqual(400);
    expect(card.status).toBeLessThan(500);
  });
});
