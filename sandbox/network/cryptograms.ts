// The network's side of cryptograms: takes the acquirer's keys, and judges the holds, charges and payouts made with
// them. Written from docs/card-network.md, sharing nothing with Karv's own code, so that two wrongs cannot agree.
//
// Keys: two at most; the first is taken from whoever may sign on, each further one with the voucher of the newest that
// is held.
// Uses: of each card the newest 64 use numbers are remembered; one that is among them or older than all of a full list is
// refused (the window of RFC 4303 3.4.3), so messages may overtake one another and none counts twice.
// In memory, like everything here: a network that was started again is given its key at the next sign-on.
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { BoundedMap } from '../common/bounded_map.ts';
import { codes, type Request } from './rules.ts';
import type { Message } from './iso8583.ts';

export const keySize = 32;
const mostKeys = 2;
const mostUses = 64;
const cryptogramSize = 20;
const bound = [2, 3, 4, 7, 11, 14, 32, 37, 41, 42, 49];

/** Why a message is refused with 63; the words stand in the journal. */
export type Fault = 'no cryptogram' | 'unknown key' | 'wrong cryptogram' | 'cryptogram used before';

export class Cryptograms {
  readonly #own: KeyObject;
  readonly #keys = new Map<string, Buffer>();
  readonly #uses = new BoundedMap<string, string[]>(100_000);

  /** The network's X25519 private key, 32 bytes. */
  constructor(own: Buffer) {
    this.#own = x25519Private(own);
  }

  /** The public key, as vault.toml has it. */
  get publicKey(): string {
    return createPublicKey(this.#own).export({ format: 'jwk' }).x ?? '';
  }

  /** Takes a key that was handed over. 30: not one for this network; 63: the newest that is held does not vouch for it. */
  takeKey(wrapped: string, vouchedBy: string | null, voucher: string | null): '00' | '30' | '63' {
    const key = this.#open(wrapped);
    if (key?.length !== keySize) return '30';
    const name = keyName(key);
    if (this.#keys.has(name)) return '00';
    const [newest, former] = [...this.#keys].at(-1) ?? [];
    const vouched =
      former !== undefined && vouchedBy === newest && equal(voucher, mac(former, framed(['karv network key', name])));
    if (this.#keys.size > 0 && !vouched) return '63';
    this.#keys.set(name, key);
    const oldest = this.#keys.keys().next().value;
    if (this.#keys.size > mostKeys && oldest !== undefined) this.#keys.delete(oldest);
    return '00';
  }

  /** Null when the message may go on, and its use number is then used up. Pre: it carries a card number. */
  use(request: Request, message: Message, fingerprint: string): Fault | null {
    if (!mustCarry(request)) return null;
    const { keyName: name, useNumber, cryptogram, initiator, original } = request.privateData;
    if (name === null || useNumber === null || cryptogram === null) return 'no cryptogram';
    const key = this.#keys.get(name);
    if (key === undefined) return 'unknown key';
    const fields = bound.map((number) => message.fields.get(number) ?? '');
    const content = framed([
      'karv network cryptogram',
      useNumber,
      request.mti.slice(0, 3),
      ...fields,
      initiator ?? '',
      original ?? '',
    ]);
    const number = message.fields.get(2) ?? '';
    const cardKey = Buffer.from(hkdfSync('sha256', key, '', framed(['karv network card key', number]), keySize));
    const right = equal(cryptogram, mac(cardKey, content));
    content.fill(0);
    if (!right) return 'wrong cryptogram';
    return this.#useUp(fingerprint, useNumber) ? null : 'cryptogram used before';
  }

  #useUp(fingerprint: string, useNumber: string): boolean {
    const used = this.#uses.get(fingerprint) ?? [];
    const oldest = used[0];
    if (used.includes(useNumber)) return false;
    if (used.length >= mostUses && oldest !== undefined && useNumber < oldest) return false;
    this.#uses.set(fingerprint, [...used, useNumber].sort().slice(-mostUses));
    return true;
  }

  /** JWE, compact, ECDH-ES over X25519 with A256GCM (RFC 7516, RFC 7518 4.6, RFC 8037); null for anything else. */
  #open(compact: string): Buffer | null {
    const [head = '', wrappedKey, nonce = '', ciphertext = '', tag = '', ...more] = compact.split('.');
    if (wrappedKey !== '' || more.length > 0) return null;
    try {
      const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
      const epk = header['epk'] as Record<string, unknown> | undefined;
      if (header['alg'] !== 'ECDH-ES' || header['enc'] !== 'A256GCM' || epk?.['crv'] !== 'X25519') return null;
      const sender = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: String(epk['x']) }, format: 'jwk' });
      const agreed = diffieHellman({ privateKey: this.#own, publicKey: sender });
      const round = Buffer.from([0, 0, 0, 1]);
      const other = Buffer.concat([framed(['A256GCM', '', '']), Buffer.from([0, 0, 1, 0])]);
      const contentKey = createHash('sha256').update(round).update(agreed).update(other).digest();
      const opener = createDecipheriv('aes-256-gcm', contentKey, Buffer.from(nonce, 'base64url'), {
        authTagLength: 16,
      });
      opener.setAAD(Buffer.from(head, 'latin1'));
      opener.setAuthTag(Buffer.from(tag, 'base64url'));
      return Buffer.concat([opener.update(Buffer.from(ciphertext, 'base64url')), opener.final()]);
    } catch {
      return null; // not JSON, not a key, not for us, or changed: all the same
    }
  }
}

/** Holds, charges and payouts: what takes money from a card, or puts new money on it. */
function mustCarry(request: Request): boolean {
  return request.class === 'hold' || (request.class === 'financial' && request.processingCode !== codes.refund);
}

export function keyName(key: Buffer): string {
  return createHmac('sha256', key).update('karv network key name').digest().subarray(0, 8).toString('hex');
}

/** Each part with its length in front, four bytes, big-endian. */
export function framed(parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.isBuffer(part) ? part : Buffer.from(part, 'latin1');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function mac(key: Buffer, content: Buffer): Buffer {
  return createHmac('sha256', key).update(content).digest().subarray(0, cryptogramSize);
}

function equal(said: string | null, right: Buffer): boolean {
  const bytes = Buffer.from(said ?? '', 'base64');
  return bytes.length === right.length && timingSafeEqual(bytes, right);
}

/** PKCS #8 around the raw key: RFC 8410 section 7. */
function x25519Private(raw: Buffer): KeyObject {
  if (raw.length !== keySize) throw new Error('the cryptogram key is not 32 bytes');
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), raw]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
