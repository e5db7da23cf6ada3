// The browser's passkeys: making one, and signing words with it. Always with the person verified by the device.
import { challengeOf } from './words.ts';
import type { Enrolment, SignedWords } from './staff_api.ts';

const kTimeoutMs = 120_000;
const kES256 = -7;
const kEdDSA = -8;
const kRS256 = -257;

export function toBase64url(bytes: ArrayBuffer): string {
  const text = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

/** Errors: DOMException when the person or the device says no. */
export async function makePasskey(enrolment: Enrolment): Promise<{ client_data: string; attestation: string }> {
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64url(enrolment.challenge),
      rp: { name: 'Karv vault' },
      user: { id: fromBase64url(enrolment.user_handle), name: enrolment.name, displayName: enrolment.name },
      pubKeyCredParams: [kES256, kEdDSA, kRS256].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none',
      timeout: kTimeoutMs,
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return { client_data: toBase64url(response.clientDataJSON), attestation: toBase64url(response.attestationObject) };
}

/** Errors: as above. */
export async function sign(words: string): Promise<SignedWords> {
  const got = (await navigator.credentials.get({
    publicKey: { challenge: await challengeOf(words), userVerification: 'required', timeout: kTimeoutMs },
  })) as PublicKeyCredential;
  const response = got.response as AuthenticatorAssertionResponse;
  const signed = {
    words,
    credential: toBase64url(got.rawId),
    client_data: toBase64url(response.clientDataJSON),
    authenticator_data: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
  };
  return response.userHandle === null ? signed : { ...signed, user_handle: toBase64url(response.userHandle) };
}
