// Forgetting a customer for good: erased, proven, and forgotten again by a store that comes back from a backup; by the
// programs that an operator and karv-server use.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request as ask } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bin, root } from './support/paths.ts';
import { eventually } from './support/sandbox.ts';
import { System } from './support/system.ts';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly proof?: string;
    readonly vault_token?: string;
    readonly keys?: readonly ServerKey[];
  };
}
/** A key that karv-server stores wrapped; as made, and as opened. */
interface ServerKey {
  readonly stored?: { readonly key: string; readonly epoch: number; readonly wrapped: string };
  readonly state?: string;
  readonly clear: string;
}
interface Card {
  readonly customer: string;
  readonly token: string;
}

let system: System;
let folder: string;
const at = (...names: string[]): string => join(system.data, ...names);
const journal = (): string => at('erasure', 'journal');
const merchant = randomUUID();
const numbers = (
  JSON.parse(readFileSync(join(root, 'tests/shared/test_cards.json'), 'utf8')) as { number: string }[]
).map(({ number }) => number);

beforeAll(async () => {
  system = await System.start();
  folder = mkdtempSync(join(tmpdir(), 'karv-erasure-'));
});
afterAll(async () => {
  await system.stopClean();
  rmSync(folder, { recursive: true, force: true });
});

/** What karv-server would ask of the vault. */
function vault(path: string, body: unknown): Promise<Answer> {
  const port = /\[private\]\nlisten = "[^"]*:(\d+)"/.exec(readFileSync(at('vault.toml'), 'utf8'))?.[1];
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = ask(
      {
        ...{ host: '127.0.0.1', port, method: 'POST', path: `/private/v1${path}`, servername: 'vault-private' },
        ca: readFileSync(at('tls', 'ca.crt')),
        cert: readFileSync(at('tls', 'karv-server.crt')),
        key: readFileSync(at('tls', 'karv-server.key')),
        agent: false,
        headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
      },
      (incoming) => {
        let said = '';
        incoming.setEncoding('utf8').on('data', (part: string) => (said += part));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(said) as Answer['body'] }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}
async function newCard(name = 'approve'): Promise<Card> {
  const customer = randomUUID();
  const made = await vault('/test-cards', { name, customer, merchant, purpose: 'purchase' });
  expect(made.status).toBe(200);
  return { customer, token: made.body.vault_token ?? '' };
}
/** The word with which a hold of nothing is refused; empty when the card works. */
async function refusal({ customer, token }: Card): Promise<string> {
  const answer = await vault('/cards/hold', {
    ...{ operation: randomUUID(), vault_token: token, customer, merchant, amount_minor: 0, currency: 'EUR' },
    ...{ merchant_reference: 'SHOP-1', merchant_name: 'Shop', business_time: Date.now(), initiator: 'cardholder' },
  });
  return answer.body.code ?? '';
}
const erase = (customer: string, request: string = randomUUID(), named: object = {}): Promise<Answer> =>
  vault('/erasures', { request, customer, reason: 'data_subject_request', ...named });
async function openKeys(keys: readonly ServerKey[]): Promise<readonly (string | undefined)[]> {
  const answer = await vault('/server-keys/open', { keys: keys.map(({ stored }) => stored) });
  return (answer.body.keys ?? []).map(({ state, clear }) => (state === 'ok' ? clear : state));
}

function karv(...command: string[]): { readonly code: number | null; readonly said: string } {
  const ran = spawnSync(join(bin, 'karv'), command, { encoding: 'utf8' });
  return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
}
const both = (): string[] => ['--server', at('server.toml'), '--vault', at('vault.toml')];
async function restore(): Promise<void> {
  await system.stop();
  const restored = karv('backup', 'restore', join(folder, 'one'), ...both(), '--set-aside');
  expect(restored.code, restored.said).toBe(0);
  await sleep(1_100); // the stores that were set aside bear the second
}
const status = (): string => karv('vault', 'status', '--operator', at('operator.toml')).said;

let erased: Card;
let kept: Card;
let request: string;
let proof: string;
let serverKeys: readonly ServerKey[];

test('an erased customer is unknown at once, and everybody else is not touched', async () => {
  erased = await newCard();
  kept = await newCard('approve_mastercard');
  expect(await refusal(erased)).toBe('');
  serverKeys = (await vault('/server-keys/make', { count: 2 })).body.keys ?? [];
  expect(await openKeys(serverKeys)).toEqual(serverKeys.map(({ clear }) => clear));
  const made = karv('backup', 'create', ...both(), '--to', join(folder, 'one'));
  expect(made.code, made.said).toBe(0);

  request = randomUUID();
  const answer = await erase(erased.customer, request, { server_keys: [serverKeys[0]?.stored?.key] });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(await openKeys(serverKeys)).toEqual(['gone', serverKeys[1]?.clear]);
  proof = answer.body.proof ?? '';
  expect(await refusal(erased)).toBe('TOKEN_UNKNOWN');
  expect(await refusal(kept)).toBe('');
  expect((await erase(erased.customer, request)).body.proof).toBe(proof);
  expect((await erase(kept.customer, request)).body.code).toBe('IDEMPOTENCY_CONFLICT');
});

test('money that is held or may go back keeps the card', async () => {
  const busy = await newCard();
  const operation = {
    ...{ operation: randomUUID(), vault_token: busy.token, customer: busy.customer, merchant, amount_minor: 500 },
    ...{ currency: 'EUR', merchant_reference: 'SHOP-1', merchant_name: 'Shop', business_time: Date.now() },
    initiator: 'cardholder',
  };
  expect((await vault('/cards/hold', operation)).status).toBe(200);
  expect((await erase(busy.customer)).body.code).toBe('REFUND_WINDOW');
  expect(await refusal(busy)).toBe('');
  const forced = { request: randomUUID(), customer: busy.customer, reason: 'legal_order', force: 'case 12' };
  expect((await vault('/erasures', forced)).status).toBe(200);
  expect(await refusal(busy)).toBe('TOKEN_UNKNOWN');
});

test('the proof is checked without the vault, and a changed one is refused', () => {
  const keys = karv('vault', 'proof', 'keys', '--operator', at('operator.toml'));
  expect(keys.code, keys.said).toBe(0);
  writeFileSync(join(folder, 'keys.json'), keys.said);
  writeFileSync(join(folder, 'proof.jws'), `${proof}\n`);
  const verify = (file: string, ...more: string[]) =>
    karv('vault', 'proof', 'verify', join(folder, file), '--keys', join(folder, 'keys.json'), ...more);
  const good = verify('proof.jws', '--customer', erased.customer);
  expect(good.code, good.said).toBe(0);
  expect(good.said).toContain('data_subject_request');
  expect(good.said).toMatch(/^destroyed {3}key [0-9a-f-]{36}, version 1$/m);
  expect(good.said).toMatch(/^removed {5}1 cards$/m);
  expect(good.said).toContain(`destroyed   key ${serverKeys[0]?.stored?.key ?? 'none'} of the server\n`);
  expect(good.said).toMatch(/The signature holds\.\n$/);
  expect(verify('proof.jws', '--customer', kept.customer).said).toContain('about another customer');
  const [head = '', content = '', signature = ''] = proof.split('.');
  const later = Buffer.from(content, 'base64url').toString().replace('"forced":false', '"forced":true');
  for (const changed of [
    `${head}.${Buffer.from(later).toString('base64url')}.${signature}`,
    proof.slice(0, -8),
    `${head}.${content}.`,
    '',
  ]) {
    writeFileSync(join(folder, 'changed.jws'), changed);
    expect(verify('changed.jws').code).toBe(1);
  }
});

test('control_10: a restored backup forgets the customer again before it serves', async () => {
  expect(readdirSync(join(folder, 'one')).sort()).toEqual([
    'manifest.json',
    'manifest.mac',
    'server.copy',
    'vault.copy',
  ]);
  await restore();
  await system.start();
  expect(system.log('karv-vault')).toContain('"event":"subject_erased_again"');
  expect(await refusal(erased)).toBe('TOKEN_UNKNOWN');
  expect(await refusal(kept)).toBe('TOKEN_FROZEN'); // it is there
  expect(await openKeys(serverKeys)).toEqual(['gone', serverKeys[1]?.clear]);
  expect((await erase(erased.customer, request)).body.proof).toBe(proof);
});

test('control_10: whoever takes the journal away, cuts it or brings an older one finds the vault shut', async () => {
  const whole = readFileSync(journal(), 'utf8');
  const lines = whole.split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  await restore();
  for (const [harm, words] of [
    [() => renameSync(journal(), `${journal()}.away`), /is missing/],
    [
      () => writeFileSync(journal(), `${lines.slice(0, -1).join('\n')}\n`, { mode: 0o600 }),
      /cut short, or is an older/,
    ],
    [() => writeFileSync(journal(), whole.replace('karv-server', 'karv-sErver'), { mode: 0o600 }), /was changed/],
  ] as const) {
    harm();
    await system.start();
    expect(status()).toMatch(words);
    expect(await refusal(erased)).toBe('VAULT_SEALED');
    expect((await erase(erased.customer, request)).body.code).toBe('VAULT_SEALED');
    await system.stop();
  }
  rmSync(journal());
  renameSync(`${journal()}.away`, journal());
  await system.start();
  expect(await refusal(erased)).toBe('TOKEN_UNKNOWN');
});

test('whoever was answered is forgotten and proven after a kill in the middle', async () => {
  const cards: Card[] = [];
  for (let i = 0; i < 12; ++i) cards.push(await newCard());
  const asked = cards.map((card) => ({ card, request: randomUUID() }));
  const answers = new Map<string, string>();
  const all = Promise.allSettled(
    asked.map(async ({ card, request: id }) => {
      const answer = await erase(card.customer, id);
      if (answer.status === 200) answers.set(id, answer.body.proof ?? '');
    }),
  );
  await eventually('the first answer', () => Promise.resolve(answers.size > 0 || undefined));
  await system.kill('karv-vault');
  await all;
  await system.start();
  const text = readFileSync(journal(), 'utf8');
  for (const { card, request: id } of asked) {
    const answer = await erase(card.customer, id);
    expect(answer.status).toBe(200);
    expect(await refusal(card)).toBe('TOKEN_UNKNOWN');
    const given = answers.get(id);
    if (given === undefined) continue;
    expect(answer.body.proof).toBe(given);
    expect(text).toContain(id);
  }
});

test('a journal that is lost for good is accepted once, by an operator with a reason', async () => {
  await system.stop();
  rmSync(journal());
  const accept = (...words: string[]) => karv('vault', 'journal', 'accept', '--config', at('vault.toml'), ...words);
  expect(accept().code).toBe(2);
  expect(accept('--reason', '').code).toBe(1);
  const accepted = accept('--reason', 'case 12: the disk is gone');
  expect(accepted.code, accepted.said).toBe(0);
  expect(accepted.said).toContain('erase them once more');
  await system.start();
  expect(status()).toMatch(/^open/);
  expect(await refusal(erased)).toBe('TOKEN_UNKNOWN');
  await system.stop();
  rmSync(journal());
  await system.start();
  expect(status()).toMatch(/is missing/); // that word was for one loss
  expect(karv('vault', 'journal', 'accept', '--config', at('vault.toml'), '--reason', 'the same').code).toBe(0);
  await system.stop();
  await system.start();
  expect(status()).toMatch(/^open/);
});

test('control_17: no number is in any file that was written', () => {
  const wanted = numbers.flatMap((number) => [number, Buffer.from(number).toString('base64').slice(0, 20)]);
  let files = 0;
  const look = (place: string): void => {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (entry.isDirectory()) look(path);
      if (!entry.isFile()) continue;
      ++files;
      const bytes = readFileSync(path);
      for (const text of wanted) expect(bytes.includes(text), path).toBe(false);
    }
  };
  look(system.data);
  look(folder);
  expect(files).toBeGreaterThan(20);
  expect(existsSync(journal())).toBe(true);
  expect(readFileSync(journal(), 'utf8')).not.toContain(erased.customer);
});
