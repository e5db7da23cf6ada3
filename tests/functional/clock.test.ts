// The business clock: what becomes due when it moves.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import {
  authorized,
  capture,
  expectStatus,
  openSession,
  orderPath,
  placedOrder,
  purchase,
  readOrder,
} from './support/purchases.ts';
import { books, eventually, networkMessages } from './support/sandbox.ts';
import { System } from './support/system.ts';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start();
  client = new Client(system);
});
afterAll(async () => {
  client.close();
  await system.stopClean();
});

const advance = async (period: string): Promise<number> => {
  const answer = expectStatus(await client.post('/sandbox/v1/clock', { advance: period }), 200);
  return Date.parse(answer.json<{ business_time: string }>().business_time);
};

test('it moves on by what was asked and never back', async () => {
  const before = await advance('PT1S');
  const after = await advance('PT1H');
  expect(after - before).toBeGreaterThanOrEqual(3_600_000);
  for (const wrong of ['-P1D', 'P-1D', '30 days', 'P0D', '', 'P1', 'P999999999Y']) {
    const answer = await client.post('/sandbox/v1/clock', { advance: wrong });
    expect([answer.status, answer.error.error_code], wrong).toEqual([400, 'BAD_VALUE']);
  }
});

// Nothing is charged before its day has come in every market, so each date is passed by a day: at whatever hour this runs.
test('thirty days on, the second third is charged by its token, quoting the hold; sixty days on, the last', async () => {
  const amount = 45_000;
  const order = await placedOrder(client, 'pay_over_time', purchase(amount));
  await capture(client, order, amount);
  await eventually('the completion', async () =>
    (await books(system)).some((l) => l.held === 15_000 && l.completed === 15_000) ? true : undefined,
  );
  const charges = async (): Promise<number> =>
    (await networkMessages(system)).filter(
      (m) => m.mti === '0210' && m.processing_code === '000000' && m.amount === 15_000 && m.response_code === '00',
    ).length;
  await advance('P31D');
  await eventually('the second third', async () => ((await charges()) === 1 ? true : undefined));
  await advance('P30D');
  await eventually('the last third', async () => ((await charges()) === 2 ? true : undefined));
  await advance('P30D');
  expect(await charges()).toBe(2);
});

test('a card that declines later leaves the installment open and everything in balance', async () => {
  const amount = 48_000;
  const order = await placedOrder(client, 'pay_over_time', purchase(amount), { test_card: 'decline_on_charge' });
  await capture(client, order, amount);
  await advance('P31D');
  await eventually('the declined charge', async () =>
    (await networkMessages(system)).some((m) => m.mti === '0210' && m.amount === 16_000 && m.response_code === '51')
      ? true
      : undefined,
  );
  expect(system.karv('ledger', 'verify').status).toBe(0);
});

test('a hold that has expired is replaced by a charge at the capture', async () => {
  const amount = 51_000;
  const order = await placedOrder(client, 'pay_now', purchase(amount));
  await advance('P20D');
  await capture(client, order, amount);
  await advance('P1D'); // the job that charges runs every minute; the clock runs it at once
  await eventually('a charge or a completion of everything', async () => {
    const lines = (await books(system)).filter((l) => l.completed === amount || l.charged === amount);
    return lines.length === 1 ? true : undefined;
  });
});

test('a session ends after two days, an authorization after an hour, an order after its 28 days', async () => {
  const session = await openSession(client);
  const { token } = await authorized(client, 'pay_now', purchase(52_500));
  const order = await placedOrder(client, 'pay_now', purchase(53_250));
  await advance('PT61M');
  const late = await client.post(`/payments/v1/authorizations/${token}/order`, purchase(52_500));
  expect([late.status, late.error.error_code]).toEqual([404, 'NOT_FOUND']);
  await eventually('the hold given free', async () =>
    (await books(system)).some((l) => l.held === 52_500 && l.remaining === 0) ? true : undefined,
  );
  await advance('P2D');
  for (const answer of [
    await client.get(`/payments/v1/sessions/${session}`),
    await client.post(`/payments/v1/sessions/${session}`, purchase()),
  ]) {
    expect([answer.status, answer.error.error_code]).toEqual([404, 'NOT_FOUND']);
  }
  expect((await client.post(`${orderPath(order)}/extend-authorization-time`)).status).toBe(204);
  await advance('P29D');
  expect((await readOrder(client, order)).status).toBe('EXPIRED');
  const capturing = await client.post(`${orderPath(order)}/captures`, { captured_amount: 1 });
  expect(capturing.error.error_code).toBe('CAPTURE_NOT_ALLOWED');
});

test('auto_capture waits for a pending decision: captured when it accepts, never when it rejects', async () => {
  const wanted = purchase(54_000, { auto_capture: true });
  const accepted = await placedOrder(client, 'pay_now', wanted, { email: 'customer+pend-accept-05@email.se' });
  const rejected = await placedOrder(client, 'pay_later', wanted, { email: 'customer+pend-reject-05@email.se' });
  for (const order of [accepted, rejected]) {
    const { status, fraud_status, captured_amount } = await readOrder(client, order);
    expect([status, fraud_status, captured_amount]).toEqual(['AUTHORIZED', 'PENDING', 0]);
  }
  await advance('PT5M');
  const good = await eventually('the decision', async () => {
    const order = await readOrder(client, accepted);
    return order.fraud_status === 'PENDING' ? undefined : order;
  });
  expect([good.status, good.fraud_status, good.captured_amount]).toEqual(['CAPTURED', 'ACCEPTED', 54_000]);
  expect(good.captures.map((one) => one.captured_amount)).toEqual([54_000]);
  await eventually('the completion', async () =>
    (await books(system)).some((l) => l.held === 54_000 && l.completed === 54_000) ? true : undefined,
  );
  const bad = await readOrder(client, rejected);
  expect([bad.status, bad.fraud_status, bad.captures]).toEqual(['CANCELLED', 'REJECTED', []]);
});

test('the offset survives a restart', async () => {
  const before = await advance('PT1S');
  client.close();
  await system.stop();
  await system.start();
  client = new Client(system);
  const after = await advance('PT1S');
  expect(after).toBeGreaterThan(before);
  expect(after - before).toBeLessThan(300_000);
});
