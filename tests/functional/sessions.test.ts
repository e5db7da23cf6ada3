import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import {
  authorize,
  authorized,
  expectStatus,
  newShopper,
  openSession,
  orderPath,
  placedOrder,
  purchase,
  readOrder,
} from './support/purchases.ts';
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

interface Session {
  readonly session_id: string;
  readonly status: string;
  readonly order_amount: number;
  readonly locale: string;
  readonly purchase_country: string;
  readonly merchant_reference2?: string;
  readonly authorization_token?: string;
  readonly billing_address?: { readonly city?: string };
  readonly payment_method_categories: readonly { readonly identifier: string }[];
}
const read = async (id: string): Promise<Session> =>
  expectStatus(await client.get(`/payments/v1/sessions/${id}`), 200).json<Session>();

describe('a session', () => {
  test('opens without a Location and offers the three plans', async () => {
    const answer = await client.post('/payments/v1/sessions', purchase());
    expect(answer.status).toBe(200);
    expect(answer.headers.has('Location')).toBe(false);
    expect(answer.json<Session>().payment_method_categories.map((c) => c.identifier)).toEqual([
      'pay_now',
      'pay_later',
      'pay_over_time',
    ]);
  });

  test('offers installments only where the amount allows them', async () => {
    const answer = await client.post('/payments/v1/sessions', purchase(10_000));
    expect(answer.json<Session>().payment_method_categories.map((c) => c.identifier)).toEqual(['pay_now', 'pay_later']);
  });

  test('names us in its client token', async () => {
    const answer = await client.post('/payments/v1/sessions', purchase());
    const { client_token } = answer.json<{ client_token: string }>();
    const claims = JSON.parse(Buffer.from(client_token.split('.')[1] ?? '', 'base64url').toString()) as {
      session_id: string;
      base_url: string;
    };
    expect(claims.session_id).toBe(answer.json<Session>().session_id);
    expect(claims.base_url).toBe(system.addresses.pay);
  });

  test('is read as it was opened, and as it was changed', async () => {
    const id = await openSession(client);
    expect((await read(id)).order_amount).toBe(100_000);
    expect((await client.post(`/payments/v1/sessions/${id}`, purchase(50_000))).status).toBe(204);
    expect((await read(id)).order_amount).toBe(50_000);
  });

  test('shows who buys only once the shopper has authorized', async () => {
    const id = await openSession(client, purchase(100_000, { billing_address: { city: 'Umeå', country: 'SE' } }));
    expect((await read(id)).billing_address).toBeUndefined();
    expectStatus(await authorize(client, id), 200);
    expect((await read(id)).billing_address?.city).toBe('Umeå');
  });

  test('cannot be changed once its order is placed', async () => {
    const { session, token } = await authorized(client);
    expectStatus(await client.post(`/payments/v1/authorizations/${token}/order`, purchase()), 200);
    expect((await read(session)).status).toBe('complete');
    const answer = await client.post(`/payments/v1/sessions/${session}`, purchase());
    expect([answer.status, answer.error.error_code]).toEqual([404, 'SESSION_COMPLETED']);
  });

  test('with another amount voids the authorization given for the old one', async () => {
    const { session, token } = await authorized(client);
    expect((await client.post(`/payments/v1/sessions/${session}`, purchase(50_000))).status).toBe(204);
    expect((await read(session)).authorization_token).toBeUndefined();
    const answer = await client.post(`/payments/v1/authorizations/${token}/order`, purchase(50_000));
    expect([answer.status, answer.error.error_code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('clients as they are', () => {
  test('join paths with two slashes and leave an empty question mark', async () => {
    const id = await openSession(client);
    expect((await client.get(`//payments/v1//sessions/${id}?`)).status).toBe(200);
  });

  test('send integers for text, null for nothing, empty addresses, odd case and members nobody knows', async () => {
    const id = await openSession(
      client,
      purchase(100_000, {
        purchase_country: 'se',
        purchase_currency: 'sek',
        locale: 'sv-se',
        merchant_reference2: 4711,
        merchant_data: null,
        billing_address: { given_name: '', region: null, postal_code: 90325 },
        customer: { klarna_access_token: 'x', gender: 'female', date_of_birth: '1970-07-10' },
        acquiring_channel: null,
        something_new: { deep: [1, 2.5, true] },
      }),
    );
    const session = await read(id);
    expect([session.purchase_country, session.locale, session.merchant_reference2]).toEqual(['SE', 'sv-SE', '4711']);
  });

  test('send DELETE and bodiless POST with a JSON content type', async () => {
    const { token } = await authorized(client);
    expect((await client.delete(`/payments/v1/authorizations/${token}`)).status).toBe(204);
    const order = await placedOrder(client);
    expect((await client.post(`${orderPath(order)}/acknowledge`)).status).toBe(204);
  });

  test('ask again with the same connection', async () => {
    for (let i = 0; i < 20; i += 1) await openSession(client);
  });
});

describe('placing the order', () => {
  test('gives the order, the plan and where to send the browser', async () => {
    const wanted = purchase(100_000, { merchant_urls: { confirmation: 'https://shop.example/thanks' } });
    const { token } = await authorized(client, 'pay_over_time', wanted);
    const answer = await client.post(`/payments/v1/authorizations/${token}/order`, wanted);
    expect(answer.json()).toMatchObject({
      redirect_url: 'https://shop.example/thanks',
      fraud_status: 'ACCEPTED',
      authorized_payment_method: { type: 'slice_it_by_card', number_of_installments: 3 },
    });
  });

  test('fills the session and the order into the shop’s URLs', async () => {
    const wanted = purchase(100_000, {
      merchant_urls: {
        confirmation: 'https://shop.example/thanks?s={session.id}&o={order.id}',
        notification: 'https://shop.example/news/%7Bcheckout.order.id%7D',
      },
    });
    const { session, token } = await authorized(client, 'pay_later', wanted);
    const urls = async (): Promise<unknown> =>
      (await client.get(`/payments/v1/sessions/${session}`)).json<{ merchant_urls: unknown }>().merchant_urls;
    expect(await urls()).toEqual({
      confirmation: `https://shop.example/thanks?s=${session}&o={order.id}`,
      notification: 'https://shop.example/news/%7Bcheckout.order.id%7D',
    });
    const placed = (await client.post(`/payments/v1/authorizations/${token}/order`, wanted)).json<{
      order_id: string;
      redirect_url: string;
    }>();
    const confirmation = `https://shop.example/thanks?s=${session}&o=${placed.order_id}`;
    expect(placed.redirect_url).toBe(confirmation);
    expect(await urls()).toEqual({ confirmation, notification: `https://shop.example/news/${placed.order_id}` });
  });

  test('twice with the same request gives the same order', async () => {
    const { token } = await authorized(client);
    const path = `/payments/v1/authorizations/${token}/order`;
    const first = expectStatus(await client.post(path, purchase()), 200);
    const second = expectStatus(await client.post(path, purchase()), 200);
    expect(second.text).toBe(first.text);
  });

  test('at the same moment from ten threads gives one order', async () => {
    const { token } = await authorized(client);
    const path = `/payments/v1/authorizations/${token}/order`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.post(path, purchase())));
    expect(new Set(answers.map((a) => `${a.status} ${a.text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
  });

  test('again with another request is refused', async () => {
    const { token } = await authorized(client);
    const path = `/payments/v1/authorizations/${token}/order`;
    expectStatus(await client.post(path, purchase()), 200);
    const answer = await client.post(path, purchase(100_000, { merchant_reference1: 'other' }));
    expect([answer.status, answer.error.error_code]).toEqual([409, 'BAD_VALUE']);
  });

  test('that does not match is refused, names the fields, and stays refused', async () => {
    const { token } = await authorized(client);
    const path = `/payments/v1/authorizations/${token}/order`;
    const other = await client.post(path, purchase(50_000));
    expect(other.status).toBe(409);
    expect(other.error.error_messages[0]).toBe('Not matching fields: [order_amount, order_tax_amount, order_lines]');
    const right = await client.post(path, purchase());
    expect([right.status, right.error.error_messages[0]]).toEqual([409, other.error.error_messages[0]]);
  });

  test('with the postal code written differently is the same order', async () => {
    const wanted = purchase(100_000, { billing_address: { postal_code: '903 25', city: 'Umeå', country: 'SE' } });
    const { token } = await authorized(client, 'pay_later', wanted);
    const placed = purchase(100_000, { billing_address: { postal_code: '90325', city: 'UMEÅ ', country: 'se' } });
    expect((await client.post(`/payments/v1/authorizations/${token}/order`, placed)).status).toBe(200);
  });

  test('with auto_capture captures everything', async () => {
    const { token } = await authorized(client);
    const placed = await client.post(
      `/payments/v1/authorizations/${token}/order`,
      purchase(100_000, { auto_capture: true }),
    );
    const order = await readOrder(client, placed.json<{ order_id: string }>().order_id);
    expect([order.status, order.captured_amount, order.captures.length]).toEqual(['CAPTURED', 100_000, 1]);
  });

  test('with a released or a made-up token is refused', async () => {
    const { token } = await authorized(client);
    expect((await client.delete(`/payments/v1/authorizations/${token}`)).status).toBe(204);
    for (const bad of [token, `${token.slice(0, -2)}xx`, 'nonsense', token.toUpperCase()]) {
      const answer = await client.post(`/payments/v1/authorizations/${bad}/order`, purchase());
      expect([answer.status, answer.error.error_code]).toEqual([404, 'NOT_FOUND']);
    }
  });

  test('after the shopper authorized anew takes the newer token only', async () => {
    const { session, token } = await authorized(client);
    const again = await authorize(client, session, 'pay_later', { email: newShopper() });
    const newer = again.json<{ authorization_token: string }>().authorization_token;
    expect((await client.post(`/payments/v1/authorizations/${token}/order`, purchase())).status).toBe(404);
    expect((await client.post(`/payments/v1/authorizations/${newer}/order`, purchase())).status).toBe(200);
  });

  test('customer tokens are not offered and say so', async () => {
    const { token } = await authorized(client);
    const answer = await client.post(`/payments/v1/authorizations/${token}/customer-token`, {
      description: 'Monthly box',
      intended_use: 'SUBSCRIPTION',
      locale: 'sv-SE',
      purchase_country: 'SE',
      purchase_currency: 'SEK',
    });
    expect([answer.status, answer.error.error_code]).toEqual([403, 'INVALID_OPERATION']);
  });
});
