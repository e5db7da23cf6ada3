// Posts the card to the vault that served this page. The values pass through and are not kept.

export interface CardAnswer {
  brand: string;
  last4: string;
  expiry: string;
}

export interface CardEntry {
  ticket: string;
  number: string;
  expiry_month: number;
  expiry_year: number;
  code: string;
  name: string;
}

export class CardRefused extends Error {
  readonly code: string;
  /** One code for each field that is wrong, in the order of the form; none when no field is to blame. */
  readonly field_codes: readonly string[];
  constructor(code: string, field_codes: readonly string[] = []) {
    super(code);
    this.code = code;
    this.field_codes = field_codes;
  }
}

const kTimeoutMs = 15_000;

function isAnswer(body: unknown): body is CardAnswer {
  const answer = body as Partial<CardAnswer> | null;
  return typeof answer?.brand === 'string' && /^\d{4}$/.test(answer.last4 ?? '') && typeof answer.expiry === 'string';
}

function fieldCodesOf(body: unknown): string[] {
  const errors = (body as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(errors)) return [];
  return errors.map((error: { code?: unknown } | null) => error?.code).filter((code) => typeof code === 'string');
}

/** Errors: CardRefused with the vault's code, or UNREACHABLE. */
export async function postCard(entry: CardEntry): Promise<CardAnswer> {
  let status: number;
  let body: unknown;
  try {
    const response = await fetch('/frame/v1/card', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(entry),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(kTimeoutMs),
    });
    status = response.status;
    body = await response.json();
  } catch {
    throw new CardRefused('UNREACHABLE');
  }
  if (status === 200 && isAnswer(body)) return body;
  const code = (body as { code?: unknown } | null)?.code;
  if (status < 400 || status >= 500 || typeof code !== 'string') throw new CardRefused('UNREACHABLE');
  throw new CardRefused(code, fieldCodesOf(body));
}
