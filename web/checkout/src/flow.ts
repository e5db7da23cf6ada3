// Where the shopper is in the overlay and what leads where. Pure: a state and what happened give the next state.
import type { Plan, SavedCard } from '@karv/api-client';
import type { CardDone } from '@karv/ui';

export type StepName = 'plan' | 'email' | 'code' | 'card' | 'review' | 'done' | 'refused';

export type CardChoice = { kind: 'saved'; card: SavedCard } | { kind: 'new'; ticket: string; card: CardDone };

export interface FlowState {
  step: StepName;
  plan: Plan | null;
  email: string;
  identified: boolean;
  savedCards: SavedCard[];
  card: CardChoice | null;
  /** A sentence shown above the step: why the shopper is here again. */
  alert: string;
}

export type FlowEvent =
  | { kind: 'plan_chosen'; plan: Plan }
  | { kind: 'code_sent'; email: string }
  | { kind: 'identified'; savedCards: SavedCard[] }
  | { kind: 'card_chosen'; card: CardChoice }
  | { kind: 'card_refused'; alert: string }
  | { kind: 'terms_changed'; alert: string }
  | { kind: 'approved' }
  | { kind: 'refused' }
  | { kind: 'back' }
  | { kind: 'change'; step: 'plan' | 'card' };

export function startFlow(email: string | null, plan: Plan | null): FlowState {
  const known = plan?.available ? plan : null;
  const step = known ? 'email' : 'plan';
  return { step, plan: known, email: email ?? '', identified: false, savedCards: [], card: null, alert: '' };
}

/** The step after the plan, given what is already known. */
function stepAfterPlan(state: FlowState): StepName {
  if (!state.identified) return 'email';
  return state.plan?.needs_card && !state.card ? 'card' : 'review';
}

function back(state: FlowState): StepName {
  if (state.step === 'code') return 'email';
  if (state.step === 'review' && state.plan?.needs_card) return 'card';
  return state.step === 'done' || state.step === 'refused' ? state.step : 'plan';
}

export function advance(before: FlowState, event: FlowEvent): FlowState {
  const state = { ...before, alert: '' };
  switch (event.kind) {
    case 'plan_chosen': {
      const next = { ...state, plan: event.plan };
      return { ...next, step: stepAfterPlan(next) };
    }
    case 'code_sent':
      return { ...state, email: event.email, step: 'code' };
    case 'identified': {
      const next = { ...state, identified: true, savedCards: event.savedCards };
      return { ...next, step: next.plan ? stepAfterPlan(next) : 'plan' };
    }
    case 'card_chosen':
      return { ...state, card: event.card, step: 'review' };
    case 'card_refused':
      // The ticket was spent on the attempt: the card is entered or chosen again.
      return { ...state, card: null, step: 'card', alert: event.alert };
    case 'terms_changed':
      return { ...state, plan: null, step: 'plan', alert: event.alert };
    case 'approved':
      return { ...state, step: 'done' };
    case 'refused':
      return { ...state, step: 'refused' };
    case 'back':
      return { ...state, step: back(state) };
    case 'change':
      return { ...state, step: event.step };
  }
}

/** "Step 2 of 4"; identification is one step of two screens. Null where counting would not help. */
export function position(state: FlowState): { number: number; of: number } | null {
  const order = state.plan?.needs_card === false ? ['plan', 'email', 'review'] : ['plan', 'email', 'card', 'review'];
  const index = order.indexOf(state.step === 'code' ? 'email' : state.step);
  return index < 0 ? null : { number: index + 1, of: order.length };
}
