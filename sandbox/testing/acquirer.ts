// The acquirer's end of the card network in tests: raw frames over TLS, and ready-made messages.
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { decode, encode, type Message } from '../network/iso8583.ts';
import type { Leaf } from './certificates.ts';
import { stamped } from './cryptograms.ts';

export class Acquirer {
  readonly socket: TLSSocket;
  #received = Buffer.alloc(0);
  readonly #messages: Message[] = [];
  #wake: () => void = () => undefined;
  closed = false;

  constructor(port: number, ca: string, keys: Leaf | null) {
    this.socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'network.localhost',
      ca: readFileSync(ca),
      ...(keys === null ? {} : { cert: readFileSync(keys.cert), key: readFileSync(keys.key) }),
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      while (this.#received.length >= 2 && this.#received.length >= 2 + this.#received.readUInt16BE(0)) {
        const end = 2 + this.#received.readUInt16BE(0);
        this.#messages.push(decode(this.#received.subarray(2, end)));
        this.#received = this.#received.subarray(end);
      }
      this.#wake();
    });
  }

  /** Puts a cryptogram on what must carry one. */
  send(mti: string, fields: Fields): void {
    const plain = toMap(fields);
    const carries =
      /^0[12]0/.test(mti) && plain.has(2) && plain.get(3) !== '200000' && !plain.get(48)?.includes('UC28');
    this.socket.write(encode(mti, carries ? stamped(mti, plain) : plain));
  }

  /** Sends the fields as they are. */
  async askPlain(mti: string, fields: ReadonlyMap<number, string>): Promise<Answer | null> {
    this.socket.write(encode(mti, fields));
    const message = await this.next();
    return message === null ? null : answerOf(message);
  }

  /** The next message, or null when none comes in time or the connection ends. */
  async next(waitMs = 2000): Promise<Message | null> {
    const until = performance.now() + waitMs;
    while (this.#messages.length === 0 && !this.closed && performance.now() < until) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, until - performance.now());
      });
    }
    return this.#messages.shift() ?? null;
  }

  /** Sends and returns the answer's fields as text; null when there is no answer. */
  async ask(mti: string, fields: Fields, waitMs = 2000): Promise<Answer | null> {
    this.send(mti, fields);
    const message = await this.next(waitMs);
    return message === null ? null : answerOf(message);
  }

  end(): void {
    this.socket.destroy();
  }
}

export type Fields = Readonly<Record<number, string>>;

export interface Answer {
  readonly mti: string;
  readonly code: string | undefined;
  readonly approval: string | undefined;
  readonly reference: string | undefined;
  readonly numbers: readonly number[];
}

export function toMap(fields: Fields): Map<number, string> {
  return new Map(Object.entries(fields).map(([number, value]) => [Number(number), value]));
}

export function answerOf(message: Message): Answer {
  const text = (number: number): string | undefined => message.fields.get(number)?.toString('latin1');
  return {
    mti: message.mti,
    code: text(39),
    approval: text(38),
    reference: text(37),
    numbers: [...message.fields.keys()],
  };
}

let counter = 0;

/** A trace number and a reference that no other message of this run has. */
export function freshNumbers(): { readonly stan: string; readonly reference: string } {
  counter += 1;
  return { stan: String(counter).padStart(6, '0'), reference: `REF${String(counter).padStart(9, '0')}` };
}

const time = '1122170409';

function common(amount: number, numbers: { stan: string; reference: string }): Fields {
  return {
    4: String(amount), 7: time, 11: numbers.stan, 12: '170409', 13: '1122', 18: '5399', 32: '400001', 37: numbers.reference,
    41: 'KARV0001', 42: 'MERCHANT1', 43: 'NORDLYS OUTDOOR HAMBURG', 49: '978',
  }; // prettier-ignore
}

export function hold(pan: string, amount: number, numbers = freshNumbers()): Fields {
  return { ...common(amount, numbers), 2: pan, 3: '000000', 14: '3912', 22: '810', 25: '59', 48: 'CV03123IN01C' };
}

export function charge(pan: string, amount: number, original: string, numbers = freshNumbers()): Fields {
  return {
    ...common(amount, numbers),
    2: pan,
    3: '000000',
    14: '3912',
    22: '102',
    25: '08',
    48: `IN01MOR12${original}`,
  };
}

export function refund(pan: string, amount: number, original: string, numbers = freshNumbers()): Fields {
  return {
    ...common(amount, numbers),
    2: pan,
    3: '200000',
    14: '3912',
    22: '102',
    25: '08',
    48: `IN01MOR12${original}`,
  };
}

export function payout(pan: string, amount: number, numbers = freshNumbers()): Fields {
  return { ...common(amount, numbers), 2: pan, 3: '260000', 14: '3912', 22: '102', 25: '08', 48: 'IN01M' };
}

export function completion(amount: number, original: string, approval: string, numbers = freshNumbers()): Fields {
  return { ...common(amount, numbers), 3: '000000', 38: approval, 48: `OR12${original}` };
}

/** Reverses the message whose fields are given. */
export function reversal(mti: string, original: Fields, numbers = freshNumbers()): Fields {
  const data = `${mti}${original[11] ?? ''}${original[7] ?? ''}00000400001${'0'.repeat(11)}`;
  return { ...common(Number(original[4]), numbers), 3: '000000', 90: data };
}
