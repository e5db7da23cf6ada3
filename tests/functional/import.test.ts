// A card file of some thousand rows moves in: encrypted to the vault, approved by two custodians, broken off on either side
// and gone on with; every good row has one token, and nothing of a bad one is written anywhere.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { Custodians } from './support/custodians.ts';
import { bin, root } from './support/paths.ts';
import { ask } from './support/postgres.ts';

const people = ['Anna Berg', 'Bela Cohn'];
const rows = 2_450;
let installation: Installation;
let custodians: Custodians;
const numbers = (
  JSON.parse(readFileSync(join(root, 'tests/shared/test_cards.json'), 'utf8')) as { number: string }[]
).map((card) => card.number);
const at = (...names: string[]): string => custodians.at(...names);

/** Every fiftieth row is wrong, each in another way. */
const isBad = (row: number): boolean => row % 50 === 0;
const badRows = Math.floor(rows / 50);
function line(row: number): string {
  const number = numbers[row % numbers.length] ?? '';
  const customer = `0190a1b2-c3d4-7000-8000-${String(row % 1_000).padStart(12, '0')}`;
  if (!isBad(row)) return `${number},12/30,"Test, Astrid",${customer},,old-${row}`;
  const bad = [
    `${number.slice(0, -1)}${(Number(number.slice(-1)) + 1) % 10},12/30,Astrid Test,${customer},,old-${row}`,
    `${number},12/20,Astrid Test,${customer},,old-${row}`,
    `${number},12/30,Astrid Test,somebody,,old-${row}`,
    `${number},12/30,Astrid Test,${customer},,${number}`,
    `${number},12/30`,
  ];
  return bad[(row / 50) % bad.length] ?? '';
}

function countInVault(sql: string): number {
  const database = /^database = "(.*)"$/m.exec(readFileSync(at('vault.toml'), 'utf8'))?.[1] ?? '';
  if (database.startsWith('postgresql:')) return Number(ask(database, sql));
  const opened = new DatabaseSync(database, { readOnly: true, timeout: 10_000 });
  try {
    return Number(Object.values(opened.prepare(sql).get() ?? {})[0]);
  } finally {
    opened.close();
  }
}

const run = (): { code: number | null; said: string } =>
  custodians.karv('import', 'run', at('cards.karv'), ...custodians.operator, '--out', at('moved'));
const chunksHere = (): number =>
  existsSync(at('moved')) ? readdirSync(at('moved')).filter((name) => name.startsWith('chunk-')).length : 0;

/** Starts the import, and does something when some more chunks are in. */
async function breakOff(after: number, kill: (pid: number) => Promise<void> | void): Promise<void> {
  const words = ['vault', 'import', 'run', at('cards.karv'), ...custodians.operator, '--out', at('moved')];
  const child = spawn(join(bin, 'karv'), words, { stdio: 'ignore', env: custodians.environment });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const before = chunksHere();
  while (chunksHere() < before + after && child.exitCode === null) await sleep(5);
  await kill(child.pid ?? 0);
  await ended;
}

beforeAll(async () => {
  installation = await Installation.create(engineOfTests());
  custodians = new Custodians(installation.data, people);
  custodians.init(2);
  for (const process of ['karv-sandbox', 'karv-vault'] as const) await installation.start(process);
  custodians.accept();
  custodians.unseal(2);
});
afterAll(async () => {
  await installation.stopAll();
  installation.remove();
});

test('what is encrypted where the cards are shows none of them', () => {
  custodians.done('import', 'key', ...custodians.operator, '--out', at('import.key'));
  const text = Array.from({ length: rows }, (_, i) => line(i + 1)).join('\n');
  writeFileSync(at('cards.csv'), `number,expiry,name,customer,merchant,reference\n${text}\n`, { mode: 0o600 });
  const encrypt = (csv: string, key = at('import.key')) =>
    custodians.karv('import', 'encrypt', csv, '--key', key, '--out', at('cards.karv'));
  writeFileSync(at('odd.csv'), 'number,expiry\n1,2\n');
  expect(encrypt(at('odd.csv')).said).toContain('the first line of');
  writeFileSync(at('empty.csv'), 'number,expiry,name,customer,merchant,reference\n');
  expect(encrypt(at('empty.csv')).said).toContain('has no rows');
  expect(encrypt(at('nothing.csv')).code).toBe(1);
  expect(encrypt(at('cards.csv'), at('operator.toml')).said).toContain('is no import key');
  expect(encrypt(at('cards.csv')).said).toContain(`${rows} rows`);
  const file = readFileSync(at('cards.karv'), 'utf8');
  for (const number of numbers) expect(file).not.toContain(number);
  expect(file.trimEnd().split('\n')).toHaveLength(1 + Math.ceil(rows / 200));
});

test('control 29: nobody takes it in before two different people have approved it', () => {
  expect(run().said).toContain('Nobody has approved such a file here');
  const approve = (person: string) => custodians.karv('import', 'approve', at('cards.karv'), ...custodians.as(person));
  expect(approve('Anna Berg').said).toContain('approved by 1 of 2');
  expect(approve('Anna Berg').said).toContain('approved by 1 of 2');
  expect(run().said).toContain('Two custodians must have approved the file');
  expect(approve('Bela Cohn').said).toContain('approved by 2 of 2');
  // Another file, be it by one byte, is another one.
  const changedByte = (byte: string) => (byte === 'A' ? 'B' : 'A');
  writeFileSync(at('changed.karv'), readFileSync(at('cards.karv'), 'utf8').replace(/.(?=\n$)/, changedByte));
  const changed = custodians.karv('import', 'run', at('changed.karv'), ...custodians.operator, '--out', at('changed'));
  expect(changed.said).toContain('Nobody has approved such a file here');
  expect(countInVault('select count(*) from cards')).toBe(0);
});

test('kill -9 of the command and of the vault: it goes on, and every row is there once', async () => {
  await breakOff(2, (pid) => void process.kill(pid, 'SIGKILL'));
  const first = chunksHere();
  expect(first).toBeGreaterThanOrEqual(2);
  expect(first).toBeLessThan(13);
  await breakOff(2, async () => void (await installation.kill('karv-vault')));
  await installation.start('karv-vault');
  expect(run().code).toBe(1); // sealed
  custodians.unseal(2);
  const last = run();
  expect(last.code, last.said).toBe(0);
  expect(last.said).toContain(`${rows - badRows} cards kept, ${badRows} rows refused`);

  const mapping = readFileSync(at('moved', 'mapping.csv'), 'utf8').trimEnd().split('\n');
  expect(mapping.shift()).toBe('reference,vault_token');
  const good = Array.from({ length: rows }, (_, i) => i + 1).filter((row) => !isBad(row));
  expect(mapping.map((one) => one.split(',')[0])).toEqual(good.map((row) => `old-${row}`));
  const tokens = mapping.map((one) => one.split(',')[1]);
  expect(new Set(tokens).size).toBe(good.length);
  expect(countInVault('select count(*) from vault_tokens')).toBe(good.length);
  // One row for each card of a customer, however often it stood in the file.
  const cards = new Set(good.map((row) => `${numbers[row % numbers.length]} ${row % 1_000}`));
  expect(countInVault('select count(*) from cards')).toBe(cards.size);

  const report = readFileSync(at('moved', 'report.csv'), 'utf8').trimEnd().split('\n');
  expect(report.shift()).toBe('row,field,code');
  expect(report.map((one) => Number(one.split(',')[0]))).toEqual(
    Array.from({ length: badRows }, (_, i) => 50 * (i + 1)),
  );
  expect(new Set(report.map((one) => one.split(',')[2]))).toEqual(
    new Set(['INVALID_CARD_NUMBER', 'INVALID_EXPIRY', 'INVALID_ID', 'INVALID_REFERENCE', 'WRONG_COLUMNS']),
  );
  expect(chunksHere()).toBe(0);
}, 240_000);

test('a finished file stays finished, and no number is in what was written', () => {
  expect(run().said).toContain(`${rows - badRows} cards kept`);
  const said = custodians.done('import', 'status', at('cards.karv'), ...custodians.operator);
  expect(said).toContain('finished');
  expect(custodians.karv('import', 'approve', at('cards.karv'), ...custodians.as('Anna Berg')).said).toContain(
    'taken in and is finished',
  );
  for (const name of readdirSync(at('moved'))) {
    expect(statSync(at('moved', name)).mode & 0o777).toBe(0o600);
    for (const number of numbers) expect(readFileSync(at('moved', name), 'utf8')).not.toContain(number);
  }
  const log = readFileSync(installation.logFile('karv-vault'), 'utf8');
  for (const number of numbers) expect(log).not.toContain(number);
  expect(log).not.toContain('system_call_refused');
  expect(countInVault("select count(*) from audit_records where action = 'vault_import_approved'")).toBe(3);
  expect(countInVault("select count(*) from audit_records where action = 'vault_import_finished'")).toBe(1);
});
