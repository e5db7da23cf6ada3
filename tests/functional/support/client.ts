// A merchant's HTTP client that sees what real ones see: header names as they were sent. Every exchange is held against
// api-spec.
import { Agent, request, type RequestOptions } from 'node:https';
import { holdAgainstContract, type Expectation } from './contract.ts';
import type { Credentials } from './system.ts';

export interface Sending extends Expectation {
  readonly body?: unknown;
  /** The body as it goes out, instead of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: no credentials at all. */
  readonly credentials?: Credentials | null;
}

export class Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;

  constructor(status: number, headers: ReadonlyMap<string, string>, text: string) {
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  json<T>(): T {
    return JSON.parse(this.text) as T;
  }

  /** Pre: an error of the merchant API. */
  get error(): { readonly error_code: string; readonly error_messages: string[]; readonly correlation_id: string } {
    if (this.status < 400) throw new Error(`${this.status} is no error: ${this.text}`);
    return this.json();
  }

  header(name: string): string {
    const value = this.headers.get(name);
    if (value === undefined) throw new Error(`no header ${name}; there are ${[...this.headers.keys()].join(', ')}`);
    return value;
  }
}

/** A running Karv, however it was started. */
export interface Reachable {
  readonly addresses: { readonly base_url: string };
  readonly merchant: Credentials;
  readonly authority: Buffer;
}

export class Client {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #credentials: Credentials;

  /** `port`: of another door to the same Karv; else its own. */
  constructor(system: Reachable, credentials: Credentials = system.merchant, port?: number) {
    this.#port = port ?? Number(new URL(system.addresses.base_url).port);
    this.#agent = new Agent({ keepAlive: true, ca: system.authority, servername: 'pay.localhost' });
    this.#credentials = credentials;
  }

  get(path: string, sending: Sending = {}): Promise<Answer> {
    return this.send('GET', path, sending);
  }
  post(path: string, body?: unknown, sending: Sending = {}): Promise<Answer> {
    return this.send('POST', path, body === undefined ? sending : { ...sending, body });
  }
  patch(path: string, body?: unknown, sending: Sending = {}): Promise<Answer> {
    return this.send('PATCH', path, body === undefined ? sending : { ...sending, body });
  }
  delete(path: string, sending: Sending = {}): Promise<Answer> {
    return this.send('DELETE', path, sending);
  }

  async send(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const body = sending.raw ?? (sending.body === undefined ? '' : JSON.stringify(sending.body));
    const credentials = sending.credentials === undefined ? this.#credentials : sending.credentials;
    const headers: Record<string, string> = { 'Content-Type': 'application/json', ...sending.headers };
    if (body.length > 0 || method === 'POST' || method === 'PATCH') {
      headers['Content-Length'] = String(Buffer.byteLength(body));
    }
    if (credentials !== null) {
      const text = `${credentials.username}:${credentials.password}`;
      headers['Authorization'] = `Basic ${Buffer.from(text).toString('base64')}`;
    }
    const answer = await this.#exchange({ method, path, headers }, body);
    holdAgainstContract(
      {
        method,
        path,
        requestHeaders: new Map(Object.entries(headers)),
        requestBody: body.toString(),
        status: answer.status,
        headers: answer.headers,
        body: answer.text,
      },
      sending,
    );
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(options: RequestOptions, body: string | Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.#port, agent: this.#agent, timeout: 60_000, ...options },
        (incoming) => {
          const headers = new Map<string, string>();
          for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
            headers.set(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '');
          }
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve(new Answer(incoming.statusCode ?? 0, headers, Buffer.concat(parts).toString())),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within 60 s to ${options.path}`)));
      outgoing.end(body);
    });
  }
}
