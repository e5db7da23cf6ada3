// Where karv.js lies and which hash it must have, from the values that Karv publishes. Without them the page loads no
// script at all: a payment script that could be anything is worse than none.
import type { MerchantClient } from './merchant_client.ts';

const integrityPath = '/assets/karv/integrity.json';
/** The version this shop was tried with. Its file never changes; a newer one has another address. */
const version = 'v1.0.0';
const keepMs = 60_000;

export interface PaymentScript {
  readonly src: string;
  readonly integrity: string;
}

export class ScriptSource {
  readonly #client: MerchantClient;
  readonly #origin: string;
  #known: { readonly script: PaymentScript; readonly until: number } | null = null;

  constructor(client: MerchantClient, origin: string) {
    this.#client = client;
    this.#origin = origin;
  }

  /** Null when Karv does not hand the value out. Errors: Unreachable. */
  async find(): Promise<PaymentScript | null> {
    if (this.#known !== null && this.#known.until > performance.now()) return this.#known.script;
    const answer = await this.#client.getPublic(integrityPath);
    const integrity = answer.status === 200 ? integrityOf(answer.body) : null;
    if (integrity === null) return null;
    const script = { src: `${this.#origin}/assets/karv/${version}/karv.js`, integrity };
    this.#known = { script, until: performance.now() + keepMs };
    return script;
  }
}

/** The hash in {"v1.0.0": {"karv.js": "sha384-..."}}; null for anything else. */
export function integrityOf(published: unknown): string | null {
  const hash = memberOf(memberOf(published, version), 'karv.js');
  return typeof hash === 'string' && /^sha(256|384|512)-[A-Za-z0-9+/]+={0,2}$/.test(hash) ? hash : null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
