// DE48 as Karv and this network agreed on it: 2-character tag, 2-digit length, value, repeated.
// Tags: CV security code, IN who initiated (C cardholder, M merchant), OR reference of the original operation, UK name
// of a network key, UN use number, UC cryptogram or voucher (cryptograms.ts).
// Unknown tags are skipped, so that a newer acquirer is understood; a tag twice is a format error.
import { FormatError } from './iso8583.ts';

export type Initiator = 'C' | 'M';

export interface PrivateData {
  /** Only that a code was there and looked like one; the code itself is never taken out of the frame. */
  readonly securityCode: boolean;
  readonly initiator: Initiator | null;
  readonly original: string | null;
  readonly keyName: string | null;
  readonly useNumber: string | null;
  readonly cryptogram: string | null;
}

export const noPrivateData: PrivateData = {
  securityCode: false,
  initiator: null,
  original: null,
  keyName: null,
  useNumber: null,
  cryptogram: null,
};

export function parsePrivateData(bytes: Buffer): PrivateData {
  const seen = new Map<string, Buffer>();
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes.toString('latin1', at, at + 2);
    const length = bytes.toString('latin1', at + 2, at + 4);
    if (!/^[A-Z0-9]{2}$/.test(tag) || !/^\d{2}$/.test(length)) throw new FormatError('field 48 has no tag or length');
    const value = bytes.subarray(at + 4, at + 4 + Number(length));
    if (value.length < Number(length)) throw new FormatError('field 48 is cut off');
    if (seen.has(tag)) throw new FormatError('field 48 has a tag twice');
    seen.set(tag, value);
    at += 4 + Number(length);
  }
  return {
    securityCode: hasCode(seen.get('CV')),
    initiator: initiatorOf(seen.get('IN')),
    original: textOf(seen.get('OR'), /^[A-Za-z0-9 ]{12}$/, 'the original reference'),
    keyName: textOf(seen.get('UK'), /^[0-9a-f]{16}$/, 'the name of a network key'),
    useNumber: textOf(seen.get('UN'), /^\d{19}$/, 'the use number'),
    cryptogram: textOf(seen.get('UC'), /^[A-Za-z0-9+/]{27}=$/, 'the cryptogram'),
  };
}

function hasCode(value: Buffer | undefined): boolean {
  if (value === undefined) return false;
  const digits = value.every((byte) => byte >= 0x30 && byte <= 0x39);
  if (!digits || value.length < 3 || value.length > 4) throw new FormatError('the security code is not 3 or 4 digits');
  return true;
}

function initiatorOf(value: Buffer | undefined): Initiator | null {
  if (value === undefined) return null;
  const text = value.toString('latin1');
  if (text !== 'C' && text !== 'M') throw new FormatError('the initiator is neither C nor M');
  return text;
}

function textOf(value: Buffer | undefined, form: RegExp, what: string): string | null {
  if (value === undefined) return null;
  const text = value.toString('latin1');
  if (!form.test(text)) throw new FormatError(`${what} does not have its form`);
  return text;
}
