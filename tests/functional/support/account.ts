// A shopper's account as its page would use it: signed in by a mailed code, with the cookie in hand.
import type { Client } from './client.ts';
import { expectStatus } from './purchases.ts';
import { eventually, mailsTo } from './sandbox.ts';
import type { System } from './system.ts';

/** What the account's own page says of itself with each change. */
export const own = { 'Karv-Request': '1' };

/** The cookie of a new sign-in. Pre: the shopper has an account. */
export async function signedIn(system: System, client: Client, email: string): Promise<string> {
  const send = (path: string, body: unknown): ReturnType<Client['post']> =>
    client.post(`/customer/v1/${path}`, body, { credentials: null, headers: own });
  expectStatus(await send('login', { email }), 204);
  const code = await eventually(
    'the code',
    async () =>
      (await mailsTo(system, email)).map((mail) => /\b(\d{6})\b/.exec(mail.text)?.[1]).find((one) => one !== undefined),
    90_000, // on several servers the mails of a dead one wait for its lease
  );
  const cookie = expectStatus(await send('login/verify', { email, code }), 200).header('Set-Cookie');
  return cookie.split(';')[0] ?? '';
}
