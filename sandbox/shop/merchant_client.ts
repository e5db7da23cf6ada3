// The shop's line to Karv's merchant API: HTTPS with a pinned authority, HTTP Basic, a deadline, errors in words.
//
// It connects to the address of `base_url` and verifies the name of `public_base_url`, because names under .localhost
// resolve in browsers only. The password is read from its file for each call, so that it can be changed under way.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { Config } from '../common/config.ts';
import { errorName } from '../common/log.ts';

const deadlineMs = 15_000;
const maxAnswerBytes = 1 << 20;

export interface MerchantCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** The same key with the same body happens once. */
  readonly idempotencyKey?: string;
}

export interface MerchantAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; null when there is none. */
  readonly body: unknown;
}

/** No answer came: whether the call took effect is not known. */
export class Unreachable extends Error {}

export class MerchantClient {
  readonly #config: Config['merchant'];
  readonly #agent: Agent;
  readonly #deadlineMs: number;

  constructor(config: Config['merchant'], options: { readonly deadlineMs?: number } = {}) {
    this.#config = config;
    this.#deadlineMs = options.deadlineMs ?? deadlineMs;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 16,
      ca: readFileSync(config.caFile),
      servername: config.publicBaseUrl.hostname,
      minVersion: 'TLSv1.2',
    });
  }

  /** Errors: Unreachable. Any status is an answer. */
  async call(call: MerchantCall): Promise<MerchantAnswer> {
    const password = await this.#password();
    const headers: Record<string, string> = {
      Authorization: `Basic ${Buffer.from(`${this.#config.username}:${password}`).toString('base64')}`,
    };
    if (call.idempotencyKey !== undefined) headers['Klarna-Idempotency-Key'] = call.idempotencyKey;
    return this.#send(call, headers);
  }

  /** A file that anyone may read, such as the published integrity values. */
  async getPublic(path: string): Promise<MerchantAnswer> {
    return this.#send({ method: 'GET', path }, {});
  }

  close(): void {
    this.#agent.destroy();
  }

  async #password(): Promise<string> {
    try {
      return (await readFile(this.#config.passwordFile, 'utf8')).trim();
    } catch {
      throw new Unreachable('The shop cannot read the file with its API password.');
    }
  }

  #send(call: MerchantCall, headers: Record<string, string>): Promise<MerchantAnswer> {
    const { baseUrl, publicBaseUrl } = this.#config;
    const body = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body));
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(new Unreachable(explain(error)));
      const outgoing = request(
        {
          agent: this.#agent,
          host: baseUrl.hostname,
          port: baseUrl.port === '' ? 443 : Number(baseUrl.port),
          method: call.method,
          path: call.path,
          signal: AbortSignal.timeout(this.#deadlineMs),
          headers: {
            Host: publicBaseUrl.host,
            Accept: 'application/json',
            ...(call.method === 'GET'
              ? {}
              : { 'Content-Type': 'application/json', 'Content-Length': body?.length ?? 0 }),
            ...headers,
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          incoming.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > maxAnswerBytes) outgoing.destroy(new Error('answer too large'));
            else chunks.push(chunk);
          });
          incoming.on('error', fail);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parseBody(text) });
          });
        },
      );
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }
}

function parseBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function explain(error: unknown): string {
  switch (errorName(error)) {
    case 'ECONNREFUSED':
      return 'Karv is not running: nobody listens at its address.';
    case 'ABORT_ERR':
    case 'TimeoutError':
      return 'Karv did not answer in time.';
    case 'ECONNRESET':
      return 'Karv hung up before it answered.';
    default:
      return `Karv could not be reached (${errorName(error)}).`;
  }
}

/** What an answer says, in one line for people: the error's own words where it has some. */
export function describe(answer: MerchantAnswer): string {
  if (answer.status >= 200 && answer.status < 300) return `${answer.status}`;
  const {
    error_code: code,
    error_messages: messages,
    correlation_id: id,
  } = (answer.body ?? {}) as Record<string, unknown>;
  const words = Array.isArray(messages) ? messages.filter((one) => typeof one === 'string').join(' ') : '';
  const parts = [String(answer.status), typeof code === 'string' ? code : '', words];
  if (typeof id === 'string') parts.push(`(correlation id ${id})`);
  return parts.filter((part) => part !== '').join(' ');
}
