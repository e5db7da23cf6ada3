// The command line: what it says and how it ends.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { bin, root } from './support/paths.ts';
import { onPostgres } from './support/postgres.ts';
import { System } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  await system.stopClean();
});

const karv = (...command: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(join(bin, 'karv'), command, { encoding: 'utf8' });

describe('karv', () => {
  test('teaches by examples', () => {
    const help = karv('--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toMatch(/karv ledger verify --config/);
    expect(help.stdout.split('\n').every((line) => line.length <= 120)).toBe(true);
    expect(karv('--version').stdout).toMatch(/^karv \d+\.\d+\.\d+\n$/);
    expect(karv('dev', '--help').stdout).toMatch(/--free-ports/);
  });

  test.each([[[]], [['nonsense']], [['dev', '--nonsense']], [['dev', '--base-port', '99']], [['ledger', 'verify']]])(
    'with %j ends with 2',
    (command) => expect(karv(...command).status).toBe(2),
  );

  test.each([
    [[], '`karv` needs a command: dev migrate merchant ledger audit'],
    [['nonsense'], '`karv nonsense` is not known; there are: dev migrate'],
    [['ledger'], '`karv ledger` needs a command: verify'],
    [['merchant', 'lost'], '`karv merchant lost` is not known; there are: create credential list disable origin'],
    [['ledger', 'verify'], '--config is required\n`karv ledger verify --help` says more.'],
  ])('told %j, says what there is', (command, words) => {
    expect(karv(...command).stderr).toContain(words);
  });

  test.each(['karv-server', 'karv-vault'])('%s says how it is started', (name) => {
    const help = spawnSync(join(bin, name), ['--help'], { encoding: 'utf8' });
    expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(/^usage: karv-\w+ --config FILE\n/)]);
    const wrong = spawnSync(join(bin, name), ['--nonsense'], { encoding: 'utf8' });
    expect([wrong.status, wrong.stdout, wrong.stderr]).toEqual([2, '', help.stdout]);
  });

  test('names what is wrong with a configuration', () => {
    const folder = mkdtempSync(join(tmpdir(), 'karv-cli-'));
    const file = join(folder, 'server.toml');
    for (const text of ['', 'database = 4', 'database = "x"\n[secrets]\n', '[[[']) {
      writeFileSync(file, text);
      const answer = karv('ledger', 'verify', '--config', file);
      expect([answer.status, answer.stderr.startsWith('karv: ')], answer.stderr).toEqual([1, true]);
    }
    const none = karv('ledger', 'verify', '--config', join(folder, 'none'));
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining(join(folder, 'none'))]);
  });
});

describe('karv dev', () => {
  test('leaves secrets to their owner only', () => {
    for (const name of [
      'merchant.json',
      'server.toml',
      'secrets/server.key',
      'secrets/hsm.pin',
      'tls/ca.key',
      ...(onPostgres ? [] : ['server.db']),
    ]) {
      expect(statSync(join(system.data, name)).mode & 0o077, name).toBe(0);
    }
    expect(statSync(system.data).mode & 0o077).toBe(0);
  });

  test('gives every process a key of its own', () => {
    const names = ['pay.localhost', 'vault.localhost', 'shop.localhost', 'vault-private', 'karv-server', 'karv-vault'];
    const keys = names.map((name) => readFileSync(join(system.data, 'tls', `${name}.key`), 'utf8'));
    expect(new Set(keys).size).toBe(names.length);
  });

  test('does not start twice on one folder, nor empty a folder that is not its own', () => {
    const common = ['--free-ports', '--root', root, '--bin', bin];
    const second = karv('dev', ...common, '--data', system.data);
    expect([second.status, second.stderr]).toEqual([1, `karv: another \`karv dev\` runs on ${system.data}\n`]);
    const foreign = mkdtempSync(join(tmpdir(), 'karv-foreign-'));
    writeFileSync(join(foreign, 'precious'), 'x');
    expect(karv('dev', ...common, '--data', foreign, '--fresh').status).toBe(1);
    expect(readFileSync(join(foreign, 'precious'), 'utf8')).toBe('x');
  });

  test('says what is missing', () => {
    const answer = karv('dev', '--root', '/nonexistent', '--bin', bin);
    expect(answer.status).toBe(1);
    expect(answer.stderr).toMatch(/sandbox\/main\.ts is missing/);
  });
});

describe('karv merchant, migrate, verify', () => {
  test('merchants are made, listed and refused', () => {
    const made = system.karv(
      'merchant',
      'create',
      '--name',
      'Kafé Ö',
      '--country',
      'SE',
      '--origin',
      'https://kafe.example',
    );
    const { merchant_id } = JSON.parse(made.stdout) as { merchant_id: string };
    const listed = system
      .karv('merchant', 'list')
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(listed).toContainEqual({
      merchant_id,
      name: 'Kafé Ö',
      country: 'SE',
      status: 'active',
      origins: ['https://kafe.example'],
    });
    const origin = (...given: string[]) => system.karv('merchant', 'origin', ...given, '--merchant', merchant_id);
    expect(origin('add', '--origin', 'https://b.example:8443').status).toBe(0);
    expect(origin('remove', '--origin', 'https://kafe.example').status).toBe(0);
    expect(origin('list').stdout).toBe('{"origin":"https://b.example:8443"}\n');
    expect(origin('add', '--origin', 'http://plain.example').stderr).toMatch(/https:\/\/host/);
    expect(origin('remove', '--origin', 'https://kafe.example').stderr).toMatch(/no such origin/);
    expect(system.karv('merchant', 'create', '--name', 'x', '--country', 'sverige').status).toBe(1);
    expect(system.karv('merchant', 'create', '--name', 'x', '--country', 'SE', '--origin', 'http://plain').status).toBe(
      1,
    );
    expect(system.karv('merchant', 'credential', '--merchant', 'nonsense').status).toBe(1);
    expect(system.karv('merchant', 'disable', '--username', 'nobody').status).toBe(1);
  });

  test('a schema that is there is left alone', () => {
    expect(system.karv('migrate', 'up').status).toBe(0);
  });

  test('the books are verified while the server runs', () => {
    expect(system.karv('ledger', 'verify').stdout).toMatch(/^ledger: \d+ accounts, \d+ transfers, .* 0 findings\n$/);
    expect(system.karv('audit', 'verify').stdout).toMatch(/, 0 findings\n$/);
  });
});

test('health says that purchases can be made', async () => {
  const client = new Client(system);
  const answer = await client.get('/health', { credentials: null });
  client.close();
  expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
});
