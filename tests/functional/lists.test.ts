// Lists at the vault's private door, over its real TLS: a bank that moves over sends its cards, a server asks about tokens
// and deletes them, and each may do its own alone.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { root } from './support/paths.ts';
import { privateAddress } from './support/vaults.ts';

interface Item {
  readonly vault_token: string;
  readonly last4: string;
  readonly code: string;
}
let installation: Installation;
const numbers = (
  JSON.parse(readFileSync(join(root, 'tests/shared/test_cards.json'), 'utf8')) as { number: string }[]
).map((card) => card.number);
const tls = (name: string): string => join(installation.data, 'tls', name);
const customer = (at: number): string => `0190a1b2-c3d4-7000-8000-${String(at + 1).padStart(12, '0')}`;
const cards = (count: number): object[] =>
  Array.from({ length: count }, (_, at) => ({
    number: numbers[at % numbers.length],
    expiry_month: 12,
    expiry_year: 2030,
    name: 'A cardholder with quite a long name of sixty letters or so',
    customer: customer(at),
    merchant: '0190a1b2-c3d4-7000-8000-00000000000b',
  }));

/** Posts to the private door with somebody's certificate. */
function post(who: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
  const port = privateAddress(readFileSync(join(installation.data, 'vault.toml'), 'utf8')).split(':')[1];
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: '127.0.0.1', port, method: 'POST', path: `/private/v1/batch/${path}`, agent: false },
        ...{ ca: installation.authority, servername: 'vault-private' },
        ...{ cert: readFileSync(tls(`${who}.crt`)), key: readFileSync(tls(`${who}.key`)) },
        headers: { 'Content-Type': 'application/json' },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      },
    );
    outgoing.on('error', reject);
    const text = JSON.stringify(body);
    outgoing.setHeader('Content-Length', Buffer.byteLength(text));
    outgoing.end(text);
  });
}
async function items<T>(who: string, path: string, list: 'cards' | 'tokens', body: unknown): Promise<T[]> {
  const answer = await post(who, path, body);
  expect(answer.status, answer.text).toBe(200);
  return (JSON.parse(answer.text) as Record<string, T[]>)[list] ?? [];
}

beforeAll(async () => {
  installation = await Installation.create(engineOfTests());
  const file = join(installation.data, 'vault.toml');
  const text = readFileSync(file, 'utf8').replace(/^\[network\]$/m, 'tokenize_peers = ["karv-migration"]\n[network]');
  writeFileSync(file, text);
  const openssl = (...words: string[]): void => {
    const ran = spawnSync('openssl', words, { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(ran.stderr);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', tls('karv-migration.key')];
  openssl('req', '-new', ...key, '-subj', '/CN=karv-migration', '-out', tls('karv-migration.csr'));
  const authority = ['-CA', tls('ca.crt'), '-CAkey', tls('ca.key'), '-days', '90'];
  openssl('x509', '-req', '-in', tls('karv-migration.csr'), ...authority, '-out', tls('karv-migration.crt'));
  for (const process of ['karv-sandbox', 'karv-vault'] as const) await installation.start(process);
});
afterAll(async () => {
  await installation.stopAll();
  installation.remove();
});

test('a hundred cards come in, are described and deleted', async () => {
  const kept = await items<Item>('karv-migration', 'tokenize', 'cards', { cards: cards(100) });
  expect(kept.filter((item) => item.code !== '')).toEqual([]);
  expect(kept.map((item) => item.last4)).toEqual(kept.map((_, at) => numbers[at % numbers.length]?.slice(-4)));
  const tokens = kept.map((item, at) => ({ vault_token: item.vault_token, customer: customer(at) }));
  const described = await items<Item>('karv-server', 'describe', 'tokens', { tokens });
  expect(described.map((item) => item.last4)).toEqual(kept.map((item) => item.last4));
  const deleted = await items<Item>('karv-server', 'delete', 'tokens', { tokens: tokens.slice(0, 99) });
  expect(deleted.filter((item) => item.code !== '')).toEqual([]);
  const left = await items<Item>('karv-server', 'describe', 'tokens', { tokens });
  expect(left.filter((item) => item.code === 'TOKEN_UNKNOWN')).toHaveLength(99);
  expect(left.at(-1)?.code).toBe('');
});

test('what is too much, foreign or unreadable is refused, and nothing of it is said', async () => {
  const many = await post('karv-migration', 'tokenize', { cards: cards(101) });
  expect(many.status).toBe(400);
  expect(many.text).toContain('BATCH_SIZE');
  expect((await post('karv-migration', 'tokenize', { cards: cards(1_000) })).status).toBe(413);
  expect((await post('karv-server', 'tokenize', { cards: cards(1) })).status).toBe(404);
  expect((await post('karv-vault', 'tokenize', { cards: cards(1) })).status).toBe(404);
  for (const path of ['describe', 'delete']) {
    const foreign = await post('karv-migration', path, { tokens: [{ vault_token: 't', customer: customer(1) }] });
    expect(foreign.status).toBe(403);
  }
  const odd = await post('karv-migration', 'tokenize', { cards: [{ ...cards(1)[0], code: '123' }] });
  expect(odd.status).toBe(400);
  const log = readFileSync(installation.logFile('karv-vault'), 'utf8');
  for (const number of numbers) for (const text of [many.text, odd.text, log]) expect(text).not.toContain(number);
});
