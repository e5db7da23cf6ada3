// The shapes in which a card number or a security code could lie around: what is searched for, as bytes.
//
// A number is sixteen digits and found wherever it is. A code has three: as bytes it is found everywhere, so it is
// searched for in the company in which it would be kept (the form's JSON, the ISO 8583 field), and in stores as a whole
// value (stores.ts).
import type { CanaryCard } from './card.ts';

export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The part of a text's base64 that does not depend on what stands around it, at each of the three alignments. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const coded = Buffer.from('\0'.repeat(shift) + text, 'latin1')
      .toString('base64')
      .replace(/=+$/, '');
    const begin = Math.ceil((shift * 8) / 6);
    const whole = Math.floor(((shift + text.length) * 8) / 6);
    const core = coded.slice(begin, whole);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** As text: plain, hexadecimal, base64, UTF-16 in both orders. */
function spellings(name: string, text: string): Needle[] {
  const hex = Buffer.from(text, 'latin1').toString('hex');
  const wide = Buffer.from(text, 'utf16le');
  const texts = [text, hex, hex.toUpperCase(), ...base64Cores(text)];
  return [
    ...texts.map((one, i) => ({ name: `${name} as text ${i}`, bytes: Buffer.from(one, 'latin1') })),
    { name: `${name} in UTF-16LE`, bytes: wide },
    { name: `${name} in UTF-16BE`, bytes: Buffer.from(wide).swap16() },
  ];
}

/** As a machine would keep a number: packed decimal, and eight bytes in both orders. */
function numerals(number: string): Needle[] {
  const big = Buffer.alloc(8);
  big.writeBigUInt64BE(BigInt(number));
  const little = Buffer.alloc(8);
  little.writeBigUInt64LE(BigInt(number));
  return [
    { name: 'number in packed decimal', bytes: Buffer.from(number, 'hex') },
    { name: 'number as a big-endian integer', bytes: big },
    { name: 'number as a little-endian integer', bytes: little },
  ];
}

function distinct(needles: readonly Needle[]): Needle[] {
  return [...new Map(needles.map((needle) => [needle.bytes.toString('latin1'), needle])).values()];
}

export function needlesOf({ number, code }: CanaryCard): Needle[] {
  const groups = number.match(/.{4}/g) ?? [];
  const numbers = ['', ' ', '-', '%20', '+'].map((gap) => groups.join(gap));
  const codes = [`"code":"${code}"`, `"code": "${code}"`, `"code":${code}`, `code=${code}`, `CV03${code}`];
  return distinct([
    ...numbers.flatMap((text) => spellings('number', text)),
    ...numerals(number),
    ...codes.flatMap((text) => spellings('code', text)),
  ]);
}

/** The code as a word of its own in a text: no part of a longer number, word or identifier, and no member's number. */
export function codeAsWord(code: string): RegExp {
  return new RegExp(`(?<![\\w.:,-])${code}(?![\\w.,-]*\\w)`, 'g');
}
