// What a message of the acquirer must look like before anyone acts on it: fields present, times and amounts sane.
// Reads only what is not secret; the card number and the security code stay in the frame.
import { FormatError, type Message } from './iso8583.ts';
import { noPrivateData, parsePrivateData, type PrivateData } from './private_data.ts';

/** A message's class: requests and their repeats share one. */
export type MessageClass = 'hold' | 'financial' | 'completion' | 'reversal' | 'management';

/** Field 70 of a message with a network key, one of the codes for security. */
export const keyCode = '161';

/** Field 3: a purchase, what goes back of one, and what goes to a card without one (original credit). */
export const codes = { purchase: '000000', refund: '200000', payout: '260000' } as const;

interface Kind {
  readonly class: MessageClass;
  readonly answer: string;
  readonly required: readonly number[];
}

const hold = [2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 37, 41, 42, 43, 49];
const financial = [2, 3, 4, 7, 11, 18, 22, 25, 32, 37, 41, 42, 43, 48, 49];
const completion = [4, 7, 11, 37, 38, 48, 49];
const reversal = [7, 11, 37, 90];

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['010', { class: 'hold', answer: '0110', required: hold }],
  ['020', { class: 'financial', answer: '0210', required: financial }],
  ['022', { class: 'completion', answer: '0230', required: completion }],
  ['040', { class: 'reversal', answer: '0410', required: reversal }],
  ['042', { class: 'reversal', answer: '0430', required: reversal }],
  ['080', { class: 'management', answer: '0810', required: [7, 11, 70] }],
]);

/** The kind of a request; null for anything the network does not take. The last digit 1 marks a repeat. */
export function kindOf(mti: string): Kind | null {
  return mti.endsWith('0') || mti.endsWith('1') ? (kinds.get(mti.slice(0, 3)) ?? null) : null;
}

export interface Request {
  readonly mti: string;
  readonly class: MessageClass;
  readonly answerMti: string;
  readonly processingCode: string;
  readonly amount: number;
  readonly currency: string;
  readonly stan: string;
  readonly time: string;
  readonly reference: string;
  readonly approvalCode: string;
  readonly expiry: string;
  readonly networkCode: string;
  /** DE63 of a key that is handed over. */
  readonly wrappedKey: string;
  /** Message type, trace number and time of the original, from DE90. */
  readonly originalKey: string;
  readonly privateData: PrivateData;
}

/** Errors: FormatError naming the field. Pre: kindOf(message.mti) is not null. */
export function readRequest(message: Message): Request {
  const kind = kindOf(message.mti);
  if (kind === null) throw new Error('not a request');
  const { fields } = message;
  for (const number of kind.required) {
    if (!fields.has(number)) throw new FormatError(`field ${number} is missing`);
  }
  const text = (number: number): string => fields.get(number)?.toString('latin1') ?? '';
  const extra = fields.get(48);
  const request: Request = {
    mti: message.mti,
    class: kind.class,
    answerMti: kind.answer,
    processingCode: text(3),
    amount: Number(text(4)),
    currency: text(49),
    stan: text(11),
    time: text(7),
    reference: text(37),
    approvalCode: text(38),
    expiry: text(14),
    networkCode: text(70),
    wrappedKey: text(63),
    originalKey: originalKeyOf(text(90)),
    privateData: extra === undefined ? noPrivateData : parsePrivateData(extra),
  };
  checkValues(request);
  return request;
}

function checkValues(request: Request): void {
  const { privateData } = request;
  if (!/^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$/.test(request.time)) {
    throw new FormatError('field 7 is no time');
  }
  if (request.expiry !== '' && !/^\d\d(0[1-9]|1[0-2])$/.test(request.expiry))
    throw new FormatError('field 14 is no month');
  if (privateData.securityCode && (request.class !== 'hold' || privateData.initiator === 'M')) {
    throw new FormatError('a security code where no shopper is present');
  }
  if (request.class === 'completion' && privateData.original === null)
    throw new FormatError('field 48 names no original');
  const payout = request.processingCode === codes.payout;
  if (request.class === 'financial' && !payout && privateData.original === null)
    throw new FormatError('field 48 names no original');
  if (payout && privateData.original !== null) throw new FormatError('a payout names an original');
}

export function messageKey(mti: string, stan: string, time: string): string {
  return `${mti.slice(0, 3)}0|${stan}|${time}`;
}

function originalKeyOf(field: string): string {
  return field === '' ? '' : messageKey(field.slice(0, 4), field.slice(4, 10), field.slice(10, 20));
}
