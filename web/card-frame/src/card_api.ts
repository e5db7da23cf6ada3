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
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const kTimeoutMs = 15_000;

function isAnswer(body: unknown): body is CardAnswer {
  const answer = body as Partial<CardAnswer> | null;
  return typeof answer?.brand === 'string' && /^\d{4}$/.test(answer.last4 ?? '') && typeof answer.expiry === 'string';
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
  throw new CardRefused(status >= 400 && status < 500 && typeof code === 'string' ? code : 'UNREACHABLE');
}
