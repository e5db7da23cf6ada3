// What a server is started on, and what it says when that cannot be served: each refusal names the cure.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { allProcesses, Installation, type ProcessName } from '../torture/installation.ts';
import { bin } from './support/paths.ts';

// PostgreSQL looks after its own files and places; what is said about its schema is the same code.
const engine = engineOfTests();
const ofFiles = describe.skipIf(!engine.isFile);
let installation: Installation;
let scratch: string;
beforeAll(async () => {
  installation = await Installation.create(engine);
  scratch = mkdtempSync(join(tmpdir(), 'karv-start-'));
});
afterAll(async () => {
  await installation.stopAll();
  installation.remove();
  rmSync(scratch, { recursive: true, force: true });
});

/** A configuration like the installation's, with some keys changed. */
function configured(changes: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(installation.data, 'server.toml'), 'utf8');
  for (const [key, value] of Object.entries(changes)) {
    text = text.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${JSON.stringify(value)}`);
  }
  const file = join(scratch, 'server.toml');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** A copy of the database at rest. */
function copied(): string {
  const file = join(scratch, 'copy.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  copyFileSync(join(installation.data, 'server.db'), file);
  chmodSync(file, 0o600);
  return file;
}

function changed(file: string, at: number, value: Buffer): void {
  const bytes = readFileSync(file);
  value.copy(bytes, at < 0 ? bytes.length + at : at);
  writeFileSync(file, bytes);
}

/** Starts a server that must not come up, and answers what it said. */
function refusal(config: string, program = 'karv-server'): string {
  const env = { ...process.env, SOFTHSM2_CONF: join(installation.data, 'hsm', 'softhsm2.conf') };
  const ran = spawnSync(join(bin, program), ['--config', config], { encoding: 'utf8', timeout: 30_000, env });
  expect(ran.status, ran.stderr).toBe(1);
  expect(ran.stdout).toBe('');
  const line = ran.stderr.split('\n').find((text) => text.includes('_cannot_start"')) ?? '';
  return (JSON.parse(line) as { detail: string }).detail;
}

ofFiles('one server for one database', () => {
  test('a second server is told who has it, and the first goes on', async () => {
    for (const name of allProcesses) await installation.start(name);
    const config = (name: ProcessName): string =>
      join(installation.data, name === 'karv-vault' ? 'vault.toml' : 'server.toml');
    for (const name of ['karv-server', 'karv-vault'] as const) {
      const said = refusal(config(name), name);
      expect(said).toMatch(new RegExp(`is served by process ${installation.pid(name)}: stop that server first`));
      expect(installation.isUp(name)).toBe(true);
    }
  });

  test('the command line works beside it', () => {
    expect(installation.karv('ledger', 'verify').status).toBe(0);
    expect(installation.karv('merchant', 'create', '--name', 'Beside', '--country', 'SE').status).toBe(0);
    const checked = installation.karv('store', 'check');
    expect(checked.status).toBe(0);
    expect(checked.said).toMatch(/, 0 findings\n$/);
  });

  test('what kill -9 left behind is no obstacle', async () => {
    await installation.kill('karv-server');
    await installation.start('karv-server');
    await installation.stopAll(); // at rest for what follows
  });
});

ofFiles('a place where no database can be', () => {
  test.each([
    ['a folder that is not there', () => join(scratch, 'none', 'karv.db'), /make it, or correct `database`/],
    ['a folder instead of a file', () => scratch, /names the file itself, not its folder/],
    ['a file instead of a folder', () => join(copied(), 'karv.db'), /is no folder: correct `database`/],
    ['a file that others may read', () => (chmodSync(copied(), 0o644), join(scratch, 'copy.db')), /chmod 600 it/],
  ] as const)('%s', (_name, path, sentence) => {
    expect(refusal(configured({ database: path() }))).toMatch(sentence);
  });
});

ofFiles('a file that is not whole', () => {
  test.each([
    ['something else', (file: string) => writeFileSync(file, 'a letter to grandmother'), /is no database: correct/],
    ['its beginning overwritten', (file: string) => changed(file, 0, Buffer.alloc(64, 1)), /is no database/],
    ['the schema overwritten', (file: string) => changed(file, 100, Buffer.alloc(64, 0xff)), /is damaged .* restore/],
    [
      'a page overwritten',
      (file: string) => changed(file, 5 * 4096, Buffer.alloc(4096, 0x5a)),
      /is damaged .* restore/,
    ],
    ['the end cut off', (file: string) => truncateSync(file, 20 * 4096), /is damaged .* restore/],
    [
      'a log that is none',
      (file: string) => writeFileSync(`${file}-wal`, Buffer.alloc(9000, 0x5a), { mode: 0o600 }),
      /its log was overwritten/,
    ],
  ] as const)('%s', (_name, harm, sentence) => {
    const file = copied();
    harm(file);
    const before = readFileSync(file);
    expect(refusal(configured({ database: file }))).toMatch(sentence);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('the whole check names what is damaged', () => {
    const file = copied();
    changed(file, 5 * 4096, Buffer.alloc(4096, 0x5a));
    const ran = spawnSync(join(bin, 'karv'), ['store', 'check', '--config', configured({ database: file })], {
      encoding: 'utf8',
    });
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/, [1-9]\d* findings\n$/);
  });
});

ofFiles('a schema that is not this program’s', () => {
  const altered = (sql: string): string => {
    const file = copied();
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
    return file;
  };
  const newer = "insert into schema_migrations (number, name, digest) values (999001, 'tomorrow', x'00')";
  const half = 'delete from schema_migrations where number = (select max(number) from schema_migrations)';
  const edited =
    "update schema_migrations set digest = x'00' where number = (select max(number) from schema_migrations)";

  test.each([
    ['newer', newer, 'sandbox', /999001, which this program does not know: .* Start that version, or restore/],
    ['newer, in production', newer, 'production', /999001, which this program does not know/],
    ['half migrated', half, 'production', /is not applied: run `karv migrate up --config FILE`, then start again/],
    ['of another build', edited, 'sandbox', /was applied with another text: .* Start the version that made it/],
  ] as const)('%s', (_name, sql, mode, sentence) => {
    expect(refusal(configured({ database: altered(sql), mode }))).toMatch(sentence);
  });

  test('none at all, in production', () => {
    mkdirSync(join(scratch, 'empty'), { recursive: true });
    const said = refusal(configured({ database: join(scratch, 'empty', 'karv.db'), mode: 'production' }));
    expect(said).toMatch(/no schema yet: run `karv migrate up --config FILE`/);
  });
});

describe('several vaults in the configurations', () => {
  const changedFile = (name: string, change: (text: string) => string): string => {
    const text = readFileSync(join(installation.data, name), 'utf8');
    const file = join(scratch, name);
    expect(change(text)).not.toBe(text);
    writeFileSync(file, change(text), { mode: 0o600 });
    return file;
  };
  const instead = (processes: string) => (text: string) =>
    text.replace(/(\[vault\]\n)address = .*\n/, `$1processes = ${processes}\n`);

  test.each([
    ['an address and processes', (text: string) => text.replace(/(\[vault\]\n)/, '$1processes = ["a=x"]\n'), /either/],
    ['neither', (text: string) => text.replace(/(\[vault\]\n)address = .*\n/, '$1'), /either/],
    ['no address behind a name', instead('["a"]'), /"a" is not name=address/],
    ['a name that is none', instead('["A 1=127.0.0.1:1"]'), /is not name=address/],
    ['an address that is none', instead('["a=somewhere"]'), /destination vault is malformed/],
    ['a name twice', instead('["a=127.0.0.1:1", "a=127.0.0.1:2"]'), /two destinations named vault/],
  ] as const)('a server is refused with %s', (_name, change, sentence) => {
    expect(refusal(changedFile('server.toml', change))).toMatch(sentence);
  });

  test.each([
    ['a name that is none', /^mode = /m, 'process = "Vault A"\nmode = ', /process is not 1 to 16 lower-case letters/],
    [
      'a server among those that send card numbers',
      /^\[private\]$/m,
      '[private]\ntokenize_peers = ["karv-server"]',
      /never has card numbers/,
    ],
    [
      'a network key that is none',
      /^cryptograms_for = .*$/m,
      'cryptograms_for = "c2hvcnQ"',
      /cryptograms_for is not 32 bytes in base64url/,
    ],
  ] as const)('a vault is refused with %s', (_name, from, to, sentence) => {
    const file = changedFile('vault.toml', (text) => text.replace(from, to));
    expect(refusal(file, 'karv-vault')).toMatch(sentence);
  });
});
