// What the card network and the mail catcher saw, over the sandbox's own doors.
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './system.ts';

export interface NetworkMessage {
  readonly direction: 'in' | 'out';
  readonly mti: string;
  readonly processing_code: string | null;
  readonly amount: number | null;
  readonly retrieval_reference: string | null;
  readonly original_reference: string | null;
  readonly response_code: string | null;
}
export interface BookLine {
  readonly retrieval_reference: string;
  readonly kind: string;
  readonly held: number;
  readonly completed: number;
  readonly reversed: number;
  readonly charged: number;
  readonly refunded: number;
  readonly remaining: number;
}

function call(system: System, method: string, path: string, body = ''): Promise<string> {
  const { port } = new URL(system.addresses.shop);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        ca: system.authority,
        servername: 'shop.localhost',
        agent: false, // a line of its own: one that is kept may be closed just when it is used again
        headers: { Host: `shop.localhost:${port}`, 'Content-Type': 'application/json' },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
        incoming.on('end', () => {
          if ((incoming.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${incoming.statusCode} ${text}`));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export async function networkMessages(system: System): Promise<NetworkMessage[]> {
  const text = await call(system, 'GET', '/sandbox/network/messages?limit=500');
  return (JSON.parse(text) as { messages: NetworkMessage[] }).messages;
}

export async function books(system: System): Promise<BookLine[]> {
  const text = await call(system, 'GET', '/sandbox/network/books?limit=2000');
  return (JSON.parse(text) as { operations: BookLine[] }).operations;
}

export async function mailsTo(system: System, address: string): Promise<{ subject: string; text: string }[]> {
  const text = await call(system, 'GET', `/sandbox/mail/messages?to=${encodeURIComponent(address)}`);
  return (JSON.parse(text) as { messages: { subject: string; text: string }[] }).messages;
}

export async function setLateAnswers(system: System, ms: number): Promise<void> {
  await call(system, 'POST', '/sandbox/network/settings', JSON.stringify({ late_ms: ms }));
}

/** Asks again until the answer is there; for what happens a moment later. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, limitMs = 30_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${limitMs} ms`);
    await sleep(100);
  }
}
