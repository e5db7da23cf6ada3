// Why a call did not give what was asked for: what the server said (RFC 9457 problem details), or what happened on
// the way. Not a text for people: pages choose their own words by `code`.

export type ClientCode = 'NETWORK' | 'TIMEOUT' | 'ABORTED' | 'BAD_RESPONSE';

export interface ProblemDetails {
  code: string;
  title?: string;
  detail?: string;
  correlation_id?: string;
  attempts_left?: number;
  invalid_fields?: string[];
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: ProblemDetails;

  constructor(status: number, details: ProblemDetails) {
    super(`${details.code} (${status})`);
    this.name = 'Problem';
    this.status = status;
    this.code = details.code;
    this.details = details;
  }

  /** True when the same call may simply be made again: nothing is known to have been refused. */
  get retryable(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Reads an error answer; anything that is not a problem document becomes BAD_RESPONSE with the same status. */
export function problemFrom(status: number, body: unknown): Problem {
  if (typeof body !== 'object' || body === null) return new Problem(status, { code: 'BAD_RESPONSE' });
  const members = body as Record<string, unknown>;
  const details: ProblemDetails = { code: text(members['code']) ?? 'BAD_RESPONSE' };
  const title = text(members['title']);
  const detail = text(members['detail']);
  const correlationId = text(members['correlation_id']);
  if (title !== undefined) details.title = title;
  if (detail !== undefined) details.detail = detail;
  if (correlationId !== undefined) details.correlation_id = correlationId;
  if (Number.isSafeInteger(members['attempts_left'])) details.attempts_left = members['attempts_left'] as number;
  if (Array.isArray(members['invalid_fields'])) {
    details.invalid_fields = members['invalid_fields'].filter((field): field is string => typeof field === 'string');
  }
  return new Problem(status, details);
}
