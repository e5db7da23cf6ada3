// From what a call said to the words for the shopper. What nobody can repair here ends the page instead.
import { Problem } from '@karv/api-client';
import type { Texts } from './texts/index.ts';

export type ErrorName = keyof Texts['errors'];

export function errorName(problem: unknown): ErrorName {
  if (!(problem instanceof Problem)) return 'TRY_AGAIN';
  if (problem.status === 0) return 'NETWORK';
  if (problem.status === 429) return 'TOO_MANY_REQUESTS';
  if (problem.code === 'TERMS_CHANGED') return 'TERMS_CHANGED';
  if (problem.status === 409) return 'AMOUNT_CHANGED';
  return [401, 403, 404, 410].includes(problem.status) ? 'SESSION_ENDED' : 'TRY_AGAIN';
}

/** After these the shopper can only go back to the shop. */
export const endsHere = (name: ErrorName): boolean => name === 'SESSION_ENDED' || name === 'AMOUNT_CHANGED';

/** The words for a card that did not work; anything unknown reads as a plain decline. */
export function cardError(code: string, texts: Texts): string {
  const known: readonly string[] = ['CARD_EXPIRED', 'CARD_INSUFFICIENT_FUNDS', 'CARD_UNREACHABLE'];
  return known.includes(code) ? texts.errors[code as ErrorName] : texts.errors.CARD_DECLINED;
}
