import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import {
  capture,
  expectStatus,
  orderPath,
  placedOrder,
  purchase,
  readOrder,
  refund,
  type Capture,
} from './support/purchases.ts';
import { books, eventually, mailsTo } from './support/sandbox.ts';
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

const refused = async (order: string, tail: string, body: unknown): Promise<[number, string, string[]]> => {
  const answer = await client.post(`${orderPath(order)}/${tail}`, body);
  return [answer.status, answer.error.error_code, answer.error.error_messages];
};

describe('reading', () => {
  test('always holds captures and refunds', async () => {
    const order = await readOrder(client, await placedOrder(client));
    expect([order.captures, order.refunds, order.status]).toEqual([[], [], 'AUTHORIZED']);
    expect(order.expires_at.endsWith('T00:00:00.000Z')).toBe(true);
  });

  test('an id that is none, an unknown and another API’s id', async () => {
    const bad = await client.get('/ordermanagement/v1/orders/nonsense');
    expect([bad.status, bad.error.error_code]).toEqual([400, 'INVALID_ORDER_ID']);
    const unknown = await client.get(orderPath(randomUUID()));
    expect([unknown.status, unknown.error.error_code]).toEqual([404, 'NO_SUCH_ORDER']);
    const order = await placedOrder(client);
    const none = await client.get(`${orderPath(order)}/captures/${randomUUID()}`);
    expect([none.status, none.error.error_code]).toEqual([404, 'NO_SUCH_CAPTURE']);
    const neither = await client.get(`${orderPath(order)}/refunds/nonsense`);
    expect([neither.status, neither.error.error_code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('capturing', () => {
  test('answers an empty body, the id and an absolute Location that can be followed', async () => {
    const order = await placedOrder(client);
    const answer = await client.post(`${orderPath(order)}/captures`, { captured_amount: 100_000, reference: 'box 1' });
    expect([answer.status, answer.text]).toEqual([201, '']);
    const location = new URL(answer.header('Location'));
    expect(location.origin).toBe(system.addresses.pay);
    const read = expectStatus(await client.get(location.pathname), 200).json<Capture>();
    expect(read.capture_id).toBe(answer.header('Capture-Id'));
    expect(read.klarna_reference.endsWith('-1')).toBe(true);
    expect((await readOrder(client, order)).status).toBe('CAPTURED');
  });

  test('in parts goes from AUTHORIZED over PART_CAPTURED to CAPTURED', async () => {
    const order = await placedOrder(client);
    await capture(client, order, 30_000);
    const half = await readOrder(client, order);
    expect([half.status, half.captured_amount, half.remaining_authorized_amount]).toEqual([
      'PART_CAPTURED',
      30_000,
      70_000,
    ]);
    await capture(client, order, 70_000);
    expect((await readOrder(client, order)).status).toBe('CAPTURED');
    const list = await client.get(`${orderPath(order)}/captures`);
    expect(list.json<Capture[]>().map((c) => c.captured_amount)).toEqual([30_000, 70_000]);
  });

  test('beyond what is left is refused in the words that shops look for, with the values', async () => {
    const order = await placedOrder(client);
    await capture(client, order, 60_000);
    const [status, code, messages] = await refused(order, 'captures', { captured_amount: 40_001 });
    expect([status, code]).toEqual([403, 'CAPTURE_NOT_ALLOWED']);
    expect(messages.join(' ')).toContain('Captured amount is higher than the remaining authorized amount.');
    expect(messages.join(' ')).toMatch(/\. Capture not possible\./);
    expect(messages.join(' ')).toMatch(/40001.*40000/);
    expect((await readOrder(client, order)).captured_amount).toBe(60_000);
  });

  test('nothing at all is allowed, recorded, and in the way of neither a cancel nor a capture', async () => {
    const order = await placedOrder(client);
    const id = await capture(client, order, 0);
    const read = await readOrder(client, order);
    expect([read.status, read.captured_amount, read.remaining_authorized_amount]).toEqual(['AUTHORIZED', 0, 100_000]);
    expect(read.captures.map((one) => [one.capture_id, one.captured_amount])).toEqual([[id, 0]]);
    expectStatus(await client.post(`${orderPath(order)}/cancel`), 204);
    const other = await placedOrder(client);
    await capture(client, other, 0);
    await capture(client, other, 100_000);
    expect((await readOrder(client, other)).status).toBe('CAPTURED');
  });

  test('an order of nothing is CAPTURED with nothing', async () => {
    const order = await placedOrder(client);
    expectStatus(await client.patch(`${orderPath(order)}/authorization`, { order_amount: 0 }), 204);
    await capture(client, order, 0);
    expect((await readOrder(client, order)).status).toBe('CAPTURED');
    expect((await refused(order, 'captures', { captured_amount: 0 }))[1]).toBe('CAPTURE_NOT_ALLOWED');
  });

  test('from ten threads at once never exceeds the order', async () => {
    const order = await placedOrder(client);
    const path = `${orderPath(order)}/captures`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.post(path, { captured_amount: 30_000 })));
    expect(answers.filter((a) => a.status === 201).length).toBe(3);
    expect((await readOrder(client, order)).captured_amount).toBe(90_000);
  });

  test('lines must add up to the amount', async () => {
    const order = await placedOrder(client);
    const [status, code, messages] = await refused(order, 'captures', {
      captured_amount: 40_000,
      order_lines: purchase(50_000).order_lines,
    });
    expect([status, code]).toEqual([400, 'BAD_VALUE']);
    expect(messages.join(' ')).toMatch(/captured_amount.*40000.*50000/);
  });
});

describe('refunding', () => {
  test('answers an empty body, the id and a Location', async () => {
    const order = await placedOrder(client);
    const captured = await capture(client, order, 100_000);
    const answer = await client.post(`${orderPath(order)}/refunds`, { refunded_amount: 25_000, reference: 'r1' });
    expect([answer.status, answer.text]).toEqual([201, '']);
    const read = await client.get(new URL(answer.header('Location')).pathname);
    expect(read.json()).toMatchObject({
      refund_id: answer.header('Refund-Id'),
      refunded_amount: 25_000,
      reference: 'r1',
    });
    const after = await readOrder(client, order);
    expect([after.refunded_amount, after.captures[0]?.refunded_amount]).toEqual([25_000, 25_000]);
    expect(after.captures[0]?.capture_id).toBe(captured);
  });

  test('beyond what was captured is refused with the values', async () => {
    const order = await placedOrder(client);
    expect((await refused(order, 'refunds', { refunded_amount: 1 })).slice(0, 2)).toEqual([403, 'REFUND_NOT_ALLOWED']);
    await capture(client, order, 50_000);
    await refund(client, order, 20_000);
    const [status, code, messages] = await refused(order, 'refunds', { refunded_amount: 30_001 });
    expect([status, code]).toEqual([403, 'REFUND_NOT_ALLOWED']);
    expect(messages.join(' ')).toMatch(/30001.*30000/);
  });

  test('takes off what is owed before anything goes back to the card', async () => {
    const amount = 61_500;
    const third = amount / 3;
    const order = await placedOrder(client, 'pay_over_time', purchase(amount));
    await capture(client, order, amount); // a third is paid, two thirds are owed
    const line = async (): Promise<{ completed: number; refunded: number }> =>
      eventually('the hold', async () => (await books(system)).find((l) => l.held === third));
    await eventually('the completion', async () => ((await line()).completed === third ? true : undefined));
    await refund(client, order, 2 * third);
    await refund(client, order, 1_000);
    await eventually('the refund to the card', async () => ((await line()).refunded === 1_000 ? true : undefined));
    await refund(client, order, third - 1_000);
    await eventually('the rest', async () => ((await line()).refunded === third ? true : undefined));
    expect((await readOrder(client, order)).refunded_amount).toBe(amount);
  });

  test('of a card payment goes back to the card', async () => {
    const amount = 62_250;
    const order = await placedOrder(client, 'pay_now', purchase(amount));
    await capture(client, order, amount);
    await refund(client, order, 12_250);
    await eventually('the refund', async () =>
      (await books(system)).some((l) => l.held === amount && l.completed === amount && l.refunded === 12_250)
        ? true
        : undefined,
    );
  });
});

test('the shopper has a mail about the order and one about the refund', async () => {
  const email = `mailed${process.pid}@example.com`;
  const order = await placedOrder(client, 'pay_later', purchase(), { email });
  await eventually('the first mail', async () => ((await mailsTo(system, email)).length === 1 ? true : undefined));
  await capture(client, order, 100_000);
  await refund(client, order, 1_000);
  await eventually('the second mail', async () => ((await mailsTo(system, email)).length === 2 ? true : undefined));
});

describe('ending', () => {
  test('cancel works before a capture, is repeatable, and not after one', async () => {
    const order = await placedOrder(client, 'pay_now', purchase(63_000));
    for (let i = 0; i < 2; i += 1) expect((await client.post(`${orderPath(order)}/cancel`)).status).toBe(204);
    expect((await readOrder(client, order)).status).toBe('CANCELLED');
    expect((await refused(order, 'captures', { captured_amount: 1 })).slice(0, 2)).toEqual([
      403,
      'CAPTURE_NOT_ALLOWED',
    ]);
    await eventually('the reversal', async () =>
      (await books(system)).some((l) => l.held === 63_000 && l.reversed === 63_000) ? true : undefined,
    );
    const captured = await placedOrder(client);
    await capture(client, captured, 1_000);
    const [status, code, messages] = await refused(captured, 'cancel', undefined);
    expect([status, code]).toEqual([403, 'CANCEL_NOT_ALLOWED']);
    expect(messages[0]).toBe('Order has previous captures. Cancel not possible.');
  });

  test('release needs a capture and something left', async () => {
    const order = await placedOrder(client);
    expect((await refused(order, 'release-remaining-authorization', undefined))[1]).toBe('NOT_ALLOWED');
    await capture(client, order, 40_000);
    expect((await client.post(`${orderPath(order)}/release-remaining-authorization`)).status).toBe(204);
    const after = await readOrder(client, order);
    expect([after.status, after.remaining_authorized_amount]).toEqual(['CAPTURED', 0]);
    const [status, , messages] = await refused(order, 'release-remaining-authorization', undefined);
    expect([status, messages[0]]).toEqual([
      403,
      'Order is fully captured. Remaining authorization cannot be released.',
    ]);
  });

  test('the hold that is left of a card order is released', async () => {
    const order = await placedOrder(client, 'pay_now', purchase(64_500));
    await capture(client, order, 14_500);
    expect((await client.post(`${orderPath(order)}/release-remaining-authorization`)).status).toBe(204);
    await eventually('completion and reversal', async () =>
      (await books(system)).some((l) => l.held === 64_500 && l.completed === 14_500 && l.remaining === 0)
        ? true
        : undefined,
    );
  });
});

describe('changing', () => {
  test('acknowledge can be repeated', async () => {
    const order = await placedOrder(client);
    for (let i = 0; i < 2; i += 1) expect((await client.post(`${orderPath(order)}/acknowledge`)).status).toBe(204);
  });

  test('extend does not shorten', async () => {
    const order = await placedOrder(client);
    const before = (await readOrder(client, order)).expires_at;
    expect((await client.post(`${orderPath(order)}/extend-authorization-time`)).status).toBe(204);
    expect((await readOrder(client, order)).expires_at >= before).toBe(true);
  });

  test('the authorization goes down and, for pay in 30 days, up', async () => {
    const order = await placedOrder(client);
    const path = `${orderPath(order)}/authorization`;
    const lower = { order_amount: 60_000, order_lines: purchase(60_000).order_lines, order_tax_amount: 12_000 };
    expect((await client.patch(path, lower)).status).toBe(204);
    const after = await readOrder(client, order);
    expect([after.order_amount, after.original_order_amount, after.remaining_authorized_amount]).toEqual([
      60_000, 100_000, 60_000,
    ]);
    expect((await client.patch(path, { order_amount: 120_000 })).status).toBe(204);
    expect((await readOrder(client, order)).order_lines).toEqual([]); // left out: dropped
    await capture(client, order, 120_000);
    const late = await client.patch(path, { order_amount: 10_000 });
    expect([late.status, late.error.error_code]).toEqual([403, 'NOT_ALLOWED']);
  });

  test('a card order does not grow, and none shrinks below what was captured', async () => {
    const card = await placedOrder(client, 'pay_now');
    const grown = await client.patch(`${orderPath(card)}/authorization`, { order_amount: 100_001 });
    expect([grown.status, grown.error.error_code]).toEqual([403, 'NOT_ALLOWED']);
    const order = await placedOrder(client);
    await capture(client, order, 50_000);
    const shrunk = await client.patch(`${orderPath(order)}/authorization`, { order_amount: 49_999 });
    expect(shrunk.error.error_messages.join(' ')).toMatch(/49999.*50000/);
  });

  test('references are set and cleared', async () => {
    const order = await placedOrder(client);
    const path = `${orderPath(order)}/merchant-references`;
    const both = { merchant_reference1: '45aa52f397871e3a210645d5', merchant_reference2: 1234 };
    expect((await client.patch(path, both)).status).toBe(204);
    expect(await readOrder(client, order)).toMatchObject({ ...both, merchant_reference2: '1234' });
    expect((await client.patch(path, { merchant_reference1: '' })).status).toBe(204);
    const after = await readOrder(client, order);
    expect([after.merchant_reference1, after.merchant_reference2]).toEqual([undefined, '1234']);
  });
});

describe('idempotency keys', () => {
  test('the same request again gives the same capture, refusals too', async () => {
    const order = await placedOrder(client);
    const key = { headers: { 'Klarna-Idempotency-Key': randomUUID() } };
    const first = await capture(client, order, 10_000, key);
    expect(await capture(client, order, 10_000, key)).toBe(first);
    expect((await readOrder(client, order)).captured_amount).toBe(10_000);
    const refusal = { headers: { 'Klarna-Idempotency-Key': randomUUID() } };
    const path = `${orderPath(order)}/captures`;
    for (let i = 0; i < 2; i += 1) {
      expect((await client.post(path, { captured_amount: 90_001 }, refusal)).error.error_code).toBe(
        'CAPTURE_NOT_ALLOWED',
      );
    }
  });

  test('at the same moment from ten threads execute once', async () => {
    const order = await placedOrder(client);
    const key = { headers: { 'Klarna-Idempotency-Key': randomUUID() } };
    const ids = await Promise.all(Array.from({ length: 10 }, () => capture(client, order, 7_000, key)));
    expect(new Set(ids).size).toBe(1);
    expect((await readOrder(client, order)).captured_amount).toBe(7_000);
  });

  test('with another request are refused', async () => {
    const order = await placedOrder(client);
    const key = { headers: { 'Klarna-Idempotency-Key': randomUUID() } };
    await capture(client, order, 10_000, key);
    const other = await client.post(`${orderPath(order)}/captures`, { captured_amount: 10_001 }, key);
    expect([other.status, other.error.error_code]).toEqual([409, 'CONFLICT']);
    const elsewhere = await client.post(`${orderPath(order)}/refunds`, { refunded_amount: 10_000 }, key);
    expect(elsewhere.status).toBe(409);
  });

  test('without a key every request counts', async () => {
    const order = await placedOrder(client);
    expect(await capture(client, order, 10_000)).not.toBe(await capture(client, order, 10_000));
    expect((await readOrder(client, order)).captured_amount).toBe(20_000);
  });

  test('are the merchant’s own, and not longer than 255 characters', async () => {
    const order = await placedOrder(client);
    const long = { headers: { 'Klarna-Idempotency-Key': 'k'.repeat(256) }, refused: true };
    const answer = await client.post(`${orderPath(order)}/captures`, { captured_amount: 1 }, long);
    expect([answer.status, answer.error.error_code]).toEqual([400, 'BAD_VALUE']);
  });
});
