import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCall, createCheckoutClient, createCustomerClient, Problem } from '../src/index.ts';

const call = createCall('https://pay.test/x', () => ({ Authorization: 'Bearer abc' }));
const answer = (status: number, body: string | null, type = 'application/json') =>
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(body, { status, headers: { 'Content-Type': type } })),
  );

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
}

afterEach(() => vi.unstubAllGlobals());

describe('a call', () => {
  it('gives the members of the answer', async () => {
    answer(200, '{"a":1}');
    expect(await call('GET', '/y')).toEqual({ a: 1 });
  });

  it('gives nothing for 204', async () => {
    answer(204, null);
    expect(await call('POST', '/y', { body: {} })).toBeUndefined();
  });

  it('reads problem details with the members it knows and drops those of the wrong type', async () => {
    answer(
      401,
      '{"code":"WRONG_CODE","attempts_left":4,"title":7,"invalid_fields":["a",1]}',
      'application/problem+json',
    );
    const problem = await problemOf(call('GET', '/y'));
    expect(problem.status).toBe(401);
    expect(problem.details).toEqual({ code: 'WRONG_CODE', attempts_left: 4, invalid_fields: ['a'] });
    expect(problem.retryable).toBe(false);
  });

  it.each([
    ['a web page instead of an error', 502, '<html>Bad gateway', 'text/html'],
    ['broken JSON in an error', 500, '{"code":', 'application/json'],
    ['a string instead of an object', 500, '"no"', 'application/json'],
    ['an error without a code', 503, '{}', 'application/problem+json'],
  ])('%s is BAD_RESPONSE and may be repeated', async (_name, status, body, type) => {
    answer(status, body, type);
    const problem = await problemOf(call('GET', '/y'));
    expect([problem.code, problem.status, problem.retryable]).toEqual(['BAD_RESPONSE', status, true]);
  });

  it.each(['null', '"x"', '1', '{"a":', '', `"${'x'.repeat(2_000_001)}"`])(
    'success with the body %.20j is refused',
    async (body) => {
      answer(200, body);
      expect((await problemOf(call('GET', '/y'))).code).toBe('BAD_RESPONSE');
    },
  );

  it('says NETWORK, TIMEOUT and ABORTED apart', async () => {
    for (const [name, code] of [
      ['TypeError', 'NETWORK'],
      ['TimeoutError', 'TIMEOUT'],
      ['AbortError', 'ABORTED'],
    ] as const) {
      vi.stubGlobal(
        'fetch',
        vi.fn(async () => Promise.reject(Object.assign(new Error('x'), { name }))),
      );
      expect((await problemOf(call('GET', '/y'))).code).toBe(code);
    }
  });

  it('ends a server that never answers at its deadline', async () => {
    vi.stubGlobal(
      'fetch',
      (_url: string, init: RequestInit) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
        }),
    );
    expect((await problemOf(call('GET', '/y', { timeoutMs: 5 }))).code).toBe('TIMEOUT');
  });
});

describe('the clients', () => {
  const seen = () => (fetch as unknown as ReturnType<typeof vi.fn>).mock.calls as [string, RequestInit][];

  it('the checkout shows its identity only after it was given one', async () => {
    answer(200, '{"identity_token":"who","saved_cards":[]}');
    const client = createCheckoutClient('jwt');
    await client.verify('a@b.se', '123456');
    await client.confirm({ plan: 'pay_in_30', terms_hash: 'h', card: null }, 'one-intent');
    expect(seen()[0]?.[1].headers).not.toHaveProperty('Karv-Identity');
    expect(seen()[1]?.[1].headers).toMatchObject({
      Authorization: 'Bearer jwt',
      'Karv-Identity': 'who',
      'Idempotency-Key': 'one-intent',
    });
  });

  it('the account quotes ids that would leave their path', async () => {
    answer(200, '{}');
    await createCustomerClient().purchase('../me?x=1');
    expect(seen()[0]?.[0]).toBe('/customer/v1/purchases/..%2Fme%3Fx%3D1');
    expect(seen()[0]?.[1].headers).toMatchObject({ 'Karv-Request': '1' });
  });
});
