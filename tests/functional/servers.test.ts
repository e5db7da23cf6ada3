// Three servers on one PostgreSQL behind HAProxy: one dies under load, and nothing that was answered is lost, nothing
// happens twice, and a shopper sees the news whichever server makes it.
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { onPostgres } from './support/postgres.ts';
import { authorize, capture, openSession, placedOrder, purchase, readOrder } from './support/purchases.ts';
import { eventually, mailsTo } from './support/sandbox.ts';
import { Balancer, ExtraServer } from './support/servers.ts';
import { System } from './support/system.ts';

describe.runIf(onPostgres)('several servers on one database', () => {
  let system: System;
  let extra: ExtraServer[];
  let balancer: Balancer;
  beforeAll(async () => {
    system = await System.start();
    extra = [await ExtraServer.start(system), await ExtraServer.start(system)];
    const own = Number(new URL(system.addresses.base_url).port);
    balancer = await Balancer.start(system, [own, ...extra.map((one) => one.port)]);
  });
  afterAll(async () => {
    await balancer.stop();
    for (const one of extra) await one.stop();
    await system.stopClean();
  });

  const at = (port: number): Client => new Client(system, system.merchant, port);

  test('each continues what another began', async () => {
    const own = Number(new URL(system.addresses.base_url).port);
    const [second, third] = extra as [ExtraServer, ExtraServer];
    const clients = [at(own), at(second.port), at(third.port)] as const;
    const order = await placedOrder(clients[0], 'pay_over_time', purchase(60_000));
    await capture(clients[1], order, 20_000);
    await capture(clients[2], order, 40_000);
    for (const client of clients) {
      expect((await readOrder(client, order)).captured_amount).toBe(60_000);
      client.close();
    }
  });

  test('one idempotency key, sent to all servers at once, captures once', async () => {
    const client = at(balancer.port);
    const order = await placedOrder(client, 'pay_later', purchase(60_000));
    const clients = Array.from({ length: 12 }, () => at(balancer.port));
    const answers = await Promise.all(
      clients.map((one) =>
        one.post(
          `/ordermanagement/v1/orders/${order}/captures`,
          { captured_amount: 5_000 },
          { headers: { 'Klarna-Idempotency-Key': '4f3a2b1c-0000-4000-8000-000000000001' } },
        ),
      ),
    );
    const ids = new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.header('Capture-Id')));
    expect(ids.size).toBe(1);
    expect(answers.every((answer) => answer.status === 201 || answer.status === 409)).toBe(true);
    expect((await readOrder(client, order)).captured_amount).toBe(5_000);
    for (const one of [client, ...clients]) one.close();
  });

  test('an open page hears what another server did', async () => {
    const [first, second] = extra as [ExtraServer, ExtraServer];
    const client = at(first.port);
    const email = `far.${process.pid}@example.com`;
    const call = (path: string, body: unknown): ReturnType<Client['post']> =>
      client.post(path, body, { credentials: null, headers: { 'Karv-Request': '1' } });
    const session = await openSession(client, purchase(30_000));
    const token = (await authorize(client, session, 'pay_later', { email })).json<{ authorization_token: string }>();
    const placed = await client.post(
      `/payments/v1/authorizations/${token.authorization_token}/order`,
      purchase(30_000),
    );
    const { order_id: order } = placed.json<{ order_id: string }>();
    await call('/customer/v1/login', { email });
    const code = await eventually('a mailed code', async () =>
      (await mailsTo(system, email)).map((mail) => /\b(\d{6})\b/.exec(mail.text)?.[1]).find((one) => one !== undefined),
    );
    const verified = await call('/customer/v1/login/verify', { email, code });
    const cookie = verified.header('Set-Cookie').split(';')[0] ?? '';

    let heard = '';
    const page = request({
      host: '127.0.0.1',
      port: second.port,
      path: '/customer/v1/events',
      ca: system.authority,
      servername: 'pay.localhost',
      headers: { Cookie: cookie, Accept: 'text/event-stream' },
    });
    page.on('response', (answer) => answer.setEncoding('utf8').on('data', (text: string) => (heard += text)));
    page.on('error', () => undefined);
    page.end();
    await sleep(500);
    await capture(client, order, 30_000);
    await eventually('the news', () => Promise.resolve(heard.includes(order) ? true : undefined));
    page.destroy();
    client.close();
  });

  test('kill -9 of one under load loses nothing and does nothing twice', async () => {
    interface Bought {
      readonly email: string;
      readonly order: string;
      captured: boolean;
    }
    const bought: Bought[] = [];
    let stop = false;
    const buy = async (buyer: number): Promise<void> => {
      let client = at(balancer.port);
      for (let round = 0; !stop; round += 1) {
        try {
          const email = `load.${process.pid}.${buyer}.${round}@example.com`;
          const order = await placedOrder(client, 'pay_later', purchase(60_000), { email });
          const one: Bought = { email, order, captured: false };
          bought.push(one);
          await capture(client, order, 60_000);
          one.captured = true;
        } catch {
          client.close(); // its server died; the next connection goes to another
          client = at(balancer.port);
        }
      }
      client.close();
    };
    const buyers = Array.from({ length: 6 }, (_, buyer) => buy(buyer));
    await sleep(2_000);
    const before = bought.length;
    await extra[0]?.kill();
    await sleep(4_000);
    stop = true;
    await Promise.all(buyers);
    expect(before).toBeGreaterThan(0);
    expect(bought.length).toBeGreaterThan(before);

    const client = at(balancer.port);
    for (const one of bought) {
      const order = await readOrder(client, one.order);
      const sum = order.captures.reduce((total, capture) => total + capture.captured_amount, 0);
      expect(order.captured_amount).toBe(sum);
      // What was not answered happened wholly or not at all.
      expect([0, 60_000]).toContain(sum);
      if (one.captured) expect(sum).toBe(60_000);
    }
    client.close();
    // Mail leaves once, though three servers look for work. (What the dead one was about to send waits for its lease.)
    let mailed = 0;
    for (const one of bought) {
      const subjects = (await mailsTo(system, one.email)).map((mail) => mail.subject);
      expect(new Set(subjects).size).toBe(subjects.length);
      mailed += subjects.length;
    }
    expect(mailed).toBeGreaterThan(0);
  });
});
