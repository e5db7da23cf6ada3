// Migrations as an operator sees them, and a backup's whole life: made under load, proved, damaged, restored, reconciled.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { bin } from './support/paths.ts';
import { capture, orderPath, placedOrder, purchase } from './support/purchases.ts';
import { eventually, networkMessages } from './support/sandbox.ts';
import { System } from './support/system.ts';

let system: System;
let client: Client;
let folder: string;
beforeAll(async () => {
  system = await System.start();
  client = new Client(system);
  folder = mkdtempSync(join(tmpdir(), 'karv-backup-'));
});
afterAll(async () => {
  client.close();
  await system.stopClean();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}
const both = (): string[] => ['--server', join(system.data, 'server.toml'), '--vault', join(system.data, 'vault.toml')];

function karv(...command: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(join(bin, 'karv'), command, { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

/** Beside whatever else goes on here. */
function karvBeside(...command: string[]): Promise<Ran> {
  const child = spawn(join(bin, 'karv'), command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

describe('karv migrate', () => {
  test.each(['server', 'vault'])('says that the %s is up to date, and plans nothing', (which) => {
    const config = ['--config', join(system.data, `${which}.toml`)];
    const status = karv('migrate', 'status', ...config);
    expect(status.status, status.err).toBe(0);
    expect(status.out).toMatch(/^ {2}1001 {2}\S.* applied \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
    expect(status.out).toMatch(/\d+ applied, 0 pending, 0 that do not fit\n$/);
    expect(karv('migrate', 'plan', ...config).out).toMatch(/^0 would be applied/);
    const up = karv('migrate', 'up', ...config);
    expect([up.status, up.out.startsWith('0 applied')]).toEqual([0, true]);
  });

  test('lists what is pending, shows it, applies it, and says so each time', () => {
    const file = join(folder, 'fresh.toml');
    writeFileSync(file, `database = "${join(folder, 'fresh.db')}"\n`);
    const before = karv('migrate', 'status', '--config', file);
    expect([before.status, before.out]).toEqual([1, expect.stringMatching(/^0 applied, \d\d pending/m)]);
    const plan = karv('migrate', 'plan', '--config', file);
    expect([plan.status, plan.out]).toEqual([0, expect.stringMatching(/^ {4}create table orders$/m)]);
    expect(existsSync(join(folder, 'fresh.db'))).toBe(false);
    expect(karv('migrate', 'up', '--config', file).out).toMatch(/^applied 1001 outbox$/m);
    expect(karv('migrate', 'status', '--config', file).status).toBe(0);
  });

  test.each(['status', 'plan', 'up'])('%s refuses a database that a newer Karv has changed', (word) => {
    const file = join(folder, 'newer.toml');
    const path = join(folder, 'newer.db');
    if (!existsSync(path)) {
      writeFileSync(file, `database = "${path}"\n`);
      expect(karv('migrate', 'up', '--config', file).status).toBe(0);
      const database = new DatabaseSync(path);
      database.exec("insert into schema_migrations (number, name, digest) values (999001, 'tomorrow', x'00')");
      database.close();
    }
    const refused = karv('migrate', word, '--config', file);
    expect([refused.status, refused.err]).toEqual([
      1,
      expect.stringMatching(/migration 999001 \(tomorrow\), which this program does not know: .* Install that version/),
    ]);
    if (word === 'status') expect(refused.out).toMatch(/^999001 {2}tomorrow +UNKNOWN to this program$/m);
  });
});

describe('karv backup', () => {
  let first: string; // an order that is in the backup
  let second: string; // one that came after it

  test('is made as a pair while purchases go on, closed to others', async () => {
    first = await placedOrder(client, 'pay_now', purchase(50_000));
    const made = karvBeside('backup', 'create', ...both(), '--to', join(folder, 'one'));
    let ended = false;
    void made.then(() => (ended = true));
    let orders = 0;
    while (!ended) {
      await placedOrder(client);
      orders += 1;
    }
    const { status, out, err } = await made;
    expect(status, err).toBe(0);
    expect(orders).toBeGreaterThan(0);
    expect(out).toMatch(/^backup [0-9a-f]{32} of \S+: \d+ accounts, \d+ transfers/);
    expect(readdirSync(join(folder, 'one')).sort()).toEqual([
      'manifest.json',
      'manifest.mac',
      'server.copy',
      'vault.copy',
    ]);
    expect(statSync(join(folder, 'one')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(folder, 'one')))
      expect(statSync(join(folder, 'one', name)).mode & 0o777, name).toBe(0o600);
    second = await placedOrder(client, 'pay_now', purchase(60_000));
  });

  test('proves, and leaves nothing behind', () => {
    const scratch = mkdtempSync(join(folder, 'scratch-'));
    const proved = karv('backup', 'verify', join(folder, 'one'), ...both(), '--scratch', scratch);
    expect(proved.status, proved.out + proved.err).toBe(0);
    expect(proved.out).toMatch(/, [1-9]\d* audit records, 0 findings\n$/);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test.each([
    ['a file that is gone', (at: string) => rmSync(join(at, 'vault.copy')), /vault\.copy is missing/],
    ['a file cut short', (at: string) => truncateSync(join(at, 'server.copy'), 4096), /has 4096 bytes instead of/],
    ['a changed byte', (at: string) => flip(join(at, 'vault.copy')), /its SHA-256 differs/],
    ['a manifest cut short', (at: string) => truncateSync(join(at, 'manifest.json'), 100), /cut off, or of another/],
    [
      'a manifest that is far too large',
      (at: string) => writeFileSync(join(at, 'manifest.json'), Buffer.alloc(2_000_000, '{')),
      /is too large to be what it is called/,
    ],
    ['no manifest', (at: string) => rmSync(join(at, 'manifest.json')), /is no complete backup/],
    [
      'a manifest written by somebody else',
      (at: string) => edit(at, '"karv_version":"', '"karv_version":"9'),
      /changed/,
    ],
    ['a newer format', (at: string) => edit(at, '"format":1', '"format":2'), /format 2, this program knows 1/],
    ['another folder', (at: string) => rmSync(at, { recursive: true }), /is no folder/],
  ])('with %s is refused', (name, harm, sentence) => {
    const copy = join(folder, `harmed ${name}`);
    cpSync(join(folder, 'one'), copy, { recursive: true });
    harm(copy);
    const refused = karv('backup', 'verify', copy, ...both());
    expect([refused.status, refused.err]).toEqual([1, expect.stringMatching(sentence)]);
  });

  test('does not take the place of anything', () => {
    const again = karv('backup', 'create', ...both(), '--to', join(folder, 'one'));
    expect([again.status, again.err]).toEqual([1, expect.stringMatching(/exists already/)]);
    const over = karv('backup', 'restore', join(folder, 'one'), ...both());
    expect([over.status, over.err]).toEqual([1, expect.stringMatching(/there is a store at .*--set-aside/)]);
    const served = karv('backup', 'restore', join(folder, 'one'), ...both(), '--set-aside');
    expect([served.status, served.err]).toEqual([1, expect.stringMatching(/is served by|is in use by/)]);
  });

  test('that finds no room leaves nothing that looks complete', () => {
    const words = ['backup', 'create', ...both(), '--to', join(folder, 'full')];
    const script = 'trap "" XFSZ; ulimit -f 8; exec "$@"';
    const ran = spawnSync('bash', ['-c', script, 'bash', join(bin, 'karv'), ...words], { encoding: 'utf8' });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^karv: /m);
    expect(readdirSync(folder).filter((name) => name.startsWith('full'))).toEqual([]);
  });

  test.each([
    [['backup'], 'needs a command: create verify restore reconcile'],
    [['backup', 'create'], '--server is required'],
    [['backup', 'verify', '--server', 'a', '--vault', 'b'], 'folder is required'],
    [['backup', 'reconcile', '--server', 'a', '--vault', 'b'], '--reason is required'],
    [['migrate'], 'needs a command: status plan up'],
  ])('told %j, says what is missing', (command, words) => {
    const told = karv(...command);
    expect(told.status).toBe(2);
    expect(told.err).toContain(words);
  });

  test('takes the two configurations for what they are', () => {
    const [, server = '', , vault = ''] = both();
    const crossed = karv('backup', 'create', '--server', server, '--vault', server, '--to', join(folder, 'x'));
    expect([crossed.status, crossed.err]).toEqual([1, expect.stringMatching(/is no vault\.toml/)]);
    expect(karv('backup', 'create', '--server', vault, '--vault', vault, '--to', join(folder, 'x')).status).toBe(1);
    const bad = karv('backup', 'reconcile', ...both(), '--reason', 'x', '--accept', 'nobody');
    expect([bad.status, bad.err]).toEqual([1, expect.stringMatching(/--accept nobody: that is no customer's id/)]);
  });

  test('is restored with frozen tokens, which move money again when both stores agree', async () => {
    client.close();
    await system.stop();
    const restored = karv('backup', 'restore', join(folder, 'one'), ...both(), '--set-aside');
    expect(restored.status, restored.out + restored.err).toBe(0);
    expect(restored.out.match(/^what was there is now \S+before_\S+$/gm)).toHaveLength(2);
    expect(restored.out).toMatch(/The vault's tokens are frozen/);
    await system.start();
    client = new Client(system);
    expect((await client.get(orderPath(second))).status).toBe(404);

    // The merchant may go on; the completion waits.
    await capture(client, first, 50_000);
    await placedOrder(client, 'pay_now', purchase(70_000));
    await eventually('a refusal', () =>
      Promise.resolve(system.log('karv-vault').includes('TOKEN_FROZEN') || undefined),
    );
    await sleep(1_000);
    expect(await completions(50_000)).toBe(0);

    const reconciled = karv('backup', 'reconcile', ...both(), '--reason', 'report 4711 compared by Ann');
    expect(reconciled.status, reconciled.out + reconciled.err).toBe(0);
    expect(reconciled.out).toMatch(/compared, 0 differences; [1-9]\d* tokens unfrozen, 0 still frozen\n$/);
    await eventually('the completion', async () => ((await completions(50_000)) > 0 ? true : undefined), 60_000);
  });
});

/** How often the card network was told that this much of a hold is taken. (It forgot the hold when it was stopped.) */
async function completions(amount: number): Promise<number> {
  return (await networkMessages(system)).filter((message) => message.mti === '0220' && message.amount === amount)
    .length;
}
function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  writeFileSync(file, bytes);
}
function edit(at: string, from: string, to: string): void {
  const file = join(at, 'manifest.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
}
