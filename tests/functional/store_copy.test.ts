// Growing: the server's database goes from a file to PostgreSQL by `karv store copy`, which is killed in between and goes
// on; then the shoppers pay on, on PostgreSQL.
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { bin } from './support/paths.ts';
import { ask, makeDatabases, onPostgres } from './support/postgres.ts';
import {
  authorized,
  capture,
  expectStatus,
  orderPath,
  placedOrder,
  purchase,
  readOrder,
  refund,
} from './support/purchases.ts';
import { System } from './support/system.ts';

const purchases = 16;

function karv(...command: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(join(bin, 'karv'), command, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

function expectRan(ran: ReturnType<typeof karv>, status: number, words: string): void {
  expect(ran.said).toContain(words);
  expect(ran.status).toBe(status);
}

// It begins on a file and makes its own PostgreSQL: on the other engine it would be the same test again.
describe.skipIf(onPostgres)('from a file to PostgreSQL', () => {
  let system: System;
  let address: string;
  let fileConfig: string;
  let grownConfig: string;
  beforeAll(async () => {
    system = await System.start();
    address = (await makeDatabases()).server;
    fileConfig = join(system.data, 'file.toml');
    grownConfig = join(system.data, 'grown.toml');
    const text = readFileSync(join(system.data, 'server.toml'), 'utf8');
    writeFileSync(fileConfig, text, { mode: 0o600 });
    writeFileSync(grownConfig, text.replace(/^database = .*$/m, `database = ${JSON.stringify(address)}`), {
      mode: 0o600,
    });
  });
  afterAll(async () => {
    await system.stopClean();
  });

  const copy = (): ReturnType<typeof karv> => karv('store', 'copy', '--from-config', fileConfig, '--to', address);

  /** Kills a copy the hard way, somewhere in the midst of it; answers how many rows of all it had brought. */
  async function killCopy(): Promise<{ readonly brought: number; readonly all: number }> {
    // A row to a transaction, so that there is a midst.
    const command = ['store', 'copy', '--from-config', fileConfig, '--to-config', grownConfig, '--page-rows', '1'];
    const child = spawn(join(bin, 'karv'), command, { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => child.stderr.once('data', resolve)); // it copies
    await sleep(5 + randomInt(20)); // all of it takes some 150 ms on a fast machine
    child.kill('SIGKILL');
    await ended;
    const [brought, all] = ask(address, 'select sum(copied_rows), sum(source_rows) from store_copy_tables').split('|');
    return { brought: Number(brought), all: Number(all) };
  }

  test('what was bought before is paid on after', async () => {
    const before = new Client(system);
    const orders: string[] = [];
    for (let n = 0; n < purchases; n += 1) {
      const order = await placedOrder(before, n % 2 === 0 ? 'pay_later' : 'pay_now', purchase(60_000));
      await capture(before, order, 20_000);
      orders.push(order);
    }
    const open = await authorized(before, 'pay_over_time', purchase(60_000));
    const known = await Promise.all(orders.map((order) => readOrder(before, order)));
    before.close();

    expectRan(copy(), 1, 'is served by');
    await system.stop();
    expectRan(copy(), 1, 'has no schema');
    expect(karv('migrate', 'up', '--config', grownConfig).status).toBe(0);

    // Somewhere in it, twice; until it is whole, nobody takes it.
    const first = await killCopy();
    const second = await killCopy();
    expect(first.brought).toBeGreaterThan(0);
    expect(second.brought).toBeGreaterThan(first.brought);
    expect(second.brought).toBeLessThan(second.all);
    for (const command of [
      ['migrate', 'up'],
      ['ledger', 'verify'],
      ['merchant', 'list'],
    ]) {
      expectRan(karv(...command, '--config', grownConfig), 1, 'broken off');
    }
    const refused = spawnSync(join(bin, 'karv-server'), ['--config', grownConfig], { encoding: 'utf8' });
    expect(refused.status).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toContain('broken off');

    const done = copy();
    expect(done.said).toContain('going on with the copy');
    expect(done.said).toMatch(/ledger: \d+ accounts, \d+ transfers, \d+ open reservations, 0 findings, on both sides/);
    expectRan(done, 0, 'the same on both sides');
    expectRan(copy(), 0, 'whole already');

    await system.start(['--server-database', address]);
    const after = new Client(system);
    expect(await Promise.all(orders.map((order) => readOrder(after, order)))).toEqual(known);
    for (const order of orders.slice(0, 4)) {
      await capture(after, order, 40_000);
      await refund(after, order, 5_000);
    }
    const path = `/payments/v1/authorizations/${open.token}/order`;
    const placed = expectStatus(await after.post(path, purchase(60_000)), 200).json<{ order_id: string }>();
    await capture(after, placed.order_id, 60_000);
    expect((await after.get(orderPath(placed.order_id))).json()).toMatchObject({ status: 'CAPTURED' });
    after.close();
    expect(karv('ledger', 'verify', '--config', grownConfig).said).toMatch(/, 0 findings\n$/);
    expect(karv('audit', 'verify', '--config', grownConfig).said).toMatch(/, 0 findings\n$/);
  });

  test('what cannot be copied is refused, and says what to do', () => {
    const file = /^database = "(.*)"$/m.exec(readFileSync(fileConfig, 'utf8'))?.[1] ?? '';
    const roundabout = join(system.data, 'same.db');
    copyFileSync(file, roundabout);
    const refusals: [string[], number, string][] = [
      [['--from', file], 2, 'name one target'],
      [['--from', file, '--from-config', fileConfig, '--to', address], 2, 'name one source'],
      [['--from', file, '--to', `sqlite:${file}`], 1, 'the same database'],
      [['--from', file, '--to', address, '--page-rows', '0'], 2, 'page-rows'],
      [['--from', `${file}.gone`, '--to', address], 1, 'does not exist'],
      [['--from', file, '--to', 'postgresql://karv:hunter2@db.example/karv'], 1, 'holds a password'],
      [['--from', file, '--to', roundabout], 1, 'not empty'],
      [['--from', roundabout, '--to', address], 1, 'in use'],
      [['--from-config', join(system.data, 'merchant.json'), '--to', address], 1, 'merchant.json'],
    ];
    for (const [command, status, words] of refusals) {
      const ran = karv('store', 'copy', ...command);
      expectRan(ran, status, words);
      expect(ran.said).not.toContain('hunter2');
    }
  });
});
