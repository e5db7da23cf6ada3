// A real SMTP server that delivers nowhere: what it takes lands in the mailbox.
//
// STARTTLS comes first (RFC 3207: 530 before it), nobody signs in, a mail is at most 256 KiB for at most 20
// recipients.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Config } from '../common/config.ts';
import { errorName, type Log } from '../common/log.ts';
import type { Mailbox } from './mailbox.ts';

export const maxMailBytes = 256 * 1024;
const maxRecipients = 20;

type Done = (error?: Error | null) => void;

export class MailCatcher {
  readonly #server: SMTPServer;
  readonly #mailbox: Mailbox;
  readonly #log: Log;
  readonly #listen: Config['smtp']['listen'];

  constructor(config: Config['smtp'], mailbox: Mailbox, log: Log) {
    this.#mailbox = mailbox;
    this.#log = log;
    this.#listen = config.listen;
    this.#server = new SMTPServer({
      name: 'mail.localhost',
      banner: 'Karv sandbox',
      cert: readFileSync(config.cert),
      key: readFileSync(config.key),
      minVersion: 'TLSv1.2',
      secure: false,
      authOptional: true,
      disabledCommands: ['AUTH'],
      disableReverseLookup: true,
      size: maxMailBytes,
      maxClients: 100,
      socketTimeout: 30_000,
      closeTimeout: 2_000,
      logger: false,
      onMailFrom: (_address, session, done) => done(session.secure ? null : needTls()),
      onRcptTo: (_address, session, done) => {
        const full = session.envelope.rcptTo.length >= maxRecipients;
        done(full ? refusal(452, 'Too many recipients') : null);
      },
      onData: (stream, session, done) => void this.#take(stream, session, done),
    });
    this.#server.on('error', (error) => this.#log('mail.connection_error', { error: errorName(error) }));
  }

  async start(): Promise<number> {
    const { server } = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      this.#server.listen(this.#listen.port, this.#listen.host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #take(stream: SMTPServerDataStream, session: SMTPServerSession, done: Done): Promise<void> {
    try {
      const raw = await readLimited(stream);
      if (raw === null || stream.sizeExceeded) {
        this.#log('mail.refused', { reason: 'too_large' });
        done(refusal(552, 'The mail is larger than this server takes'));
        return;
      }
      const { mailFrom, rcptTo } = session.envelope;
      this.#mailbox.add({
        to: rcptTo.map((recipient) => recipient.address),
        from: mailFrom === false ? '' : mailFrom.address,
        raw,
      });
      this.#log('mail.received', { bytes: raw.length });
      done();
    } catch (error) {
      this.#log('mail.failed', { error: errorName(error) });
      done(refusal(451, 'The mail could not be taken'));
    }
  }
}

/** Reads to the end whatever happens (the protocol needs it), keeping nothing beyond the limit. */
async function readLimited(stream: SMTPServerDataStream): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxMailBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > maxMailBytes ? null : Buffer.concat(chunks);
}

function needTls(): Error {
  return refusal(530, 'Must issue a STARTTLS command first');
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
