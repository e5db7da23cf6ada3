// Reads the one claim the script needs from the client token: the origin whose pages it may frame.
// The signature is the server's business; a forged token opens nothing there.
import { fail } from './errors.ts';

const kLongestToken = 4096;

/** Errors: InvalidClientTokenError. */
export function originOf(clientToken: unknown): string {
  const invalid = (why: string): never => fail('InvalidClientTokenError', `client_token ${why}`);
  if (typeof clientToken !== 'string' || clientToken.length > kLongestToken) return invalid('is not a JWT');
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(clientToken)?.[1];
  if (payload === undefined) return invalid('is not a JWT');
  try {
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { base_url?: unknown };
    const url = new URL(String(claims.base_url));
    if (url.protocol === 'https:') return url.origin;
  } catch {
    // Falls through to the same refusal.
  }
  return invalid('names no base_url');
}
