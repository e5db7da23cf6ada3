// The smallest HTTPS client a test needs: one call, the whole answer, the test's own authority.
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; only for answers that have one. */
  readonly json: () => unknown;
}

export interface TestCall {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export class TestClient {
  readonly #port: number;
  readonly #ca: Buffer;
  readonly #name: string;

  constructor(port: number, ca: string, name = 'shop.localhost') {
    this.#port = port;
    this.#ca = readFileSync(ca);
    this.#name = name;
  }

  call({ method = 'GET', path, body, headers = {} }: TestCall): Promise<TestAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          servername: this.#name,
          agent: false, // a line of its own: one that is kept may be closed just when it is used again
          ca: this.#ca,
          method,
          path,
          headers: { Host: `${this.#name}:${this.#port}`, ...headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              json: () => JSON.parse(text) as unknown,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  get(path: string): Promise<TestAnswer> {
    return this.call({ path });
  }

  post(path: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
    return this.call({
      method: 'POST',
      path,
      body: JSON.stringify(value),
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  }
}
