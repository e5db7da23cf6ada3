// The one HTTPS server of the sandbox: turns requests into calls, answers into responses, and adds the headers that
// every page carries. Routes come from the rooms; this file knows none of them.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair, Listen } from '../common/config.ts';
import { errorName, type Log } from '../common/log.ts';
import {
  Body,
  findRoute,
  HttpError,
  json,
  maxBodyBytes,
  page,
  parseCookies,
  type Answer,
  type Call,
  type Route,
} from './http.ts';

export interface WebOptions {
  readonly listen: Listen;
  readonly keys: KeyPair;
  readonly publicUrl: URL;
  /** Where payment pages come from: the only foreign origin that scripts and frames may have. */
  readonly payOrigin: string;
  readonly routes: readonly Route[];
  readonly errorPage: (status: number, message: string) => string;
  readonly log: Log;
}

export class WebServer {
  readonly #options: WebOptions;
  readonly #server: Server;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: WebOptions) {
    this.#options = options;
    this.#headers = commonHeaders(options.payOrigin);
    this.#server = createServer(
      {
        cert: readFileSync(options.keys.cert),
        key: readFileSync(options.keys.key),
        minVersion: 'TLSv1.2',
        headersTimeout: 10_000,
        requestTimeout: 20_000,
        keepAliveTimeout: 10_000,
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = 512;
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.listen.port, this.#options.listen.host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Lets running requests end, for at most five seconds. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const hurry = setTimeout(() => this.#server.closeAllConnections(), 5000);
    await closed;
    clearTimeout(hurry);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wantsJson = asksForJson(request);
    let answer: Answer;
    try {
      answer = await this.#answer(request, wantsJson);
    } catch (error) {
      if (error instanceof CallerGone) return;
      answer = this.#failed(error, wantsJson);
    }
    if (response.destroyed) return;
    response.writeHead(answer.status, {
      ...this.#headers,
      ...(answer.type === '' ? {} : { 'Content-Type': answer.type }),
      ...(answer.status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(answer.body)) }),
      ...(answer.status === 413 ? { Connection: 'close' } : {}),
      ...answer.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  async #answer(request: IncomingMessage, wantsJson: boolean): Promise<Answer> {
    const url = this.#checkedUrl(request);
    const { route, params } = findRoute(this.#options.routes, request.method ?? '', url.pathname);
    const call: Call = {
      method: request.method ?? '',
      path: url.pathname,
      params,
      query: url.searchParams,
      cookies: parseCookies(request.headers.cookie),
      json: wantsJson,
      body: new Body(await readBody(request), request.headers['content-type'] ?? ''),
    };
    return route.handle(call);
  }

  /** Refuses names that are not ours (another name for this address could read the mail) and changes from elsewhere. */
  #checkedUrl(request: IncomingMessage): URL {
    const host = request.headers.host ?? '';
    const address = `https://${host}${request.url ?? ''}`;
    const readable = request.url?.startsWith('/') === true && URL.canParse(address);
    if (!readable) throw new HttpError(400, 'BAD_ADDRESS', 'The address cannot be read.');
    const url = new URL(address);
    const names = [this.#options.publicUrl.hostname, '127.0.0.1', 'localhost', '[::1]'];
    if (url.host !== host.toLowerCase() || !names.includes(url.hostname)) {
      throw new HttpError(421, 'WRONG_HOST', 'This server does not answer for that name.');
    }
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    const { origin } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const foreign =
      (origin !== undefined && origin !== url.origin) ||
      (site !== undefined && site !== 'same-origin' && site !== 'none');
    if (changes && foreign) throw new HttpError(403, 'CROSS_SITE', 'Another site may not change anything here.');
    return url;
  }

  #failed(error: unknown, wantsJson: boolean): Answer {
    let known: HttpError;
    if (error instanceof HttpError) known = error;
    else {
      this.#options.log('web.bug', { error: errorName(error) });
      known = new HttpError(500, 'INTERNAL_ERROR', 'Something broke in the sandbox. Its log names the kind of error.');
    }
    if (wantsJson) return json({ error: { code: known.code, message: known.message } }, known.status);
    return page(this.#options.errorPage(known.status, known.message), known.status);
  }
}

function asksForJson(request: IncomingMessage): boolean {
  const { accept = '', 'content-type': type = '' } = request.headers;
  return type.startsWith('application/json') || !accept.includes('text/html');
}

class CallerGone extends Error {}

/** The whole body. What is above the limit is read and thrown away, so that the refusal reaches the caller. */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      else reject(new HttpError(413, 'TOO_LARGE', `The body is larger than ${maxBodyBytes} bytes.`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new CallerGone()));
    request.on('close', () => reject(new CallerGone()));
  });
}

function commonHeaders(payOrigin: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${payOrigin}`,
    `frame-src ${payOrigin}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}
