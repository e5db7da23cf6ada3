// A hold that the card's bank refuses to pay after it was completed: the order was thought paid and is not. The books are
// corrected, the shopper is told, the account shows it at once, and the card is charged a week later.
import { request } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn } from './support/account.ts';
import { Client } from './support/client.ts';
import { capture, expectStatus, newShopper, placedOrder, purchase } from './support/purchases.ts';
import { books, eventually, mailsTo, networkMessages } from './support/sandbox.ts';
import { System } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  await system.stopClean();
});

const refusal = 'nekades i efterhand';

interface Page {
  readonly heard: () => string;
  readonly close: () => void;
}
/** An open account page: what it hears, until it is closed. */
function openPage(cookie: string): Promise<Page> {
  let heard = '';
  const { port } = new URL(system.addresses.base_url);
  const where = { host: '127.0.0.1', port, path: '/customer/v1/events' };
  const headers = { Cookie: cookie, Accept: 'text/event-stream' };
  return new Promise((resolve, reject) => {
    const page = request({ ...where, headers, ca: system.authority, servername: 'pay.localhost' }, (answer) => {
      answer.setEncoding('utf8').on('data', (text: string) => (heard += text));
      answer.on('error', () => undefined); // closed by us
      resolve({ heard: () => heard, close: () => page.destroy() });
    });
    page.on('error', reject);
    page.end();
  });
}

interface Purchase {
  readonly outstanding_amount: number;
  readonly installments: { status: string; amount: number; paid_amount: number }[];
  readonly payments: { amount: number }[];
}

async function shown(client: Client, cookie: string, order: string): Promise<Purchase> {
  const answer = await client.get(`/customer/v1/purchases/${order}`, {
    credentials: null,
    headers: { Cookie: cookie },
  });
  return expectStatus(answer, 200).json<Purchase>();
}

const open = (amount: number): Purchase['installments'][0] =>
  expect.objectContaining({ status: 'overdue', amount, paid_amount: 0 }) as Purchase['installments'][0];

test('a refused completion is undone, told and charged a week later', { timeout: 180_000 }, async () => {
  const amount = 61_000;
  const email = newShopper();
  const client = new Client(system);
  const order = await placedOrder(client, 'pay_now', purchase(amount), { email, test_card: 'refuse_completion' });
  const cookie = await signedIn(system, client, email);
  const page = await openPage(cookie);
  await capture(client, order, amount);

  await eventually('the refusal on the account page', async () =>
    (await shown(client, cookie, order)).outstanding_amount === amount ? true : undefined,
  );
  const view = await shown(client, cookie, order);
  expect(view.installments).toEqual([open(amount)]);
  expect(view.payments).toEqual([]);
  // One of the capture, one of the refusal.
  await eventually('the news on the open page', () =>
    Promise.resolve(page.heard().split(order).length > 2 ? true : undefined),
  );
  page.close();
  await eventually('the mail', async () =>
    (await mailsTo(system, email)).some((mail) => mail.subject.includes(refusal)) ? true : undefined,
  );
  await eventually('the hold given free', async () =>
    (await books(system)).some((line) => line.held === amount && line.completed === 0 && line.remaining === 0)
      ? true
      : undefined,
  );
  expect(system.karv('ledger', 'verify').status).toBe(0);

  expectStatus(await client.post('/sandbox/v1/clock', { advance: 'P8D' }), 200);
  await eventually('the charge', async () =>
    (await books(system)).some((line) => line.charged === amount) ? true : undefined,
  );
  await eventually('the payment on the account page', async () =>
    (await shown(client, cookie, order)).outstanding_amount === 0 ? true : undefined,
  );
  expect((await mailsTo(system, email)).filter((mail) => mail.subject.includes(refusal))).toHaveLength(1);
  client.close();
});

test('kill -9 while it is being learned loses nothing and undoes nothing twice', { timeout: 240_000 }, async () => {
  const amount = 62_000;
  const email = newShopper();
  let client = new Client(system);
  const wanted = { email, test_card: 'refuse_completion' };
  const order = await placedOrder(client, 'pay_now', purchase(amount), wanted);
  await capture(client, order, amount);
  await eventually('the refusal at the card network', async () =>
    (await networkMessages(system)).some((m) => m.mti === '0230' && m.amount === amount && m.response_code === '05')
      ? true
      : undefined,
  );
  await system.kill('karv-server');
  client.close();
  expect(system.karv('ledger', 'verify').status).toBe(0);

  await system.start();
  client = new Client(system);
  const cookie = await signedIn(system, client, email);
  await eventually(
    'the refusal on the account page',
    async () => ((await shown(client, cookie, order)).outstanding_amount === amount ? true : undefined),
    90_000,
  );
  expect((await shown(client, cookie, order)).installments).toEqual([open(amount)]);
  const verified = system.karv('ledger', 'verify');
  expect(verified.stdout).toMatch(/, 0 findings\n$/);
  client.close();
});
