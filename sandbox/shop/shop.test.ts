import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startTestSandbox, type TestSandbox } from '../testing/sandbox.ts';
import { basketOf, itemsOf } from './cart.ts';
import { demoPerson } from './market.ts';
import { formatAmount, parseAmount, plainAmount, taxWithin } from './money.ts';
import { integrityOf } from './script.ts';

const hash = `sha384-${'A'.repeat(64)}`;
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('the demo shop', () => {
  let sandbox: TestSandbox;

  before(async () => {
    sandbox = await startTestSandbox();
  });
  afterEach(() => {
    sandbox.karv.answer = () => null;
    sandbox.karv.asked.length = 0;
  });
  after(() => sandbox.stop());

  /** Karv as it should be: sessions, orders, acknowledgements. */
  function wellBehaved(): void {
    sandbox.karv.answer = ({ path }) => {
      if (path === '/payments/v1/sessions') {
        return {
          status: 200,
          body: { session_id: 's-1', client_token: 'jwt', payment_method_categories: [{ identifier: 'karv' }] },
        };
      }
      if (path.startsWith('/payments/v1/authorizations/'))
        return { status: 200, body: { order_id: 'o-1', fraud_status: 'ACCEPTED' } };
      return path.endsWith('/acknowledge') ? { status: 204 } : null;
    };
  }

  async function cartWith(sku: string): Promise<string> {
    const answer = await sandbox.client.call({ method: 'POST', path: '/cart/add', body: `sku=${sku}`, headers: form });
    assert.equal(answer.status, 303);
    return String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? assert.fail('no cookie');
  }

  async function checkout(cookie: string): Promise<string> {
    const answer = await sandbox.client.post('/shop/api/checkouts', {}, { Cookie: cookie });
    assert.equal(answer.status, 201);
    return (answer.json() as { checkout_id: string }).checkout_id;
  }

  const placing = (id: string, token = 'tok-1'): Record<string, unknown> => ({
    checkout_id: id,
    authorization_token: token,
    billing_address: demoPerson,
  });

  async function placed(): Promise<{ number: string; cookie: string }> {
    wellBehaved();
    const cookie = await cartWith('hytte-tent');
    const answer = await sandbox.client.post('/shop/api/orders', placing(await checkout(cookie)), { Cookie: cookie });
    assert.equal(answer.status, 201);
    return { number: (answer.json() as { number: string }).number, cookie };
  }

  test('a purchase: cart, session, order, confirmation, acknowledgement', async () => {
    const { number, cookie } = await placed();
    const page = await sandbox.client.call({ path: `/confirmation/${number}`, headers: { Cookie: cookie } });
    assert.equal(page.status, 200);
    assert.match(page.text, new RegExp(number));
    const paths = sandbox.karv.asked.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(paths, [
      'POST /payments/v1/sessions',
      'POST /payments/v1/authorizations/tok-1/order',
      'POST /ordermanagement/v1/orders/o-1/acknowledge',
    ]);
    const [session, order] = sandbox.karv.asked.map(({ body }) => body as Record<string, unknown>);
    assert.equal(session?.['order_amount'], 34900);
    assert.deepEqual(order?.['order_lines'], session?.['order_lines']);
    assert.deepEqual(order?.['billing_address'], demoPerson);
    assert.equal(order?.['merchant_reference1'], number);
    const { authorization, host } = sandbox.karv.asked[0]?.headers ?? {};
    assert.equal(authorization, `Basic ${Buffer.from('K1_demo:correct horse').toString('base64')}`);
    assert.match(host ?? '', /^pay\.localhost:/);
  });

  test('a second click places no second order', async () => {
    wellBehaved();
    const cookie = await cartWith('kopp-mug');
    const id = await checkout(cookie);
    const answers = await Promise.all(
      [1, 2, 3].map(() => sandbox.client.post('/shop/api/orders', placing(id), { Cookie: cookie })),
    );
    assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
    assert.equal(sandbox.karv.asked.filter(({ path }) => path.endsWith('/order')).length, 1);
  });

  test('an answer that was lost is asked for again, with the same body', async () => {
    wellBehaved();
    const cookie = await cartWith('kopp-mug');
    const id = await checkout(cookie);
    const well = sandbox.karv.answer;
    let lost = 0;
    sandbox.karv.answer = (asked) =>
      asked.path.endsWith('/order') && lost++ === 0 ? { status: 0, hangUp: true } : well(asked);
    assert.equal((await sandbox.client.post('/shop/api/orders', placing(id), { Cookie: cookie })).status, 201);
    const [first, second] = sandbox.karv.asked.filter(({ path }) => path.endsWith('/order'));
    assert.deepEqual(first?.body, second?.body);
  });

  test('a refusal of the order is shown in words, and another token may be tried', async () => {
    wellBehaved();
    const cookie = await cartWith('kopp-mug');
    const id = await checkout(cookie);
    sandbox.karv.answer = () => ({
      status: 409,
      body: { error_code: 'BAD_VALUE', error_messages: ['Not matching fields: [order_amount]'], correlation_id: 'c-7' },
    });
    const refused = await sandbox.client.post('/shop/api/orders', placing(id), { Cookie: cookie });
    assert.equal(refused.status, 409);
    assert.match(refused.text, /BAD_VALUE Not matching fields: \[order_amount\] \(correlation id c-7\)/);
    wellBehaved();
    assert.equal((await sandbox.client.post('/shop/api/orders', placing(id, 'tok-2'), { Cookie: cookie })).status, 201);
  });

  test('a confirmation is for the one who bought', async () => {
    const { number } = await placed();
    const other = await cartWith('kopp-mug');
    assert.equal(
      (await sandbox.client.call({ path: `/confirmation/${number}`, headers: { Cookie: other } })).status,
      404,
    );
    assert.equal((await sandbox.client.get(`/confirmation/${number}`)).status, 404);
  });

  test('a checkout is for the one who opened it', async () => {
    wellBehaved();
    const id = await checkout(await cartWith('kopp-mug'));
    const other = await cartWith('kopp-mug');
    assert.equal((await sandbox.client.post('/shop/api/orders', placing(id), { Cookie: other })).status, 404);
  });

  test('bad orders are refused before Karv hears of them', async () => {
    wellBehaved();
    const cookie = await cartWith('kopp-mug');
    const id = await checkout(cookie);
    sandbox.karv.asked.length = 0;
    for (const body of [
      { ...placing(id), authorization_token: '../../orders' },
      { ...placing(id), authorization_token: 7 },
      { ...placing(id), billing_address: { ...demoPerson, city: '' } },
      { ...placing(id), billing_address: { ...demoPerson, email: 'nobody' } },
      { ...placing(id), billing_address: 'Hamburg' },
    ]) {
      assert.equal((await sandbox.client.post('/shop/api/orders', body, { Cookie: cookie })).status, 400);
    }
    assert.deepEqual(sandbox.karv.asked, []);
  });

  test('a program may name its items instead of filling a cart', async () => {
    wellBehaved();
    const answer = await sandbox.client.post('/shop/api/checkouts', { items: [{ sku: 'kopp-mug', quantity: 2 }] });
    assert.equal(answer.status, 201);
    assert.equal((answer.json() as { order_amount: number }).order_amount, 2 * 1900 + 490);
    for (const items of [
      [],
      'all',
      [{ sku: 'gold' }],
      [{ sku: 'kopp-mug', quantity: 0 }],
      [{ sku: 'kopp-mug', quantity: 1.5 }],
      [{ sku: 'kopp-mug', quantity: 21 }],
    ]) {
      assert.equal((await sandbox.client.post('/shop/api/checkouts', { items })).status, 400);
    }
  });

  test('the checkout page pins the script to its published hash', async () => {
    sandbox.karv.answer = ({ path }) =>
      path === '/assets/karv/integrity.json' ? { status: 200, body: { 'v1.0.0': { 'karv.js': hash } } } : null;
    const page = await sandbox.client.call({ path: '/checkout', headers: { Cookie: await cartWith('kopp-mug') } });
    assert.match(
      page.text,
      new RegExp(
        `src="https://pay\\.localhost:\\d+/assets/karv/v1\\.0\\.0/karv\\.js" integrity="${hash}" crossorigin="anonymous"`,
      ),
    );
    assert.equal(/<script>|<style|style="| on\w+="/.test(page.text), false);
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /script-src 'self' https:\/\/pay\.localhost:\d+;/);
    assert.match(policy, /frame-src https:\/\/pay\.localhost:\d+;/);
  });

  describe('when Karv', () => {
    test('publishes no usable hash, no script is loaded and the page says so', () => {
      for (const published of [
        null,
        {},
        { 'v1.0.0': {} },
        { 'v1.0.0': { 'karv.js': 'md5-x' } },
        { 'v2.0.0': { 'karv.js': hash } },
        [hash],
        hash,
      ]) {
        assert.equal(integrityOf(published), null);
      }
      assert.equal(integrityOf({ 'v1.0.0': { 'karv.js': hash } }), hash);
    });

    test('refuses the session, the shop passes the reason on', async () => {
      sandbox.karv.answer = () => ({
        status: 401,
        body: { error_code: 'UNAUTHORIZED', error_messages: ['Wrong credentials'], correlation_id: 'c' },
      });
      const answer = await sandbox.client.post('/shop/api/checkouts', { items: [{ sku: 'kopp-mug' }] });
      assert.equal(answer.status, 401);
      assert.match(answer.text, /Wrong credentials/);
    });

    for (const [what, told] of [
      ['answers a session that is none', { status: 200, body: { session_id: 7 } }],
      ['fails', { status: 500, body: 'not even an object' }],
      ['hangs up', { status: 0, hangUp: true }],
    ] as const) {
      test(`${what}, the shop answers 502 and stays up`, async () => {
        sandbox.karv.answer = () => told;
        assert.equal((await sandbox.client.post('/shop/api/checkouts', { items: [{ sku: 'kopp-mug' }] })).status, 502);
        assert.equal((await sandbox.client.get('/')).status, 200);
      });
    }
  });

  describe('the back office', () => {
    test('captures and refunds in part, once per intent, and shows the ids', async () => {
      const { number } = await placed();
      sandbox.karv.asked.length = 0;
      sandbox.karv.answer = ({ path }) =>
        path.endsWith('/captures')
          ? { status: 201, headers: { 'Capture-Id': 'cap-1' } }
          : { status: 201, headers: { 'Refund-Id': 'ref-1' } };
      const captured = await sandbox.client.post(`/shop/api/orders/${number}/capture`, {
        amount: 10000,
        idempotency_key: 'intent-0001',
      });
      assert.deepEqual([captured.status, (captured.json() as Record<string, unknown>)['capture_id']], [200, 'cap-1']);
      const refunded = await sandbox.client.post(`/shop/api/orders/${number}/refund`, { amount: 2500 });
      assert.deepEqual([refunded.status, (refunded.json() as Record<string, unknown>)['refund_id']], [200, 'ref-1']);
      const [capture, refund] = sandbox.karv.asked;
      assert.deepEqual(
        [capture?.path, capture?.body],
        ['/ordermanagement/v1/orders/o-1/captures', { captured_amount: 10000 }],
      );
      assert.equal(capture?.headers['klarna-idempotency-key'], 'intent-0001');
      assert.deepEqual(
        [refund?.path, refund?.body],
        ['/ordermanagement/v1/orders/o-1/refunds', { refunded_amount: 2500 }],
      );
      assert.match(String(refund?.headers['klarna-idempotency-key']), /^[\w-]{36}$/);
    });

    test('cancel and release send no body', async () => {
      const { number } = await placed();
      sandbox.karv.asked.length = 0;
      sandbox.karv.answer = () => ({ status: 204 });
      for (const action of ['cancel', 'release']) {
        assert.equal((await sandbox.client.post(`/shop/api/orders/${number}/${action}`, {})).status, 200);
      }
      assert.deepEqual(
        sandbox.karv.asked.map(({ path, body }) => [path, body]),
        [
          ['/ordermanagement/v1/orders/o-1/cancel', null],
          ['/ordermanagement/v1/orders/o-1/release-remaining-authorization', null],
        ],
      );
    });

    test('a form captures what was typed, and the page shows what Karv said', async () => {
      const { number } = await placed();
      const message = 'Captured amount is higher than the remaining authorized amount. <b>Capture not possible.</b>';
      sandbox.karv.answer = () => ({
        status: 403,
        body: { error_code: 'CAPTURE_NOT_ALLOWED', error_messages: [message], correlation_id: 'c-9' },
      });
      const path = `/back-office/orders/${number}`;
      const posted = await sandbox.client.call({
        method: 'POST',
        path: `${path}/capture`,
        body: 'amount=12,50&key=0123456789',
        headers: form,
      });
      assert.equal(posted.status, 303);
      assert.deepEqual(sandbox.karv.asked.at(-1)?.body, { captured_amount: 1250 });
      const page = await sandbox.client.get(path);
      assert.match(page.text, /capture: 403 CAPTURE_NOT_ALLOWED Captured amount is higher.*&lt;b&gt;.*c-9/);
      for (const amount of ['', '12.5', '-1', '1e3', '99999999']) {
        const bad = await sandbox.client.call({
          method: 'POST',
          path: `${path}/refund`,
          body: `amount=${amount}&key=0123456789`,
          headers: form,
        });
        assert.equal(bad.status, 400);
      }
    });

    test('bad amounts, keys and unknown orders are refused', async () => {
      const { number } = await placed();
      for (const body of [
        {},
        { amount: '10' },
        { amount: -1 },
        { amount: 1.5 },
        { amount: 1e12 },
        { amount: 1, idempotency_key: 'x y' },
      ]) {
        assert.equal((await sandbox.client.post(`/shop/api/orders/${number}/capture`, body)).status, 400);
      }
      assert.equal((await sandbox.client.post('/shop/api/orders/NL-0/capture', { amount: 1 })).status, 404);
      assert.equal((await sandbox.client.get('/back-office/orders/NL-0')).status, 404);
    });

    test('an order can be read while Karv is down', async () => {
      const { number } = await placed();
      sandbox.karv.answer = () => ({ status: 0, hangUp: true });
      const page = await sandbox.client.get(`/back-office/orders/${number}`);
      assert.equal(page.status, 200);
      assert.match(page.text, /Karv hung up before it answered/);
    });
  });

  describe('arithmetic', () => {
    // 349.00 at 19 %: 349.00 / 1.19 = 293.277..., so 55.72 of tax. 0.01: nothing to tax.
    test('tax within a gross amount', () => {
      assert.equal(taxWithin(34900, 1900), 5572);
      assert.equal(taxWithin(1, 1900), 0);
      assert.equal(taxWithin(11900, 1900), 1900);
    });

    test('lines add up to the order, shipping included below 100 euro', () => {
      const small = basketOf(itemsOf([{ sku: 'kopp-mug', quantity: 2 }]));
      assert.equal(small.order_amount, 4290);
      assert.equal(small.order_lines.length, 2);
      assert.equal(small.order_tax_amount, 607 + 78);
      assert.equal(basketOf(itemsOf([{ sku: 'stig-pack', quantity: 1 }])).order_lines.length, 1);
      assert.equal(basketOf([]).order_amount, 0);
    });

    test('amounts are read and written without fractions', () => {
      assert.deepEqual(['12.50', '12,50', '12', '0.05'].map(parseAmount), [1250, 1250, 1200, 5]);
      assert.deepEqual(['', '1.5', '1.234', '-1', '1e3', ' ', '٣'].map(parseAmount), [
        null,
        null,
        null,
        null,
        null,
        null,
        null,
      ]);
      assert.deepEqual([5, 1250, 34900].map(plainAmount), ['0.05', '12.50', '349.00']);
      assert.equal(formatAmount(123456), '€1,234.56');
    });
  });
});
