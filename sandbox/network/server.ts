// The card network's door: TLS 1.3, a client certificate of the acquirer's vault, length-prefixed frames.
//
// It hangs up on what it cannot understand, on a frame that does not arrive in time, on silence, and on a peer that
// does not read. It keeps no bytes: every chunk and frame is wiped as soon as it has been read.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Config } from '../common/config.ts';
import { errorName, type Log } from '../common/log.ts';
import { Cryptograms } from './cryptograms.ts';
import { FrameReader } from './frames.ts';
import { FormatError } from './iso8583.ts';
import { Issuer, type Reply } from './issuer.ts';

const frameDeadlineMs = 10_000;
const silenceMs = 300_000;
const maxUnreadBytes = 1 << 20;
const maxConnections = 64;

export interface NetworkOptions {
  readonly log: Log;
  readonly issuer?: Issuer;
  readonly frameDeadlineMs?: number;
}

export class CardNetwork {
  readonly issuer: Issuer;
  /** How long after its request a late answer is sent. */
  lateMs = 12_000;
  readonly #log: Log;
  readonly #frameDeadlineMs: number;
  readonly #server: Server;
  readonly #open = new Set<TLSSocket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #listen: Config['network']['listen'];

  constructor(config: Config['network'], options: NetworkOptions) {
    this.#listen = config.listen;
    this.#log = options.log;
    this.#frameDeadlineMs = options.frameDeadlineMs ?? frameDeadlineMs;
    this.issuer = options.issuer ?? new Issuer(new Cryptograms(readFileSync(config.cryptogramKey)));
    this.#server = createServer(
      {
        cert: readFileSync(config.cert),
        key: readFileSync(config.key),
        ca: readFileSync(config.clientCa),
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
        handshakeTimeout: 10_000,
      },
      (socket) => this.#accept(socket),
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on('tlsClientError', (error) => this.#log('network.handshake_failed', { error: errorName(error) }));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#listen.port, this.#listen.host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  get connections(): number {
    return this.#open.size;
  }

  #accept(socket: TLSSocket): void {
    const name = socket.getPeerCertificate().subject?.CN;
    if (name !== 'karv-vault') {
      this.#log('network.stranger_refused');
      socket.destroy();
      return;
    }
    const reader = new FrameReader();
    let deadline: NodeJS.Timeout | undefined;
    this.#open.add(socket);
    this.#log('network.connected', { connections: this.#open.size });
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#log('network.connection_error', { error: errorName(error) }));
    socket.on('close', () => {
      clearTimeout(deadline);
      reader.wipe();
      this.#open.delete(socket);
      this.#log('network.disconnected', { connections: this.#open.size });
    });
    socket.on('data', (chunk: Buffer) => {
      let ended = false;
      const understood = reader.push(chunk, (frame) => {
        ended = true;
        this.#frame(socket, frame);
      });
      if (!understood) this.#hangUp(socket, 'frame_length');
      if (ended || !reader.partial) {
        clearTimeout(deadline);
        deadline = undefined;
      }
      // One deadline per frame: dripping bytes does not move it.
      if (reader.partial) deadline ??= setTimeout(() => this.#hangUp(socket, 'frame_too_slow'), this.#frameDeadlineMs);
    });
  }

  #hangUp(socket: TLSSocket, reason: string): void {
    this.#log('network.hung_up', { reason });
    socket.destroy();
  }

  #frame(socket: TLSSocket, frame: Buffer): void {
    if (socket.destroyed) return;
    try {
      const reply = this.issuer.receive(frame);
      if (reply !== null) this.#deliver(socket, reply);
    } catch (error) {
      if (error instanceof FormatError) this.#hangUp(socket, 'not_understood');
      else {
        this.#log('network.bug', { error: errorName(error) });
        socket.destroy();
      }
    }
  }

  #deliver(socket: TLSSocket, reply: Reply): void {
    switch (reply.delivery) {
      case 'never':
        return;
      case 'late': {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          this.#send(socket, reply);
        }, this.lateMs);
        this.#timers.add(timer);
        return;
      }
      case 'twice':
        this.#send(socket, reply);
        this.#send(socket, reply);
        return;
      case 'now':
        this.#send(socket, reply);
        return;
      default:
        throw new Error(`no such delivery: ${String(reply.delivery satisfies never)}`);
    }
  }

  /** A late answer whose connection is gone takes the acquirer's newest one, as a network's line would. */
  #send(socket: TLSSocket, reply: Reply): void {
    const target = socket.writable ? socket : [...this.#open].findLast((one) => one.writable);
    if (target === undefined) return;
    if (target.writableLength > maxUnreadBytes) {
      this.#hangUp(target, 'peer_does_not_read');
      return;
    }
    target.write(reply.frame);
    reply.sent();
  }
}
