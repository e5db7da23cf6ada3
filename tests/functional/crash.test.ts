// kill -9 of any process at any moment: after the restart every acknowledged step is there, and the books balance.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { capture, orderPath, placedOrder, purchase, readOrder, refund, type Category } from './support/purchases.ts';
import { System, type ProcessName } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  await system.stopClean();
});

/** What the shop was told, by order. */
interface Acknowledged {
  readonly order: string;
  captures: string[];
  refunds: string[];
}

/** Buys until the line breaks. Only what was answered is written down. */
async function buyUntilItBreaks(client: Client, category: Category, book: Acknowledged[]): Promise<void> {
  try {
    for (;;) {
      const entry: Acknowledged = {
        order: await placedOrder(client, category, purchase(60_000)),
        captures: [],
        refunds: [],
      };
      book.push(entry);
      entry.captures.push(await capture(client, entry.order, 30_000));
      entry.captures.push(await capture(client, entry.order, 15_000));
      entry.refunds.push(await refund(client, entry.order, 3_000));
    }
  } catch {
    // The kill. Whatever was under way was not acknowledged.
  }
}

async function expectAllThere(client: Client, book: readonly Acknowledged[]): Promise<void> {
  for (const entry of book) {
    const order = await readOrder(client, entry.order);
    expect(order.captures.map((c) => c.capture_id)).toEqual(expect.arrayContaining(entry.captures));
    expect(order.refunds.map((r) => r.refund_id)).toEqual(expect.arrayContaining(entry.refunds));
    expect(order.captured_amount).toBe(order.captures.reduce((sum, c) => sum + c.captured_amount, 0));
    expect(order.remaining_authorized_amount).toBe(60_000 - order.captured_amount);
  }
}

test.each<ProcessName>(['karv-server', 'karv-vault', 'karv-sandbox', 'karv-server', 'karv-vault'])(
  'kill -9 of %s loses nothing that was answered',
  async (name) => {
    const client = new Client(system);
    const book: Acknowledged[] = [];
    const buying = ([...(['pay_later', 'pay_over_time', 'pay_now'] as const)] as Category[]).map((category) =>
      buyUntilItBreaks(client, category, book),
    );
    await sleep(2_000 + randomInt(2_000));
    const said = await system.kill(name);
    expect(said).toContain(`${name} died: signal 9`);
    await Promise.all(buying);
    client.close();
    expect(book.length).toBeGreaterThan(0);
    expect(system.karv('ledger', 'verify').stdout).toMatch(/, 0 findings\n$/);

    await system.start();
    const again = new Client(system);
    await expectAllThere(again, book);
    // What is left can go on: nothing is stuck half way.
    const open = book.at(-1)?.order ?? '';
    const left = (await readOrder(again, open)).remaining_authorized_amount;
    if (left > 0) expect((await again.post(`${orderPath(open)}/captures`, { captured_amount: left })).status).toBe(201);
    again.close();
    expect(system.karv('ledger', 'verify').status).toBe(0);
  },
);
