import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem, type Installment, type Purchase } from '@karv/api-client';
import { listen, orderIdOf, type LiveStatus } from '../src/live.ts';
import { paymentProblemText, problemText } from '../src/problems.ts';
import { historyOf, nextPayment, openAmount, openTotals, stateOf } from '../src/purchase_rules.ts';
import { linkTo, readRoute } from '../src/route.ts';
import { kTexts } from '../src/texts/index.ts';

const part = (more: Partial<Installment>): Installment => ({
  installment_id: 'i',
  number: 1,
  due_date: '2026-12-22',
  amount: 1000,
  paid_amount: 0,
  canceled_amount: 0,
  status: 'planned',
  card_payable: true,
  ...more,
});
const purchase = (more: Partial<Purchase>): Purchase => ({
  order_id: 'o',
  merchant_name: 'Shop',
  reference: '',
  plan: 'pay_in_3',
  purchase_currency: 'EUR',
  order_amount: 1000,
  captured_amount: 1000,
  refunded_amount: 0,
  outstanding_amount: 1000,
  status: 'CAPTURED',
  created_at: '2026-11-22T10:00:00Z',
  order_lines: [],
  card: null,
  installments: [part({})],
  refunds: [],
  payments: [],
  ...more,
});

describe('a purchase', () => {
  it.each([
    [{}, 'open'],
    [{ installments: [part({ status: 'overdue' })] }, 'late'],
    [{ outstanding_amount: 0 }, 'paid'],
    [{ outstanding_amount: 0, captured_amount: 0, status: 'AUTHORIZED' }, 'waiting'],
    [{ outstanding_amount: 0, captured_amount: 0, status: 'CANCELLED' }, 'canceled'],
    [{ outstanding_amount: 0, captured_amount: 0, status: 'never heard of' }, 'waiting'],
  ] as const)('%j is %s', (more, state) => expect(stateOf(purchase(more as Partial<Purchase>))).toBe(state));

  it('what is open is never negative', () => {
    expect(openAmount(part({ paid_amount: 400, canceled_amount: 100 }))).toBe(500);
    expect(openAmount(part({ paid_amount: 1000, canceled_amount: 500 }))).toBe(0);
  });

  it('the next payment is the earliest that is open and not under way', () => {
    const early = part({ installment_id: 'early', due_date: '2026-11-01' });
    const purchases = [
      purchase({
        installments: [
          part({ due_date: '2026-10-01', status: 'processing' }),
          part({ due_date: '2026-09-01', paid_amount: 1000 }),
        ],
      }),
      purchase({ installments: [part({}), early] }),
    ];
    expect(nextPayment(purchases)?.installment).toBe(early);
    expect(nextPayment([])).toBeNull();
  });

  it('totals are per currency', () => {
    const purchases = [
      purchase({}),
      purchase({ outstanding_amount: 500 }),
      purchase({ purchase_currency: 'SEK', outstanding_amount: 9 }),
      purchase({ purchase_currency: 'DKK', outstanding_amount: 0 }),
    ];
    expect(openTotals(purchases)).toEqual([
      { currency: 'EUR', amount: 1500 },
      { currency: 'SEK', amount: 9 },
    ]);
  });

  it('history is newest first, by the moment and not by its spelling', () => {
    const entries = historyOf(
      purchase({
        payments: [{ amount: 1, paid_at: '2026-11-23T00:30:00+02:00', brand: 'visa', last4: '1111' }],
        refunds: [{ refund_id: 'r', amount: 2, refunded_at: '2026-11-22T23:00:00Z', to_card_amount: 0 }],
      }),
    );
    expect(entries.map(({ kind }) => kind)).toEqual(['refunded', 'paid', 'bought']);
  });
});

describe('routes', () => {
  it.each([
    ['', { view: 'purchases' }],
    ['#/cards', { view: 'cards' }],
    ['#/purchases/0192-a', { view: 'purchase', orderId: '0192-a' }],
    ['#/purchases/../me', { view: 'purchases' }],
    ['#/purchases/%3Cscript%3E', { view: 'purchases' }],
    [`#/purchases/${'a'.repeat(65)}`, { view: 'purchases' }],
  ])('%j', (hash, route) => expect(readRoute(hash)).toEqual(route));

  it('a link leads to its route', () => {
    expect(readRoute(linkTo({ view: 'purchase', orderId: 'x-1' }))).toEqual({ view: 'purchase', orderId: 'x-1' });
  });
});

describe('problems in words', () => {
  const en = kTexts.en;
  it('a lost answer to a payment never reads as a refusal', () => {
    for (const problem of [new Problem(0, { code: 'TIMEOUT' }), new Problem(502, { code: 'BAD_RESPONSE' })]) {
      expect(paymentProblemText(problem, en)).toBe(en.errors.UNKNOWN_OUTCOME);
    }
  });
  it.each([
    [new Problem(402, { code: 'CARD_EXPIRED' }), en.errors.CARD_EXPIRED],
    [new Problem(402, { code: 'toString' }), en.errors.CARD_DECLINED],
    [new Problem(429, { code: 'X' }), en.errors.TOO_MANY_REQUESTS],
    [new Problem(0, { code: 'ABORTED' }), en.errors.NETWORK],
    [new TypeError('x'), en.errors.TRY_AGAIN],
  ])('%s', (problem, text) => expect(problemText(problem, en)).toBe(text));
});

describe('the stream of changes', () => {
  class FakeSource {
    static readonly CLOSED = 2;
    static all: FakeSource[] = [];
    readyState = 0;
    onopen: (() => void) | undefined;
    onerror: (() => void) | undefined;
    changed: ((event: { data: unknown }) => void) | undefined;
    closed = false;
    constructor() {
      FakeSource.all.push(this);
    }
    addEventListener(_name: string, callback: (event: { data: unknown }) => void): void {
      this.changed = callback;
    }
    close(): void {
      this.closed = true;
    }
  }
  let statuses: LiveStatus[];
  let changes: (string | null)[];
  const start = () => listen({ onStatus: (status) => statuses.push(status), onChange: (id) => changes.push(id) });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeSource);
    FakeSource.all = [];
    statuses = [];
    changes = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('after a drop asks for everything, because what happened meanwhile was not told', () => {
    start();
    const [source] = FakeSource.all;
    source?.onopen?.();
    source?.changed?.({ data: '{"order_id":"a"}' });
    source?.onerror?.();
    source?.onopen?.();
    expect(statuses).toEqual(['connecting', 'live', 'offline', 'live']);
    expect(changes).toEqual(['a', null]);
  });

  it('when the browser gave up, tries again with growing pauses and stops when told', () => {
    const stop = start();
    const giveUp = (): void => {
      const source = FakeSource.all.at(-1);
      if (source) source.readyState = FakeSource.CLOSED;
      source?.onerror?.();
    };
    giveUp();
    vi.advanceTimersByTime(2000);
    expect(FakeSource.all).toHaveLength(2);
    giveUp();
    vi.advanceTimersByTime(3999);
    expect(FakeSource.all).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(FakeSource.all).toHaveLength(3);
    stop();
    expect(FakeSource.all.at(-1)?.closed).toBe(true);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"order_id":7}',
    '{"order_id":"../me"}',
    `{"order_id":"${'a'.repeat(65)}"}`,
    undefined,
  ])('an event with %.30j names nothing', (data) => expect(orderIdOf(data)).toBeNull());
});
