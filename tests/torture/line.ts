// The shop's line to Karv: HTTPS with few words, because thousands of calls are made. (The functional tests hold the
// same calls against api-spec.)
import { Agent, request } from 'node:https';
import type { Installation } from './installation.ts';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** No answer, or not a whole one. */
export class Broken extends Error {}

export class Line {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #authorization: string;

  constructor(installation: Installation) {
    const { base_url, username, password } = installation.merchant;
    this.#port = Number(new URL(base_url).port);
    this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    this.#agent = new Agent({ keepAlive: true, ca: installation.authority, servername: 'pay.localhost' });
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path, null, null);
  }
  post(path: string, body: unknown, key: string | null = null): Promise<Answer> {
    return this.send('POST', path, body, key);
  }

  send(method: string, path: string, body: unknown, key: string | null): Promise<Answer> {
    const text = body === null ? '' : JSON.stringify(body);
    const headers: Record<string, string> = { Authorization: this.#authorization };
    if (method !== 'GET') {
      headers['Content-Type'] = 'application/json';
      headers['Content-Length'] = String(Buffer.byteLength(text));
    }
    if (key !== null) headers['Klarna-Idempotency-Key'] = key;
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        timeout: 60_000,
        method,
        path,
        headers,
      };
      const outgoing = request(options, (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('error', (error) => reject(new Broken(error.message)));
        incoming.on('close', () => {
          if (!incoming.complete) reject(new Broken('half an answer'));
        });
        incoming.on('end', () => {
          const { statusCode, headers: answered } = incoming;
          resolve({ status: statusCode ?? 0, headers: answered, text: Buffer.concat(parts).toString() });
        });
      });
      outgoing.on('error', (error) => reject(new Broken(error.message)));
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 60 s')));
      outgoing.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
