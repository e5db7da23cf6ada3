// The vault's end of cryptograms in tests, by the letter of docs/card-network.md.
import {
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { framed, keyName } from '../network/cryptograms.ts';
import { decode, encode } from '../network/iso8583.ts';

/** The network's private key and the key that the vault shares with it. */
export const networkKey = Buffer.alloc(32, 7);
export const sharedKey = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

const bound = [2, 3, 4, 7, 11, 14, 32, 37, 41, 42, 49];

export function voucherOf(former: Buffer, next: Buffer): string {
  const content = framed(['karv network key', keyName(next)]);
  return createHmac('sha256', former).update(content).digest().subarray(0, 20).toString('base64');
}

/** The fields with a cryptogram in DE48; its use number follows from the trace number, so a repeat has the same. */
export function stamped(mti: string, given: ReadonlyMap<number, string>, key = sharedKey): Map<number, string> {
  const { fields } = decode(encode(mti, given).subarray(2));
  const extra = given.get(48) ?? '';
  const tag = (name: string): string => new RegExp(`${name}(\\d\\d)(.*)`).exec(extra)?.[2] ?? '';
  const use = `1795348800000${given.get(11)?.padStart(6, '0') ?? ''}`;
  const values = bound.map((number) => fields.get(number) ?? '');
  const content = framed([
    'karv network cryptogram',
    use,
    mti.slice(0, 3),
    ...values,
    tag('IN').slice(0, 1),
    tag('OR').slice(0, 12),
  ]);
  const card = hkdfSync('sha256', key, '', framed(['karv network card key', fields.get(2) ?? '']), 32);
  const cryptogram = createHmac('sha256', Buffer.from(card)).update(content).digest().subarray(0, 20);
  return new Map(given).set(48, `${extra}UC28${cryptogram.toString('base64')}UK16${keyName(key)}UN19${use}`);
}

/** A key for the network whose public key it is. */
export function wrapped(key: Buffer, recipient: string): string {
  const once = generateKeyPairSync('x25519');
  const epk = once.publicKey.export({ format: 'jwk' });
  const head = Buffer.from(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', epk })).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: recipient }, format: 'jwk' });
  const agreed = diffieHellman({ privateKey: once.privateKey, publicKey });
  const other = Buffer.from(
    '00000007' + Buffer.from('A256GCM').toString('hex') + '0000000000000000' + '00000100',
    'hex',
  );
  const contentKey = createHash('sha256')
    .update(Buffer.from([0, 0, 0, 1]))
    .update(agreed)
    .update(other)
    .digest();
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', contentKey, nonce).setAAD(Buffer.from(head));
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  return [
    head,
    '',
    nonce.toString('base64url'),
    ciphertext.toString('base64url'),
    cipher.getAuthTag().toString('base64url'),
  ].join('.');
}
