// The shopper's doors over plain HTTP: the checkout with its client token and mailed code, the account with its cookie.
// What a browser would see is in tests/browser; here are the refusals.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from './support/client.ts';
import { Client } from './support/client.ts';
import { capture, expectStatus, purchase } from './support/purchases.ts';
import { eventually, mailsTo } from './support/sandbox.ts';
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

const must = (status: number, answer: Answer): Answer => expectStatus(answer, status);
const someone = (): string => `shopper.${randomUUID().slice(0, 8)}@example.com`;
const codeOf = (answer: Answer): string => answer.json<{ code: string }>().code;

interface Checkout {
  readonly sessionId: string;
  readonly token: string;
}
const openCheckout = async (amount = 30_000): Promise<Checkout> => {
  const answer = must(200, await client.post('/payments/v1/sessions', purchase(amount)));
  const { session_id, client_token } = answer.json<{ session_id: string; client_token: string }>();
  return { sessionId: session_id, token: client_token };
};
const bearer = (checkout: Checkout, more: Record<string, string> = {}): Record<string, string> => ({
  Authorization: `Bearer ${checkout.token}`,
  ...more,
});
const ask = (checkout: Checkout, path: string, body: unknown, more: Record<string, string> = {}): Promise<Answer> =>
  client.post(`/checkout/v1/${path}`, body, { credentials: null, headers: bearer(checkout, more) });

/** The newest code that was mailed, after `before` of them. */
const mailedCode = (email: string, before = 0): Promise<string> =>
  eventually('a mailed code', async () => {
    const mails = await mailsTo(system, email);
    const codes = mails.map((mail) => /\b(\d{6})\b/.exec(mail.text)?.[1]).filter((code) => code !== undefined);
    return codes.length > before ? codes[0] : undefined;
  });
const wrong = (code: string): string => (code === '000000' ? '111111' : '000000');

const identified = async (checkout: Checkout, email: string): Promise<string> => {
  must(204, await ask(checkout, 'identify', { email }));
  const verified = await ask(checkout, 'identify/verify', { email, code: await mailedCode(email) });
  return must(200, verified).json<{ identity_token: string }>().identity_token;
};

interface Plan {
  readonly plan: string;
  readonly credit: boolean;
  readonly available: boolean;
  readonly terms_hash: string;
  readonly installments: { amount: number; due_today: boolean }[];
}
const plansOf = async (checkout: Checkout): Promise<Plan[]> => {
  const answer = await client.get('/checkout/v1/session', { credentials: null, headers: bearer(checkout) });
  return must(200, answer).json<{ plans: Plan[] }>().plans;
};
const termsOf = async (checkout: Checkout, plan: string): Promise<string> =>
  (await plansOf(checkout)).find((one) => one.plan === plan)?.terms_hash ?? '';

describe('the checkout', () => {
  test('offers what is not credit first, and every plan adds up', async () => {
    const plans = await plansOf(await openCheckout(100_000));
    expect(plans.map((plan) => [plan.plan, plan.credit])).toEqual([
      ['pay_now', false],
      ['pay_in_30', true],
      ['pay_in_3', true],
    ]);
    for (const plan of plans) expect(plan.installments.reduce((sum, part) => sum + part.amount, 0)).toBe(100_000);
    expect(plans[2]?.installments.map((part) => part.amount)).toEqual([33_334, 33_333, 33_333]);
  });

  test('without, with a broken and with a foreign client token there is nothing', async () => {
    const checkout = await openCheckout();
    for (const token of ['', 'x', `${checkout.token}x`, checkout.token.split('.').slice(0, 2).join('.') + '.AAAA']) {
      const answer = await client.get('/checkout/v1/session', {
        credentials: null,
        headers: token === '' ? {} : { Authorization: `Bearer ${token}` },
        refused: true,
      });
      expect([answer.status, codeOf(answer)]).toEqual([401, 'CLIENT_TOKEN_INVALID']);
    }
  });

  test('a page of another origin is refused', async () => {
    const answer = await ask(
      await openCheckout(),
      'identify',
      { email: someone() },
      { Origin: 'https://evil.example' },
    );
    expect([answer.status, codeOf(answer)]).toEqual([403, 'FOREIGN_ORIGIN']);
  });

  test('a wrong code counts down, a used one is gone', async () => {
    const [checkout, email] = [await openCheckout(), someone()];
    must(204, await ask(checkout, 'identify', { email }));
    const code = await mailedCode(email);
    const first = await ask(checkout, 'identify/verify', { email, code: wrong(code) });
    expect([first.status, codeOf(first), first.json<{ attempts_left: number }>().attempts_left]).toEqual([
      401,
      'WRONG_CODE',
      4,
    ]);
    must(200, await ask(checkout, 'identify/verify', { email, code }));
    const again = await ask(checkout, 'identify/verify', { email, code });
    expect([again.status, codeOf(again)]).toEqual([410, 'CODE_EXPIRED']);
  });

  test('five wrong codes end it, also for the right one', async () => {
    const [checkout, email] = [await openCheckout(), someone()];
    must(204, await ask(checkout, 'identify', { email }));
    const code = await mailedCode(email);
    for (let i = 0; i < 5; ++i) await ask(checkout, 'identify/verify', { email, code: wrong(code) });
    expect((await ask(checkout, 'identify/verify', { email, code })).status).toBe(410);
  });

  test('a code of one purchase opens no other', async () => {
    const [mine, other, email] = [await openCheckout(), await openCheckout(), someone()];
    must(204, await ask(mine, 'identify', { email }));
    const answer = await ask(other, 'identify/verify', { email, code: await mailedCode(email) });
    expect(answer.status).toBe(410);
  });

  test('an identity is good for its own purchase only, and confirming needs one', async () => {
    const [mine, other] = [await openCheckout(), await openCheckout()];
    const identity = await identified(mine, someone());
    const body = { plan: 'pay_in_30', terms_hash: await termsOf(other, 'pay_in_30'), card: null };
    for (const headers of [{}, { 'Karv-Identity': identity }, { 'Karv-Identity': 'x' }]) {
      const answer = await ask(other, 'confirm', body, headers);
      expect([answer.status, codeOf(answer)]).toEqual([401, 'NOT_IDENTIFIED']);
    }
  });

  test('other terms than those shown are refused; a ticket that is none too', async () => {
    const checkout = await openCheckout();
    const headers = { 'Karv-Identity': await identified(checkout, someone()) };
    const changed = await ask(checkout, 'confirm', { plan: 'pay_in_30', terms_hash: 'x', card: null }, headers);
    expect([changed.status, codeOf(changed)]).toEqual([409, 'TERMS_CHANGED']);
    const terms_hash = await termsOf(checkout, 'pay_now');
    const none = await ask(checkout, 'confirm', { plan: 'pay_now', terms_hash, card: { ticket: 'none' } }, headers);
    expect(none.status).toBe(404);
  });

  test('a decision sent twice is one authorization', async () => {
    const checkout = await openCheckout();
    const headers = {
      'Karv-Identity': await identified(checkout, someone()),
      'Idempotency-Key': randomUUID(),
    };
    const body = { plan: 'pay_in_30', terms_hash: await termsOf(checkout, 'pay_in_30'), card: null };
    const first = must(200, await ask(checkout, 'confirm', body, headers));
    const second = must(200, await ask(checkout, 'confirm', body, headers));
    expect(first.json<{ approved: boolean }>().approved).toBe(true);
    expect(second.text).toBe(first.text);
  });
});

describe('the account', () => {
  const own = { 'Karv-Request': '1' };
  const send = (path: string, body: unknown, headers: Record<string, string> = own): Promise<Answer> =>
    client.post(`/customer/v1/${path}`, body, { credentials: null, headers });

  /** Buys in 30 days and signs in: the cookie and the order. */
  const customer = async (): Promise<{ cookie: string; order: string }> => {
    const [checkout, email] = [await openCheckout(), someone()];
    const headers = { 'Karv-Identity': await identified(checkout, email) };
    const body = { plan: 'pay_in_30', terms_hash: await termsOf(checkout, 'pay_in_30'), card: null };
    const confirmed = must(200, await ask(checkout, 'confirm', body, headers));
    const { authorization_token } = confirmed.json<{ authorization_token: string }>();
    const placed = await client.post(`/payments/v1/authorizations/${authorization_token}/order`, purchase(30_000));
    const order = must(200, placed).json<{ order_id: string }>().order_id;
    await capture(client, order, 30_000);
    const before = (await mailsTo(system, email)).filter((mail) => /\b\d{6}\b/.test(mail.text)).length;
    must(204, await send('login', { email }));
    const verified = await send('login/verify', { email, code: await mailedCode(email, before) });
    const cookie = must(200, verified).header('Set-Cookie');
    for (const part of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(part);
    expect(cookie.startsWith('__Host-karv_account=')).toBe(true);
    return { cookie: cookie.split(';')[0] ?? '', order };
  };

  test('answers the same for an address it does not know', async () => {
    const email = someone();
    must(204, await send('login', { email }));
    const answer = await send('login/verify', { email, code: '123456' });
    expect(answer.status).toBe(401);
    expect(await mailsTo(system, email)).toEqual([]);
  });

  test('changes need the page’s own header and no foreign origin', async () => {
    for (const headers of [{}, { ...own, Origin: 'https://evil.example' }]) {
      const answer = await client.post(
        '/customer/v1/login',
        { email: someone() },
        { credentials: null, headers, refused: true },
      );
      expect([answer.status, codeOf(answer)]).toEqual([403, 'FOREIGN_ORIGIN']);
    }
  });

  test('shows the own purchase and hides everybody else’s', async () => {
    const [mine, other] = [await customer(), await customer()];
    const read = (cookie: string, order: string): Promise<Answer> =>
      client.get(`/customer/v1/purchases/${order}`, { credentials: null, headers: { Cookie: cookie } });
    const shown = must(200, await read(mine.cookie, mine.order));
    const { outstanding_amount, installments } = shown.json<{
      outstanding_amount: number;
      installments: { installment_id: string }[];
    }>();
    expect(outstanding_amount).toBe(30_000);
    expect((await read(other.cookie, mine.order)).status).toBe(404);
    const paying = await send(
      `installments/${installments[0]?.installment_id ?? ''}/pay`,
      {},
      {
        ...own,
        Cookie: other.cookie,
      },
    );
    expect(paying.status).toBe(404);
    const unpayable = await send(
      `installments/${installments[0]?.installment_id ?? ''}/pay`,
      {},
      {
        ...own,
        Cookie: mine.cookie,
      },
    );
    expect([unpayable.status, codeOf(unpayable)]).toEqual([403, 'CARD_MISSING']);
  });

  test('is closed after signing out', async () => {
    const { cookie } = await customer();
    const me = (): Promise<Answer> => client.get('/customer/v1/me', { credentials: null, headers: { Cookie: cookie } });
    must(200, await me());
    must(204, await send('logout', undefined, { ...own, Cookie: cookie }));
    const after = await me();
    expect([after.status, codeOf(after)]).toEqual([401, 'SIGNED_OUT']);
  });
});
