// A charge that a kill -9 cut off before it reached the vault: nothing was sent, so nobody is told of a decline, and the
// card is charged on the same day, once.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { capture, expectStatus, newShopper, placedOrder, purchase } from './support/purchases.ts';
import { books, eventually, mailsTo } from './support/sandbox.ts';
import { System } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  await system.stopClean();
});

const answerOverdueMs = 30_000; // when the server begins to ask the vault for an answer that is missing

test('a charge killed on its way to the vault is made the same day without a mail', { timeout: 240_000 }, async () => {
  const third = 15_000;
  const email = newShopper();
  let client = new Client(system);
  const order = await placedOrder(client, 'pay_over_time', purchase(3 * third), { email });
  await capture(client, order, 3 * third);
  await eventually('the first third', async () =>
    (await books(system)).some((line) => line.completed === third) ? true : undefined,
  );

  // The vault reads nothing any more: what the server says to it is committed as an intent and gets no further.
  const vault = system.addresses.processes['karv-vault'];
  process.kill(vault, 'SIGSTOP');
  const moving = client.post('/sandbox/v1/clock', { advance: 'P31D' }).catch(() => 'cut off');
  await sleep(1_500);
  const killed = system.kill('karv-server');
  process.kill(vault, 'SIGKILL');
  await killed;
  expect(await moving).toBe('cut off');
  client.close();
  expect(system.karv('ledger', 'verify').status).toBe(0);

  await system.start();
  client = new Client(system);
  const moveOn = async (): Promise<number> => {
    const answer = expectStatus(await client.post('/sandbox/v1/clock', { advance: 'PT1M' }), 200);
    return Date.parse(answer.json<{ business_time: string }>().business_time);
  };
  const before = await moveOn();
  await sleep(answerOverdueMs);
  const charged = await eventually(
    'the second third',
    async () => {
      const now = await moveOn();
      return (await books(system)).some((line) => line.charged === third) ? now : undefined;
    },
    120_000,
  );
  expect(charged - before).toBeLessThan(24 * 3_600_000); // each look moves a minute; a decline would cost a week
  expect((await books(system)).filter((line) => line.charged > 0)).toHaveLength(1);
  const mails = await eventually('the mail of the payment', async () => {
    const all = await mailsTo(system, email);
    return all.some((mail) => mail.subject.startsWith('Betalning mottagen')) ? all : undefined;
  });
  expect(mails.filter((mail) => mail.subject.includes('gick inte igenom'))).toEqual([]);
  client.close();
});
