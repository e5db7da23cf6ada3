// What the page says to the vault that served it. Nothing is kept: no cookie, no storage.

export interface RequestView {
  readonly request: string;
  readonly words: string;
  readonly requester: string;
  readonly state: 'requested' | 'approved' | 'refused' | 'expired' | 'used';
  readonly looks_left: number;
  readonly expires_at: number;
}
export interface StaffView {
  readonly name: string;
  readonly clearance: string;
  readonly review_due: number;
  readonly mine: readonly RequestView[];
  readonly to_decide: readonly RequestView[];
}
export interface ShownCard {
  readonly level: string;
  readonly brand: string;
  readonly number: string;
  readonly expiry: string;
  readonly hide_at: number;
  readonly looks_left: number;
}
export interface Enrolment {
  readonly name: string;
  readonly clearance: string;
  readonly challenge: string;
  readonly user_handle: string;
}
export interface SignedWords {
  readonly words: string;
  readonly credential: string;
  readonly client_data: string;
  readonly authenticator_data: string;
  readonly signature: string;
  readonly user_handle?: string;
}

/** What the vault refused: its code, and its sentence for people. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

const kTimeoutMs = 15_000;

async function answerOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  if (response.ok) return body;
  const problem = body as { code?: string; detail?: string } | null;
  throw new Refused(problem?.code ?? '', problem?.detail ?? 'The vault refused this.');
}

/** Errors: Refused; UNREACHABLE when there is no answer. */
async function send(path: string, body?: unknown): Promise<unknown> {
  const settings: RequestInit = {
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(kTimeoutMs),
  };
  if (body !== undefined) {
    settings.method = 'POST';
    settings.headers = { 'Content-Type': 'application/json' };
    settings.body = JSON.stringify(body);
  }
  try {
    return await answerOf(await fetch(`/staff/v1/${path}`, settings));
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused('UNREACHABLE', 'The vault did not answer. Try again.');
  }
}

/** The vault's time, in milliseconds since 1970. */
export async function vaultNow(): Promise<number> {
  return ((await send('now')) as { now: number }).now;
}
export async function findEnrolment(link: string): Promise<Enrolment> {
  return (await send('enrolments/find', { link })) as Enrolment;
}
export async function enrol(link: string, client_data: string, attestation: string): Promise<{ passkey: string }> {
  return (await send('enrolments', { link, client_data, attestation })) as { passkey: string };
}
export async function ask(signed: SignedWords): Promise<RequestView> {
  return (await send('requests', signed)) as RequestView;
}
export async function list(signed: SignedWords): Promise<StaffView> {
  return (await send('list', signed)) as StaffView;
}
export async function approve(signed: SignedWords): Promise<RequestView> {
  return (await send('approvals', signed)) as RequestView;
}
export async function refuse(signed: SignedWords): Promise<RequestView> {
  return (await send('refusals', signed)) as RequestView;
}
export async function look(signed: SignedWords): Promise<ShownCard> {
  return (await send('looks', signed)) as ShownCard;
}
