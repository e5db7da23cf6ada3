// A card that its customer removes: from that moment nothing is charged to it, whatever was agreed before, and what it has
// paid can still be given back to it. Also when the vault was away at that moment.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { own, signedIn } from './support/account.ts';
import { Client, type Answer } from './support/client.ts';
import { capture, expectStatus, newShopper, placedOrder, purchase, refund } from './support/purchases.ts';
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

interface Bought {
  readonly order: string;
  readonly cookie: string;
  readonly card: string;
}
/** Three thirds, the first of which is paid, and the account that keeps the card. */
async function bought(third: number): Promise<Bought> {
  const email = newShopper();
  const order = await placedOrder(client, 'pay_over_time', purchase(3 * third), { email });
  await capture(client, order, 3 * third);
  await eventually('the first third', async () =>
    (await books(system)).some((line) => line.completed === third) ? true : undefined,
  );
  const cookie = await signedIn(system, client, email);
  const me = await client.get('/customer/v1/me', { credentials: null, headers: { Cookie: cookie } });
  const cards = expectStatus(me, 200).json<{ cards: { card_id: string }[] }>().cards;
  expect(cards).toHaveLength(1);
  return { order, cookie, card: cards[0]?.card_id ?? '' };
}
const remove = (cookie: string, card: string, more: { refused?: true } = {}): Promise<Answer> =>
  client.delete(`/customer/v1/cards/${card}`, { credentials: null, headers: { ...own, Cookie: cookie }, ...more });

async function unpaidAfterAMonth({ order, cookie }: Bought, third: number): Promise<void> {
  expectStatus(await client.post('/sandbox/v1/clock', { advance: 'P31D' }), 200);
  const overdue = async (): Promise<true | undefined> => {
    expectStatus(await client.post('/sandbox/v1/clock', { advance: 'PT1M' }), 200);
    const answer = await client.get(`/customer/v1/purchases/${order}`, {
      credentials: null,
      headers: { Cookie: cookie },
    });
    const { installments } = expectStatus(answer, 200).json<{ installments: { status: string }[] }>();
    return installments[1]?.status === 'overdue' ? true : undefined;
  };
  await eventually('the second third overdue', overdue, 120_000); // jobs of a killed server wait for their lease
  expect((await books(system)).filter((line) => line.charged === third)).toEqual([]);
  const asked = (await networkMessages(system)).filter((m) => m.mti === '0200' && m.amount === third);
  expect(asked.filter((message) => message.processing_code === '000000')).toEqual([]);
}

test('a removed card is charged no more and takes refunds', { timeout: 240_000 }, async () => {
  const third = 17_000;
  const mine = await bought(third);
  const other = await bought(18_000);
  for (const card of [other.card, '0190a1b2-c3d4-7000-8000-00000000000a', 'nonsense'])
    expect((await remove(mine.cookie, card, { refused: true })).status).toBe(404);
  expectStatus(await remove(mine.cookie, mine.card), 204);
  expect((await remove(mine.cookie, mine.card)).status).toBe(404);
  const me = await client.get('/customer/v1/me', { credentials: null, headers: { Cookie: mine.cookie } });
  expect(me.json<{ cards: unknown[] }>().cards).toEqual([]);

  await unpaidAfterAMonth(mine, third);
  await eventually('the charge of who kept the card', async () =>
    (await books(system)).some((line) => line.charged === 18_000) ? true : undefined,
  );
  await refund(client, mine.order, 3 * third);
  await eventually('the refund on the removed card', async () =>
    (await books(system)).some((line) => line.refunded === third) ? true : undefined,
  );
  expect(system.karv('ledger', 'verify').status).toBe(0);
});

test('a card that is removed while the vault is away ends when it is back', { timeout: 240_000 }, async () => {
  const third = 21_000;
  const mine = await bought(third);
  // The vault reads nothing any more, and dies without having read.
  const vault = system.addresses.processes['karv-vault'];
  process.kill(vault, 'SIGSTOP');
  expectStatus(await remove(mine.cookie, mine.card), 204);
  const killed = system.kill('karv-server');
  process.kill(vault, 'SIGKILL');
  await killed;
  client.close();
  await system.start();
  client = new Client(system);
  await unpaidAfterAMonth(mine, third);
});
