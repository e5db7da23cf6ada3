// The issuer behind the card network: takes one message, updates the books, says what to answer and how.
//
// What it is not: it has no sockets and no timers; the server carries out `Delivery`. Everything it keeps is free of
// card numbers, codes and expiries. It is done with the frame when `receive` returns.
// Behaviours: a card that never answers, answers late or twice is booked like one that approves, because that is what
// makes a lost answer dangerous: money is held until the acquirer reverses it.
import { createHash, randomInt } from 'node:crypto';
import { Books, type BookAnswer, type NewOperation, type Quoted } from './books.ts';
import { BoundedMap } from '../common/bounded_map.ts';
import { CardDirectory, type Behaviour, type Card } from './cards.ts';
import type { Cryptograms, Fault } from './cryptograms.ts';
import { decode, encode, FormatError, type Message } from './iso8583.ts';
import { Journal, type JournalLine } from './journal.ts';
import { codes, keyCode, kindOf, messageKey, readRequest, type Request } from './rules.ts';

type ResponseCode = BookAnswer | '05' | '51' | '54' | '14' | '30' | '63';
type Delivery = 'now' | 'twice' | 'late' | 'never';

export interface Reply {
  readonly frame: Buffer;
  readonly delivery: Delivery;
  /** To be called when the answer has been handed to the connection. */
  readonly sent: () => void;
}

interface Decision {
  readonly code: ResponseCode;
  readonly approvalCode?: string;
  readonly fault?: Fault;
  readonly delivery?: Delivery;
}

interface Remembered {
  readonly digest: string;
  readonly frame: Buffer;
  readonly delivery: Delivery;
  delivered: boolean;
}

/** Echoed from the request; never the card number, the expiry or DE48. */
const echoed = [3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 70];

export class Issuer {
  readonly cards = new CardDirectory();
  readonly books = new Books();
  readonly journal = new Journal();
  readonly #answers = new BoundedMap<string, Remembered>(100_000);
  readonly #cryptograms: Cryptograms;
  readonly #now: () => Date;

  constructor(cryptograms: Cryptograms, now: () => Date = () => new Date()) {
    this.#cryptograms = cryptograms;
    this.#now = now;
  }

  /** Errors: FormatError when not even the message type is understood; the connection is then of no use.
   *  Null: nothing is to be answered. */
  receive(frame: Buffer): Reply | null {
    let message: Message = { mti: '', fields: new Map() };
    let request: Request;
    try {
      message = decode(frame);
      if (kindOf(message.mti) === null) throw new FormatError('a message type the network does not take');
      request = readRequest(message);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return this.#refuseFormat(error, error.mti === null ? message : { mti: error.mti, fields: error.fields });
    }
    if (request.class === 'management') return this.#manage(request, message);
    const pan = message.fields.get(2) ?? null;
    const card = pan === null ? null : this.cards.find(pan);
    const repeatKey = `${request.mti.slice(0, 3)}|${request.reference}|${request.stan}`;
    const digest = digestOf(request, pan === null ? '' : this.cards.fingerprint(pan));
    const earlier = this.#answers.get(repeatKey);
    this.#noteIn(request, card, earlier !== undefined);
    if (earlier !== undefined) return this.#repeat(request, message, earlier, digest);
    const decision = this.#decide(request, message, card);
    const answer: Remembered = {
      digest,
      frame: answerFrame(request.answerMti, message, decision),
      delivery: decision.delivery ?? 'now',
      delivered: false,
    };
    this.#answers.set(repeatKey, answer);
    return this.#reply(request, card, answer, decision);
  }

  #decide(request: Request, message: Message, card: Card | null): Decision {
    const { original } = request.privateData;
    const pan = message.fields.get(2) ?? null;
    const fingerprint = pan === null ? null : this.cards.fingerprint(pan);
    switch (request.class) {
      case 'reversal':
        return { code: this.books.postReversal(request.originalKey, fingerprint) };
      case 'completion': {
        if (!this.books.isFree(request.reference)) return { code: '94' };
        const held = this.books.fingerprintOf(original ?? '');
        if (held !== undefined && this.cards.refusesCompletions(held)) return { code: '05' };
        const quoted = { reference: original ?? '', currency: request.currency, amount: request.amount, fingerprint };
        return { code: this.books.postCompletion(operationOf(request, null, ''), quoted, request.approvalCode) };
      }
      case 'hold':
      case 'financial':
        return pan === null || card === null ? { code: '14' } : this.#decideUse(request, message, pan, card);
      default:
        throw new Error(`no rule for ${request.class}`);
    }
  }

  #decideUse(request: Request, message: Message, pan: Buffer, card: Card): Decision {
    const fault = this.#cryptograms.use(request, message, card.fingerprint);
    return fault === null ? this.#decideCard(request, pan, card) : { code: '63', fault };
  }

  #decideCard(request: Request, pan: Buffer, card: Card): Decision {
    if (!this.books.isFree(request.reference)) return { code: '94' };
    const key = messageKey(request.mti, request.stan, request.time);
    if (this.books.wasOvertaken(key)) return { code: '12' };
    const financial = request.class === 'financial';
    const refund = financial && request.processingCode === codes.refund;
    const payout = financial && request.processingCode === codes.payout;
    if (!refund && !payout && request.processingCode !== codes.purchase) return { code: '12' };
    if (financial && !refund && request.privateData.initiator !== 'M') return { code: '12' };
    if (financial && request.amount === 0) return { code: '13' };
    const behaviour = this.cards.behaviourNow(pan, card);
    const operation = operationOf(request, card, approvalCode());
    const delivery = deliveryOf(behaviour);
    if (refund) return this.#refund(request, card, operation, delivery);
    const declined = expired(request.expiry, this.#now()) ? '54' : declineOf(behaviour, financial && !payout);
    if (declined !== null) {
      this.books.noteDeclined(operation, payout ? 'payout' : financial ? 'charge' : 'hold');
      return { code: declined };
    }
    if (payout) this.books.postPayout(operation);
    else if (request.class === 'hold') this.books.postHold(operation);
    else this.books.postCharge(operation);
    return { code: '00', approvalCode: operation.approvalCode, delivery };
  }

  #refund(request: Request, card: Card, operation: NewOperation, delivery: Delivery): Decision {
    const quoted: Quoted = {
      reference: request.privateData.original ?? '',
      currency: request.currency,
      amount: request.amount,
      fingerprint: card.fingerprint,
    };
    const code = this.books.decideRefund(quoted);
    if (code !== '00') {
      this.books.noteDeclined(operation, 'refund');
      return { code };
    }
    this.books.postRefund(operation, quoted);
    return { code, approvalCode: operation.approvalCode, delivery };
  }

  /** Same question, same answer, no second effect. Another question under the same number is refused. */
  #repeat(request: Request, message: Message, earlier: Remembered, digest: string): Reply | null {
    if (earlier.digest !== digest) {
      const decision: Decision = { code: '94' };
      const frame = answerFrame(request.answerMti, message, decision);
      return this.#reply(request, null, { digest, frame, delivery: 'now', delivered: false }, decision);
    }
    const silent = earlier.delivery === 'never' || (earlier.delivery === 'late' && !earlier.delivered);
    if (silent) return null;
    const answer = decode(earlier.frame.subarray(2));
    const code = answer.fields.get(39)?.toString('latin1') as ResponseCode;
    const approval = answer.fields.get(38)?.toString('latin1');
    const decision = approval === undefined ? { code } : { code, approvalCode: approval };
    return this.#reply(request, null, { ...earlier, delivery: 'now' }, decision);
  }

  #manage(request: Request, message: Message): Reply {
    const decision: Decision = { code: this.#decideManagement(request) };
    this.#noteIn(request, null, false);
    const frame = answerFrame(request.answerMti, message, decision);
    return this.#reply(request, null, { digest: '', frame, delivery: 'now', delivered: false }, decision);
  }

  #decideManagement({ networkCode, wrappedKey, privateData }: Request): ResponseCode {
    if (networkCode === keyCode)
      return this.#cryptograms.takeKey(wrappedKey, privateData.keyName, privateData.cryptogram);
    return ['001', '002', '301'].includes(networkCode) ? '00' : '12';
  }

  /** Answers 30 with what could be read. Errors: the same FormatError when there is no request to answer. */
  #refuseFormat(error: FormatError, readable: Message): Reply {
    const kind = kindOf(readable.mti);
    if (kind === null) throw error;
    const text = (number: number): string | null => readable.fields.get(number)?.toString('latin1') ?? null;
    const line = { ...blankLine, stan: text(11), retrieval_reference: text(37), fault: error.message };
    this.journal.add({ ...line, direction: 'in', mti: readable.mti });
    return {
      frame: answerFrame(kind.answer, readable, { code: '30' }),
      delivery: 'now',
      sent: () => this.journal.add({ ...line, direction: 'out', mti: kind.answer, response_code: '30' }),
    };
  }

  #noteIn(request: Request, card: Card | null, repeat: boolean): void {
    this.journal.add({ ...lineOf(request, card), direction: 'in', mti: request.mti, repeat });
  }

  #reply(request: Request, card: Card | null, answer: Remembered, decision: Decision): Reply {
    return {
      frame: answer.frame,
      delivery: answer.delivery,
      sent: () => {
        answer.delivered = true;
        this.journal.add({
          ...lineOf(request, card),
          direction: 'out',
          mti: request.answerMti,
          approval_code: decision.approvalCode ?? null,
          response_code: decision.code,
          fault: decision.fault ?? null,
        });
      },
    };
  }
}

type LineContent = Omit<JournalLine, 'id' | 'time' | 'direction' | 'mti'>;

const blankLine: LineContent = {
  processing_code: null,
  amount: null,
  currency: null,
  stan: null,
  retrieval_reference: null,
  original_reference: null,
  approval_code: null,
  response_code: null,
  network_code: null,
  card: null,
  repeat: false,
  fault: null,
};

function lineOf(request: Request, card: Card | null): LineContent {
  const orNull = (text: string): string | null => (text === '' ? null : text);
  return {
    ...blankLine,
    processing_code: orNull(request.processingCode),
    amount: request.currency === '' ? null : request.amount,
    currency: orNull(request.currency),
    stan: request.stan,
    retrieval_reference: orNull(request.reference),
    original_reference: request.privateData.original,
    approval_code: orNull(request.approvalCode),
    network_code: orNull(request.networkCode),
    card: card === null ? null : { brand: card.brand, last4: card.last4 },
  };
}

function operationOf(request: Request, card: Card | null, code: string): NewOperation {
  return {
    reference: request.reference,
    messageKey: messageKey(request.mti, request.stan, request.time),
    fingerprint: card?.fingerprint ?? '',
    brand: card?.brand ?? '',
    last4: card?.last4 ?? '',
    currency: request.currency,
    amount: request.amount,
    approvalCode: code,
  };
}

function answerFrame(mti: string, message: Message, decision: Decision): Buffer {
  const fields = new Map<number, string | Buffer>();
  for (const number of echoed) {
    const value = message.fields.get(number);
    if (value !== undefined) fields.set(number, value);
  }
  if (decision.approvalCode !== undefined) fields.set(38, decision.approvalCode);
  fields.set(39, decision.code);
  return encode(mti, fields);
}

function digestOf(request: Request, fingerprint: string): string {
  const { processingCode, amount, currency, originalKey, approvalCode: approval, privateData } = request;
  const { original, useNumber, cryptogram } = privateData;
  const parts = [
    ...[processingCode, amount, currency, originalKey, approval],
    ...[original, useNumber, cryptogram, fingerprint],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function deliveryOf(behaviour: Behaviour): Delivery {
  if (behaviour === 'timeout') return 'never';
  if (behaviour === 'late') return 'late';
  return behaviour === 'duplicate' ? 'twice' : 'now';
}

function declineOf(behaviour: Behaviour, charge: boolean): '05' | '51' | '54' | null {
  if (behaviour === 'decline_05') return '05';
  if (behaviour === 'decline_51' || (behaviour === 'decline_on_charge' && charge)) return '51';
  return behaviour === 'decline_54' ? '54' : null;
}

/** A card is good to the end of the month printed on it. */
function expired(expiry: string, now: Date): boolean {
  if (expiry === '') return false;
  const month = (2000 + Number(expiry.slice(0, 2))) * 12 + Number(expiry.slice(2)) - 1;
  return month < now.getUTCFullYear() * 12 + now.getUTCMonth();
}

function approvalCode(): string {
  return Array.from({ length: 6 }, () => '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'.charAt(randomInt(34))).join('');
}
