// A stand-in for Karv's merchant API, for the shop's tests only: it answers what it is told to and remembers what it
// was asked. What it is not: an implementation of anything; the purchase against the real server is tested elsewhere.
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Leaf } from './certificates.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Told {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes the request and hangs up instead of answering. */
  readonly hangUp?: boolean;
}

export class FakeKarv {
  readonly asked: Asked[] = [];
  /** What to answer; null for 404. */
  answer: (asked: Asked) => Told | null = () => null;
  readonly #server: Server;

  constructor(keys: Leaf) {
    this.#server = createServer({ cert: readFileSync(keys.cert), key: readFileSync(keys.key) }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const asked: Asked = {
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body: text === '' ? null : (JSON.parse(text) as unknown),
        };
        this.asked.push(asked);
        const told = this.answer(asked) ?? {
          status: 404,
          body: { error_code: 'NOT_FOUND', error_messages: ['Not here'], correlation_id: 'c1' },
        };
        if (told.hangUp === true) {
          request.socket.destroy();
          return;
        }
        response.writeHead(told.status, { 'Content-Type': 'application/json', ...told.headers });
        response.end(told.body === undefined ? undefined : JSON.stringify(told.body));
      });
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
