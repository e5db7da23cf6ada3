import { describe, expect, it } from 'vitest';
import type { Plan } from '@karv/api-client';
import { readStart } from '../src/bridge.ts';
import { advance, position, startFlow, type FlowEvent, type FlowState } from '../src/flow.ts';
import { chargedNow, plansFor } from '../src/plans.ts';

const plan = (name: Plan['plan'], credit: boolean, needsCard: boolean): Plan => ({
  plan: name,
  credit,
  available: true,
  reason: null,
  total_amount: 9000,
  needs_card: needsCard,
  installments: [
    { number: 1, due_date: '2026-11-22', due_today: needsCard, amount: 3000 },
    { number: 2, due_date: '2026-12-22', due_today: false, amount: 6000 },
  ],
  late: '',
  terms_url: '/t',
  terms_hash: 'h',
});
const payNow = plan('pay_now', false, true);
const in30 = plan('pay_in_30', true, false);
const in3 = plan('pay_in_3', true, true);

const play = (state: FlowState, ...events: FlowEvent[]): FlowState => events.reduce(advance, state);
const card: FlowEvent = {
  kind: 'card_chosen',
  card: { kind: 'new', ticket: 't', card: { brand: 'visa', last4: '1111', expiry: '12/40' } },
};
const sent: FlowEvent = { kind: 'code_sent', email: 'a@b.se' };
const identified: FlowEvent = { kind: 'identified', savedCards: [] };

describe('the flow', () => {
  it('starts with the plans, or behind them when the shop page already has a choice', () => {
    expect(startFlow(null, null)).toMatchObject({ step: 'plan', plan: null, email: '' });
    expect(startFlow('a@b.se', in3)).toMatchObject({ step: 'email', plan: in3, email: 'a@b.se' });
  });

  it('a chosen plan that is not available is not a choice', () => {
    expect(startFlow(null, { ...in3, available: false })).toMatchObject({ step: 'plan', plan: null });
  });

  it('goes plan, e-mail, code, card, review', () => {
    const steps: string[] = [];
    let state = startFlow(null, null);
    for (const event of [{ kind: 'plan_chosen', plan: in3 } as const, sent, identified, card]) {
      state = advance(state, event);
      steps.push(state.step);
    }
    expect(steps).toEqual(['email', 'code', 'card', 'review']);
    expect(position(state)).toEqual({ number: 4, of: 4 });
  });

  it('leaves the card out where the plan needs none, and asks for it when the plan is changed to one that does', () => {
    const review = play(startFlow(null, in30), sent, identified);
    expect(review.step).toBe('review');
    expect(position(review)).toEqual({ number: 3, of: 3 });
    expect(play(review, { kind: 'change', step: 'plan' }, { kind: 'plan_chosen', plan: payNow }).step).toBe('card');
  });

  it('identifies once: changing the plan does not ask again', () => {
    const state = play(startFlow(null, in3), sent, identified, card, { kind: 'change', step: 'plan' });
    expect(advance(state, { kind: 'plan_chosen', plan: payNow })).toMatchObject({ step: 'review', identified: true });
  });

  it('a refused card is forgotten and said once', () => {
    const state = play(startFlow(null, in3), sent, identified, card, { kind: 'card_refused', alert: 'why' });
    expect(state).toMatchObject({ step: 'card', card: null, alert: 'why' });
    expect(advance(state, card).alert).toBe('');
  });

  it('changed terms take the choice back', () => {
    const state = play(startFlow(null, in3), sent, identified, card, { kind: 'terms_changed', alert: 'look' });
    expect(state).toMatchObject({ step: 'plan', plan: null, alert: 'look' });
  });

  it.each([
    ['email', 'plan'],
    ['code', 'email'],
    ['card', 'plan'],
    ['review', 'card'],
    ['done', 'done'],
    ['refused', 'refused'],
  ] as const)('back from %s is %s', (step, before) => {
    expect(advance({ ...startFlow(null, in3), step }, { kind: 'back' }).step).toBe(before);
  });
});

describe('plans', () => {
  const all = [in3, in30, payNow];

  it('paying in full comes first, whatever the order was', () => {
    expect(plansFor('klarna', all).map(({ plan: name }) => name)).toEqual(['pay_now', 'pay_in_3', 'pay_in_30']);
  });

  it.each([
    ['pay_now', ['pay_now']],
    ['pay_later', ['pay_in_30']],
    ['pay_over_time', ['pay_in_3']],
    ['direct_debit', []],
    ['', ['pay_now', 'pay_in_3', 'pay_in_30']],
    ['constructor', ['pay_now', 'pay_in_3', 'pay_in_30']],
  ])('category %j means %j', (category, names) => {
    expect(plansFor(category, all).map(({ plan: name }) => name)).toEqual(names);
  });

  it('only what is due today is charged now', () => {
    expect([chargedNow(in3), chargedNow(in30)]).toEqual([3000, 0]);
  });
});

describe('the start message', () => {
  it.each([
    null,
    'start',
    7,
    [],
    {},
    { karv: 'start' },
    { karv: 'start', client_token: 7, mode: 'inline' },
    { karv: 'start', client_token: 'x', mode: 'top' },
  ])('%j is none', (message) => expect(readStart(message)).toBeNull());

  it('members of the wrong type are left out', () => {
    expect(
      readStart({ karv: 'start', client_token: 'x', mode: 'overlay', category: 7, data: [1], plan: {}, review: 'yes' }),
    ).toEqual({
      clientToken: 'x',
      mode: 'overlay',
      category: '',
      data: {},
      plan: null,
      review: false,
    });
  });
});
