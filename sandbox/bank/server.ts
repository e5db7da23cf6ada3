// The bank's door: HTTPS with TLS 1.3 and a client certificate of the operator's vault.
//
//   POST /v1/payments              a pain.001, signed            -> 200 and a pain.002; 4xx when it is no file at all
//   GET  /v1/payments/ID/status    what became of a file         -> 200 and a pain.002; 404 for one that never came
//   GET  /v1/statements?after=N    the statement behind N        -> 200, a camt.053 and Statement-Id; 204 when there is none
// A file is taken once: the same message id again is rejected with AM05 (duplication), whatever is in it.
// The signature is Ed25519 over the body's bytes. A real bank compares the public key with a letter; this one takes the
// first that a sender shows, and refuses every other.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Config } from '../common/config.ts';
import { errorName, type Log } from '../common/log.ts';
import { Books, type FileLine } from './books.ts';
import { FileRefused, readPain001 } from './pain001.ts';
import { writePain002, type Report } from './pain002.ts';
import { XmlError } from './xml.ts';

const maxFileBytes = 128 * 1024 * 1024;
const sender = 'karv-vault';
/** The DER form of an Ed25519 public key, up to the key itself. Source: RFC 8410. */
const keyPrefix = Buffer.from('302a300506032b6570032100', 'hex');

class Refused extends Error {
  readonly status: number;
  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

export class Bank {
  readonly books = new Books();
  readonly #listen: Config['bank']['listen'];
  readonly #server: Server;
  readonly #log: Log;

  constructor(config: Config['bank'], log: Log) {
    this.#listen = config.listen;
    this.#log = log;
    this.#server = createServer(
      {
        cert: readFileSync(config.cert),
        key: readFileSync(config.key),
        ca: readFileSync(config.clientCa),
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
        requestTimeout: 300_000,
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on('tlsClientError', (error) => this.#log('bank.handshake_failed', { error: errorName(error) }));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#listen.port, this.#listen.host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if ((request.socket as TLSSocket).getPeerCertificate().subject?.CN !== sender) throw new Refused(403, 'stranger');
      const status = /^\/v1\/payments\/([\w-]{1,35})\/status$/.exec(request.url ?? '');
      if (request.method === 'GET' && status !== null) return this.#answerStatus(response, status[1] ?? '');
      const statement = /^\/v1\/statements(?:\?after=(\d{1,9}))?$/.exec(request.url ?? '');
      if (request.method === 'GET' && statement !== null) {
        return this.#answerStatement(response, Number(statement[1] ?? '0'));
      }
      if (request.method === 'POST' && request.url === '/v1/payments') return await this.#takeFile(request, response);
      throw new Refused(404, 'no such address');
    } catch (error) {
      const status = error instanceof Refused ? error.status : 500;
      this.#log('bank.refused', { status, error: errorName(error) });
      if (!response.destroyed) response.writeHead(status, { 'Content-Length': '0', Connection: 'close' }).end();
    }
  }

  #answerStatus(response: ServerResponse, messageId: string): void {
    const line = this.books.find(messageId);
    if (line === undefined) throw new Refused(404, 'no such file');
    say(response, reportOn(line));
  }

  #answerStatement(response: ServerResponse, after: number): void {
    const statement = this.books.statementAfter(after);
    if (statement === undefined) return void response.writeHead(204).end();
    sayXml(response, statement.text, { 'Statement-Id': String(statement.number) });
  }

  async #takeFile(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const behaviour = this.books.nextBehaviour();
    if (behaviour === 'drop') return void request.socket.destroy();
    if (behaviour === 'redirect') {
      request.resume();
      return void response.writeHead(307, { Location: 'https://elsewhere.example/', 'Content-Length': '0' }).end();
    }
    const body = await readBody(request);
    this.#checkSignature(request, body);
    let report: Report;
    try {
      const file = readPain001(new TextDecoder('utf-8', { fatal: true }).decode(body));
      const known = this.books.find(file.messageId);
      if (known === undefined) {
        report = reportOn(this.books.take(file, behaviour));
      } else {
        known.times += 1;
        report = { messageId: file.messageId, status: 'RJCT', reason: 'AM05', text: 'This file was here before.' };
      }
    } catch (error) {
      if (error instanceof FileRefused) {
        report = { messageId: error.messageId, status: 'RJCT', reason: error.code, text: error.message };
      } else if (error instanceof XmlError || error instanceof TypeError) {
        throw new Refused(400, 'not a file');
      } else {
        throw error;
      }
    }
    this.#log('bank.file', { status: report.status, bytes: body.length });
    if (behaviour === 'hang') return;
    if (behaviour === 'silence') return void request.socket.destroy();
    say(response, report);
  }

  #checkSignature(request: IncomingMessage, body: Buffer): void {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    if (header('content-digest') !== digest) throw new Refused(400, 'another digest');
    const key = Buffer.from(header('karv-signature-key'), 'base64');
    if (key.length !== 32) throw new Refused(401, 'no key');
    const signature = Buffer.from(header('karv-signature'), 'base64');
    const publicKey = createPublicKey({ key: Buffer.concat([keyPrefix, key]), format: 'der', type: 'spki' });
    if (!verify(null, body, publicKey, signature)) throw new Refused(401, 'a wrong signature');
    if (!this.books.knowsKey(sender, key.toString('base64'))) throw new Refused(401, 'another key');
  }
}

function reportOn(line: FileLine): Report {
  return { messageId: line.message_id, status: line.status, reason: line.reason, rejected: line.rejected };
}

function say(response: ServerResponse, report: Report): void {
  sayXml(response, writePain002(report));
}

function sayXml(response: ServerResponse, text: string, headers: Readonly<Record<string, string>> = {}): void {
  const length = String(Buffer.byteLength(text));
  response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': length, ...headers });
  response.end(text);
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxFileBytes) chunks.push(chunk);
      else reject(new Refused(413, 'too large'));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Refused(400, 'cut off')));
  });
}
