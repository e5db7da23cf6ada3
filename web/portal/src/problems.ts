// From what a call said to the words for the reader.
import { Problem } from '@karv/api-client';
import type { Texts } from './texts/index.ts';

export function problemText(problem: unknown, texts: Texts): string {
  if (!(problem instanceof Problem)) return texts.errors.TRY_AGAIN;
  if (Object.hasOwn(texts.errors, problem.code)) return texts.errors[problem.code as keyof Texts['errors']];
  if (problem.status === 0) return texts.errors.NETWORK;
  if (problem.status === 429) return texts.errors.TOO_MANY_REQUESTS;
  return problem.status === 402 ? texts.errors.CARD_DECLINED : texts.errors.TRY_AGAIN;
}

/** For a payment: an answer that was lost is not an answer, and one that comes too late is not a fault. */
export function paymentProblemText(problem: unknown, texts: Texts): string {
  if (problem instanceof Problem && problem.retryable) return texts.errors.UNKNOWN_OUTCOME;
  if (problem instanceof Problem && (problem.status === 404 || problem.status === 409)) return texts.errors.NOT_PAYABLE;
  return problemText(problem, texts);
}
