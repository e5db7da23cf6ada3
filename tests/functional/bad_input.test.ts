// What should not come, and comes. Each gets its documented answer; afterwards the server is up and the books balance.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Answer } from './support/client.ts';
import {
  authorized,
  capture,
  openSession,
  orderPath,
  placedOrder,
  purchase,
  readOrder,
  refund,
} from './support/purchases.ts';
import { everything, open, statusOf } from './support/raw.ts';
import { System, type Credentials } from './support/system.ts';

let system: System;
let client: Client;
let other: Client;
let otherCredentials: Credentials;
beforeAll(async () => {
  system = await System.start();
  client = new Client(system);
  const name = ['--name', 'Another shop', '--country', 'SE', '--origin', 'https://another.example'];
  const made = JSON.parse(system.karv('merchant', 'create', ...name).stdout) as { merchant_id: string };
  const credential = system.karv('merchant', 'credential', '--merchant', made.merchant_id);
  otherCredentials = JSON.parse(credential.stdout) as Credentials;
  other = new Client(system, otherCredentials);
});
afterEach(async () => {
  await openSession(client); // it is still there
});
afterAll(async () => {
  client.close();
  other.close();
  await system.stopClean();
});

const raw = (text: string | Buffer): Promise<Answer> =>
  client.post('/payments/v1/sessions', undefined, { raw: text, refused: true });
const with_ = (member: string, json: string): string => {
  const text = JSON.stringify({ ...purchase(), [member]: 'HERE' });
  return text.replace('"HERE"', json);
};
const expectError = (answer: Answer, status: number, code: string, text?: RegExp): void => {
  expect([answer.status, answer.error.error_code], answer.text).toEqual([status, code]);
  if (text !== undefined) expect(answer.error.error_messages.join(' ')).toMatch(text);
};

describe('JSON', () => {
  test.each([
    ['nothing', ''],
    ['half of it', JSON.stringify(purchase()).slice(0, 100)],
    ['two of it', JSON.stringify(purchase()) + JSON.stringify(purchase())],
    ['no JSON', 'purchase_country=SE&order_amount=100'],
    ['a comment', `/* hello */ ${JSON.stringify(purchase())}`],
    ['a comma too many', '{"purchase_country":"SE",}'],
    ['a byte order mark', `\ufeff${JSON.stringify(purchase())}`],
    ['NaN', with_('order_amount', 'NaN')],
  ])('%s', async (_, text) => expectError(await raw(text), 400, 'BAD_REQUEST'));

  test.each(['[]', '"text"', '4', 'null', 'true'])('%s instead of an object', async (text) => {
    const answer = await raw(text);
    expect(answer.status).toBe(400);
  });

  test('nested a hundred thousand deep', async () => {
    expectError(await raw('['.repeat(100_000)), 400, 'BAD_REQUEST');
    expectError(await raw(with_('attachment', '{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000))), 400, 'BAD_REQUEST');
  });

  test('a megabyte too large', async () => {
    expectError(await raw(with_('merchant_data', `"${'x'.repeat(1_500_000)}"`)), 413, 'REQUEST_TOO_LARGE');
  });

  test('the same member twice is named', async () => {
    expectError(
      await raw(`{"order_amount":1,${JSON.stringify(purchase()).slice(1)}`),
      400,
      'BAD_VALUE',
      /order_amount/,
    );
  });

  test.each([
    '1e3',
    '100000.0',
    '18446744073709551616',
    '9223372036854775808',
    '-1',
    '1E400',
    '"100000"',
    '[]',
    'true',
  ])('%s as an amount is named', async (number) =>
    expectError(await raw(with_('order_amount', number)), 400, 'BAD_VALUE', /order_amount/),
  );

  test.each([
    ['order_lines', '{}'],
    ['order_lines', '[1]'],
    ['order_lines', '[]'],
    ['billing_address', '"Umeå"'],
    ['purchase_country', '["SE"]'],
    ['merchant_urls', '[]'],
    ['auto_capture', '"yes"'],
    ['intent', '"steal"'],
  ])('%s as %s is named', async (member, value) => {
    expectError(await raw(with_(member, value)), 400, 'BAD_VALUE', new RegExp(member));
  });

  test('bytes that are no UTF-8, a lone surrogate, U+0000', async () => {
    const [before, after] = with_('merchant_reference1', '"#"').split('#') as [string, string];
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80]]) {
      const text = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      expect((await raw(text)).status).toBe(400);
    }
    for (const escape of ['\\ud800', '\\u0000']) expect((await raw(before + escape + after)).status).toBe(400);
  });

  test('a thousand lines are taken, a thousand and one are not', async () => {
    const line = { name: 'pin', quantity: 1, unit_price: 100, total_amount: 100 };
    const many = (n: number): Readonly<Record<string, unknown>> =>
      purchase(100 * n, { order_tax_amount: 0, order_lines: Array.from({ length: n }, () => line) });
    expect((await client.post('/payments/v1/sessions', many(1000))).status).toBe(200);
    expectError(
      await client.post('/payments/v1/sessions', many(1001), { refused: true }),
      400,
      'BAD_VALUE',
      /order_lines/,
    );
  });
});

describe('amounts that do not add up: the field, the value received, the value expected', () => {
  const line = purchase().order_lines[0];
  test.each([
    ['order_amount', { order_amount: 99_999 }, /order_amount.*99999.*100000/],
    ['order_tax_amount', { order_tax_amount: 25_000 }, /order_tax_amount.*25000.*20000/],
    [
      'total_amount',
      { order_lines: [{ ...line, total_amount: 90_000 }] },
      /order_lines\[0\]\.total_amount.*90000.*100000/,
    ],
    [
      'total_tax_amount',
      { order_lines: [{ ...line, total_tax_amount: 25_000 }] },
      /\[0\]\.total_tax_amount.*25000.*20000/,
    ],
  ])('%s', async (_, more, text) => {
    expectError(await client.post('/payments/v1/sessions', purchase(100_000, more)), 400, 'BAD_VALUE', text);
  });

  test.each([
    ['beyond the cap', { quantity: 2, unit_price: 150_000_000, total_amount: 300_000_000 }],
    ['that overflow', { quantity: 200_000_000, unit_price: 200_000_000, total_amount: 0 }],
    ['below zero for goods', { quantity: 1, unit_price: -5, total_amount: -5 }],
  ])('%s', async (_, numbers) => {
    const wanted = purchase(100_000, { order_lines: [{ ...line, ...numbers }] });
    expectError(await client.post('/payments/v1/sessions', wanted), 400, 'BAD_VALUE', /order_lines\[0\]/);
  });

  test('a rounding of one öre per line passes', async () => {
    const rounded = { ...line, total_tax_amount: 20_001 };
    expect((await client.post('/payments/v1/sessions', purchase(100_000, { order_lines: [rounded] }))).status).toBe(
      200,
    );
  });

  test('several wrong fields are all named', async () => {
    const answer = await client.post('/payments/v1/sessions', {}, { refused: true });
    expectError(
      answer,
      400,
      'BAD_VALUE',
      /purchase_country[\s\S]*purchase_currency[\s\S]*order_amount[\s\S]*order_lines/,
    );
  });
});

describe('countries, currencies, languages', () => {
  test.each([
    ['purchase_currency', { purchase_currency: 'EUR' }],
    ['purchase_country', { purchase_country: 'XX' }],
    ['locale', { locale: 'pt-SE' }],
    ['locale', { locale: 'nonsense' }],
    ['purchase_currency', { billing_address: { country: 'DE' } }],
  ])('a clash names %s', async (field, more) => {
    expectError(
      await client.post('/payments/v1/sessions', purchase(100_000, more)),
      400,
      'BAD_VALUE',
      new RegExp(field),
    );
  });
});

describe('who asks', () => {
  test('without, with wrong and with malformed credentials gets 401 and nothing else', async () => {
    const good = system.merchant;
    for (const credentials of [
      null,
      { ...good, password: `${good.password}x` },
      { ...good, username: 'PK0' },
      { username: '', password: '' },
      { username: 'x'.repeat(5_000), password: 'y' },
    ]) {
      const answer = await client.post('/payments/v1/sessions', purchase(), { credentials });
      expectError(answer, 401, 'UNAUTHORIZED');
      expect(answer.header('WWW-Authenticate')).toMatch(/^Basic realm=/);
    }
    for (const header of ['Basic', 'Basic ????', 'Bearer x', 'Basic Og==']) {
      const answer = await client.get('/ordermanagement/v1/orders/x', {
        credentials: null,
        headers: { Authorization: header },
      });
      expectError(answer, 401, 'UNAUTHORIZED');
    }
  });

  test('another merchant’s session, token, order, capture and key are not there', async () => {
    const { session, token } = await authorized(client);
    const order = await placedOrder(client);
    const captured = await capture(client, order, 1_000, { headers: { 'Klarna-Idempotency-Key': 'shared' } });
    const path = orderPath(order);
    for (const answer of [
      await other.get(`/payments/v1/sessions/${session}`),
      await other.post(`/payments/v1/sessions/${session}`, purchase()),
      await other.post(`/payments/v1/authorizations/${token}/order`, purchase()),
      await other.delete(`/payments/v1/authorizations/${token}`),
      await other.post(`/sandbox/v1/sessions/${session}/authorize`, {
        payment_method_category: 'pay_later',
        email: 'a@b.se',
      }),
    ]) {
      expectError(answer, 404, 'NOT_FOUND');
    }
    for (const answer of [
      await other.get(path),
      await other.get(`${path}/captures`),
      await other.get(`${path}/captures/${captured}`),
      await other.post(`${path}/acknowledge`),
      await other.post(`${path}/cancel`),
      await other.post(`${path}/captures`, { captured_amount: 1 }),
      await other.post(`${path}/refunds`, { refunded_amount: 1 }),
      await other.patch(`${path}/authorization`, { order_amount: 1 }),
      await other.patch(`${path}/merchant-references`, { merchant_reference1: 'mine' }),
      await other.post(`${path}/release-remaining-authorization`),
      await other.post(`${path}/extend-authorization-time`),
    ]) {
      expectError(answer, 404, 'NO_SUCH_ORDER');
    }
    const own = await placedOrder(other);
    await capture(other, own, 2_000, { headers: { 'Klarna-Idempotency-Key': 'shared' } });
    expect((await readOrder(client, order)).captured_amount).toBe(1_000);
    expect((await client.post(`/payments/v1/authorizations/${token}/order`, purchase())).status).toBe(200);
  });

  test('a credential that is disabled stops working within seconds', async () => {
    const id = JSON.parse(system.karv('merchant', 'list').stdout.split('\n')[0] ?? '') as { merchant_id: string };
    const made = system.karv('merchant', 'credential', '--merchant', id.merchant_id);
    const credentials = JSON.parse(made.stdout) as Credentials;
    const third = new Client(system, credentials);
    await openSession(third);
    expect(system.karv('merchant', 'disable', '--username', credentials.username).status).toBe(0);
    await sleep(6_000);
    expectError(await third.post('/payments/v1/sessions', purchase()), 401, 'UNAUTHORIZED');
    third.close();
  });
});

describe('paths and methods', () => {
  test.each(['/payments/v1/nothing', '/payments/v2/sessions', '/ordermanagement/v1/orders', '/sandbox/v1/nothing'])(
    '%s does not exist',
    async (path) => expectError(await client.get(path, { undocumented: true }), 404, 'NOT_FOUND'),
  );

  test('a wrong method is told which are right', async () => {
    const answer = await client.get('/payments/v1/sessions', { undocumented: true });
    expectError(answer, 405, 'METHOD_NOT_ALLOWED');
    expect(answer.header('Allow')).toBe('POST');
    const path = orderPath(await placedOrder(client));
    for (const method of ['PUT', 'DELETE', 'PROPFIND']) {
      expect((await client.send(method, path, { undocumented: true })).status).toBe(405);
    }
  });

  test.each(['x'.repeat(2_000), "1'or'1'='1", '-1', 'null', '%F0%9F%99%82'])(
    'an id like %s is not there',
    async (id) => {
      expectError(await client.get(`/payments/v1/sessions/${id}`), 404, 'NOT_FOUND');
      expectError(await client.get(orderPath(id)), 400, 'INVALID_ORDER_ID');
    },
  );
});

describe('orders', () => {
  test('amounts that are none', async () => {
    const path = orderPath(await placedOrder(client));
    for (const value of ['-1', '1e3', '1.5', '18446744073709551616', '"1"', 'null']) {
      const answer = await client.post(`${path}/captures`, undefined, {
        raw: `{"captured_amount":${value}}`,
        refused: true,
      });
      expectError(answer, 400, 'BAD_VALUE', /captured_amount/);
    }
    expectError(await client.post(`${path}/captures`, {}, { refused: true }), 400, 'BAD_VALUE', /captured_amount/);
    expectError(await client.post(`${path}/refunds`, {}, { refused: true }), 400, 'BAD_VALUE', /refunded_amount/);
    expectError(await client.patch(`${path}/authorization`, {}, { refused: true }), 400, 'BAD_VALUE', /order_amount/);
    const empty = await client.post(`${path}/captures`, undefined, { refused: true });
    expect(empty.status).toBe(400);
    const long = { merchant_reference1: 'x'.repeat(256) };
    expectError(await client.patch(`${path}/merchant-references`, long), 400, 'BAD_VALUE', /merchant_reference1/);
  });

  test('captures and refunds beyond, and after the end', async () => {
    const order = await placedOrder(client);
    const path = orderPath(order);
    const most = Number.MAX_SAFE_INTEGER;
    expectError(await client.post(`${path}/captures`, { captured_amount: most }), 403, 'CAPTURE_NOT_ALLOWED');
    await capture(client, order, 100_000);
    expectError(await client.post(`${path}/captures`, { captured_amount: 1 }), 403, 'CAPTURE_NOT_ALLOWED');
    expectError(await client.post(`${path}/refunds`, { refunded_amount: most }), 403, 'REFUND_NOT_ALLOWED');
    await refund(client, order, 100_000);
    expectError(await client.post(`${path}/refunds`, { refunded_amount: 1 }), 403, 'REFUND_NOT_ALLOWED');
  });

  test('a card number in free text is masked before it is stored', async () => {
    const number = ['4111', '1111', '1111', '1111'].join(' ');
    const wanted = purchase(100_000, { merchant_data: `card ${number}` });
    const { session } = await authorized(client, 'pay_later', wanted);
    expect((await client.get(`/payments/v1/sessions/${session}`)).text).not.toContain(number);
  });
});

describe('HTTP', () => {
  const head = (lines: string): string =>
    `POST /payments/v1/sessions HTTP/1.1\r\nHost: pay.localhost\r\n${lines}\r\n\r\n`;
  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ...['%00', 'a%2fb', '%zz', '../x', '%2e%2e', '%ff'].map((id): [string, string] => [
      `the path ${id}`,
      `GET /payments/v1/sessions/${id} HTTP/1.1\r\nHost: pay.localhost\r\n\r\n`,
    ]),
    ['two lengths', head('Content-Length: 2\r\nContent-Length: 3') + '{}'],
    ['a length and chunks', head('Content-Length: 2\r\nTransfer-Encoding: chunked') + '0\r\n\r\n'],
    ['an unknown coding', head('Transfer-Encoding: xchunked')],
    ['a negative length', head('Content-Length: -1')],
    ['a folded line', head('X-A: b\r\n c')],
    ['two hosts', head('Host: other')],
    ['a bare CR in a value', head('X-A: b\rc')],
  ])('%s is refused and the line closed', async (_, bytes) => {
    const socket = await open(system);
    socket.write(bytes);
    expect(statusOf(await everything(socket))).toBe(400);
  });

  const under = (path: string | Buffer): Buffer =>
    Buffer.concat([Buffer.from('GET '), Buffer.from(path), Buffer.from(' HTTP/1.1\r\nHost: pay.localhost\r\n\r\n')]);
  test.each<[string, string | Buffer, number]>([
    ...['%zz', '%', '%0', '%00', '%ff', '%c0%af', '%ed%a0%80', 'a%2fb', '%5c', '%0d%0a', '..', '%2e%2e', 'a b'].map(
      (id): [string, Buffer, number] => [`/payments/v1/sessions/${id}`, under(`/payments/v1/sessions/${id}`), 400],
    ),
    ['a path of raw bytes', under(Buffer.from([...Buffer.from('/ordermanagement/v1/orders/'), 0xff, 0xfe])), 400],
    ['an id and a query that do not decode', under('//ordermanagement//v1/orders/%zz/captures?a=%zz'), 400],
    ['the first segment alone', under('/payments/%zz'), 400],
    ['the sandbox', under('/sandbox/v1/%zz'), 400],
    ['two hosts', head('Host: other'), 400],
    ['a length that is far too large', head('Content-Length: 99999999999'), 413],
    ['a head without end', head(`X-A: ${'b'.repeat(40_000)}`), 431],
    ['a head that stops', 'POST /payments/v1/sessions HTTP/1.1\r\nHost: pay', 408],
  ])('%s: refused in three members', async (_, bytes, status) => {
    const socket = await open(system);
    socket.write(bytes);
    const [start = '', body = ''] = (await everything(socket)).split('\r\n\r\n', 2);
    expect(statusOf(start), start).toBe(status);
    expect(start).toMatch(/^Content-Type: application\/json$/m);
    const error = JSON.parse(body) as Record<string, unknown>;
    expect(Object.keys(error).sort()).toEqual(['correlation_id', 'error_code', 'error_messages']);
    expect(error['error_code']).toBe(status === 413 || status === 431 ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST');
    expect(Array.isArray(error['error_messages']) && error['error_messages'].length).toBeGreaterThan(0);
    expect(start).toContain(`\r\nKlarna-Correlation-Id: ${String(error['correlation_id'])}`);
  });

  test.each(['/checkout/v1/%zz', '/customer/v1/%ff', '/%zz', '/payment/%zz'])('%s: a problem', async (path) => {
    const socket = await open(system);
    socket.write(under(path));
    const [start = '', body = ''] = (await everything(socket)).split('\r\n\r\n', 2);
    expect(statusOf(start), start).toBe(400);
    expect(start).toMatch(/^Content-Type: application\/problem\+json$/m);
    expect(JSON.parse(body)).toMatchObject({ status: 400 });
  });

  test('a head without end is refused', async () => {
    const socket = await open(system);
    socket.write(head(`X-A: ${'b'.repeat(40_000)}`));
    expect([400, 413, 431]).toContain(statusOf(await everything(socket)));
  });

  test('a length that is far too large is refused before it is sent', async () => {
    const socket = await open(system);
    socket.write(head('Content-Length: 99999999999'));
    expect([400, 413]).toContain(statusOf(await everything(socket)));
  });

  test('a request that never ends is cut off, and others do not wait for it', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, () => open(system)));
    for (const socket of slow) socket.write('POST /payments/v1/sessions HTTP/1.1\r\nHost: pay');
    const begin = Date.now();
    await openSession(client);
    expect(Date.now() - begin).toBeLessThan(5_000);
    const answers = await Promise.all(slow.map((socket) => everything(socket)));
    for (const answer of answers) expect([0, 408]).toContain(statusOf(answer));
  });

  test('a client that says goodbye in the middle, or right after asking, harms nobody', async () => {
    const half = await open(system);
    half.end(head('Content-Length: 100') + '{"half":');
    const answer = statusOf(await everything(half));
    expect([0, 400, 408]).toContain(answer);
    for (let i = 0; i < 20; i += 1) {
      const socket = await open(system);
      socket.write(head('Content-Length: 2') + '{}');
      socket.destroy();
    }
  });
});
