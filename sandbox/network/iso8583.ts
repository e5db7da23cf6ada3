// ISO 8583:1987 in ASCII, as the card network of the sandbox speaks it.
//
// What it is: frame bytes -> message, message -> frame bytes, and nothing else. It is written from the standard's field
// table, on purpose without looking at or sharing anything with Karv's own codec, so that two wrongs cannot agree.
// What it is not: it knows no sockets, no books, and no meaning of a field.
// Secrets: the fields of a decoded message are views into the frame, never copies; whoever wipes the frame wipes them.
//
// Layout: 4 digits message type, 16 upper-case hexadecimal digits bitmap, 16 more when bit 1 is set, then the fields.

export type Alphabet = 'n' | 'an' | 'ans' | 'hex';

interface FieldSpec {
  readonly alphabet: Alphabet;
  /** Exact length, or the greatest length when `digits` is set. */
  readonly length: number;
  /** Count of decimal digits in front that tell the length: 0 (fixed), 2 or 3. */
  readonly digits: 0 | 2 | 3;
}

export interface Message {
  readonly mti: string;
  readonly fields: ReadonlyMap<number, Buffer>;
}

/** What is wrong, in words without content. `mti` and `fields` hold what was readable before the fault. */
export class FormatError extends Error {
  readonly mti: string | null;
  readonly fields: ReadonlyMap<number, Buffer>;

  constructor(message: string, mti: string | null = null, fields: ReadonlyMap<number, Buffer> = new Map()) {
    super(message);
    this.name = 'FormatError';
    this.mti = mti;
    this.fields = fields;
  }
}

export const maxFrameBytes = 2048;
export const headerBytes = 2;

// "n6" six digits; "an12" letters and digits; "ans..999" up to 999 printable characters with a length in front.
const table: Readonly<Record<number, string>> = {
  2: 'n..19', 3: 'n6', 4: 'n12', 5: 'n12', 6: 'n12', 7: 'n10', 8: 'n8', 9: 'n8',
  10: 'n8', 11: 'n6', 12: 'n6', 13: 'n4', 14: 'n4', 15: 'n4', 16: 'n4', 17: 'n4', 18: 'n4', 19: 'n3',
  20: 'n3', 21: 'n3', 22: 'n3', 23: 'n3', 24: 'n3', 25: 'n2', 26: 'n2', 27: 'n1', 28: 'ans9', 29: 'ans9',
  30: 'ans9', 31: 'ans9', 32: 'n..11', 33: 'n..11', 34: 'ans..28', 35: 'ans..37', 36: 'ans...104', 37: 'an12',
  38: 'an6', 39: 'an2', 40: 'an3', 41: 'ans8', 42: 'ans15', 43: 'ans40', 44: 'ans..99', 45: 'ans..76',
  46: 'ans...999', 47: 'ans...999', 48: 'ans...999', 49: 'n3', 50: 'n3', 51: 'n3', 52: 'hex16', 53: 'n16',
  54: 'ans...120', 55: 'ans...999', 56: 'ans...999', 57: 'ans...999', 58: 'ans...999', 59: 'ans...999',
  60: 'ans...999', 61: 'ans...999', 62: 'ans...999', 63: 'ans...999', 64: 'hex16',
  70: 'n3', 90: 'n42', 95: 'an42',
}; // prettier-ignore

const specs: ReadonlyMap<number, FieldSpec> = new Map(
  Object.entries(table).map(([number, text]) => [Number(number), parseSpec(text)]),
);

function parseSpec(text: string): FieldSpec {
  const match = /^(n|ans|an|hex)(\.{0,3})(\d+)$/.exec(text);
  if (match === null) throw new Error(`bad field description ${text}`);
  const dots = match[2]?.length ?? 0;
  return { alphabet: match[1] as Alphabet, length: Number(match[3]), digits: dots === 0 ? 0 : (dots as 2 | 3) };
}

/** Reads one message (without its length header). Errors: FormatError. */
export function decode(bytes: Buffer): Message {
  if (bytes.length < 20) throw new FormatError('shorter than a message type and a bitmap');
  if (!allowed(bytes.subarray(0, 4), 'n')) throw new FormatError('message type is not four digits');
  const mti = bytes.toString('latin1', 0, 4);
  const fields = new Map<number, Buffer>();
  const fail = (what: string): never => {
    throw new FormatError(what, mti, fields);
  };
  let at = 4;
  const numbers: number[] = [];
  for (let half = 0; half < 2; half++) {
    const bitmap = bytes.subarray(at, at + 16);
    if (bitmap.length < 16 || !allowed(bitmap, 'hex')) fail('bitmap is not sixteen hexadecimal digits');
    at += 16;
    numbers.push(...bitsOf(bitmap).map((bit) => bit + half * 64));
    if (half === 0 && numbers[0] !== 1) break;
  }
  for (const number of numbers) {
    if (number === 1) continue;
    const spec = specs.get(number) ?? fail(`field ${number} is not in use`);
    let length = spec.length;
    if (spec.digits > 0) {
      const prefix = bytes.subarray(at, at + spec.digits);
      if (prefix.length < spec.digits || !allowed(prefix, 'n')) fail(`field ${number} has no length`);
      length = Number(prefix.toString('latin1'));
      if (length > spec.length) fail(`field ${number} is longer than ${spec.length}`);
      at += spec.digits;
    }
    const value = bytes.subarray(at, at + length);
    if (value.length < length) fail(`field ${number} is cut off`);
    if (!allowed(value, spec.alphabet)) fail(`field ${number} holds a character that it must not`);
    fields.set(number, value);
    at += length;
  }
  if (at !== bytes.length) fail('bytes after the last field');
  return { mti, fields };
}

/** Writes one frame, its length header included. Fixed numeric fields are filled with zeros on the left, others with
 *  spaces on the right. Errors: FormatError for what the field table does not allow. */
export function encode(mti: string, fields: ReadonlyMap<number, string | Buffer>): Buffer {
  if (!/^\d{4}$/.test(mti)) throw new FormatError('message type is not four digits');
  const numbers = [...fields.keys()].sort((a, b) => a - b);
  const last = numbers.at(-1) ?? 0;
  const bits = Buffer.alloc(last > 64 ? 16 : 8);
  if (last > 64) bits[0] = 0x80;
  const parts: Buffer[] = [];
  for (const number of numbers) {
    const spec = specs.get(number);
    const value = fields.get(number);
    if (spec === undefined || value === undefined) throw new FormatError(`field ${number} is not in use`);
    bits[(number - 1) >> 3] = (bits[(number - 1) >> 3] ?? 0) | (0x80 >> ((number - 1) & 7));
    parts.push(encodeField(number, spec, Buffer.isBuffer(value) ? value : Buffer.from(value, 'latin1')));
  }
  const body = Buffer.concat([Buffer.from(mti + bits.toString('hex').toUpperCase(), 'latin1'), ...parts]);
  if (body.length > maxFrameBytes) throw new FormatError(`longer than ${maxFrameBytes} bytes`);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(body.length);
  return Buffer.concat([header, body]);
}

function encodeField(number: number, spec: FieldSpec, value: Buffer): Buffer {
  if (value.length > spec.length) throw new FormatError(`field ${number} is longer than ${spec.length}`);
  if (!allowed(value, spec.alphabet)) throw new FormatError(`field ${number} holds a character that it must not`);
  if (spec.digits > 0) {
    return Buffer.concat([Buffer.from(String(value.length).padStart(spec.digits, '0'), 'latin1'), value]);
  }
  if (value.length === spec.length) return value;
  const padding = Buffer.alloc(spec.length - value.length, spec.alphabet === 'n' ? '0' : ' ');
  if (spec.alphabet === 'hex') throw new FormatError(`field ${number} is shorter than ${spec.length}`);
  return spec.alphabet === 'n' ? Buffer.concat([padding, value]) : Buffer.concat([value, padding]);
}

function bitsOf(bitmap: Buffer): number[] {
  const bytes = Buffer.from(bitmap.toString('latin1'), 'hex');
  const bits: number[] = [];
  for (let bit = 1; bit <= 64; bit++) {
    if (((bytes[(bit - 1) >> 3] ?? 0) & (0x80 >> ((bit - 1) & 7))) !== 0) bits.push(bit);
  }
  return bits;
}

function allowed(bytes: Buffer, alphabet: Alphabet): boolean {
  return bytes.every((byte) => {
    const digit = byte >= 0x30 && byte <= 0x39;
    switch (alphabet) {
      case 'n':
        return digit;
      case 'hex':
        return digit || (byte >= 0x41 && byte <= 0x46);
      case 'an':
        return digit || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x20;
      case 'ans':
        return byte >= 0x20 && byte <= 0x7e;
      default:
        return alphabet satisfies never;
    }
  });
}
