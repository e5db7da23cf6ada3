// Two karv-vaults on one PostgreSQL: one dies under load, and each purchase's money moves once, by the card network's own
// books.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { ask, onPostgres } from './support/postgres.ts';
import { capture, placedOrder, purchase, readOrder } from './support/purchases.ts';
import { books, eventually, type BookLine } from './support/sandbox.ts';
import { ExtraServer } from './support/servers.ts';
import { System } from './support/system.ts';
import { ExtraVault, privateAddress, sealVault, vaultStatus, withVaults } from './support/vaults.ts';

interface Bought {
  readonly amount: number;
  order: string | null;
  captured: boolean;
}

describe.runIf(onPostgres)('several vaults on one database', () => {
  let system: System;
  let vault: ExtraVault;
  let server: ExtraServer;
  beforeAll(async () => {
    system = await System.start();
    vault = await ExtraVault.start(system, 'second');
    const own = privateAddress(readFileSync(join(system.data, 'vault.toml'), 'utf8'));
    server = await ExtraServer.start(system, (text) => withVaults(text, own, vault));
  });
  afterAll(async () => {
    await server.stop();
    await vault.stop();
    await system.stopClean();
  });
  const open = (): number => Number(ask(system.stores.at(-1) ?? '', 'select count(*) from open_operations'));
  let amount = 50_000;

  /** Buys until it is told to stop; each purchase has an amount of its own, so that the books can be searched for it. */
  async function buy(bought: Bought[], until: () => boolean): Promise<void> {
    let client = new Client(system, system.merchant, server.port);
    while (!until()) {
      await sleep(100); // the network shows its newest 2000 operations, and all of these must be among them
      const one: Bought = { amount: (amount += 5), order: null, captured: false };
      bought.push(one);
      try {
        one.order = await placedOrder(client, 'pay_now', purchase(one.amount));
        await capture(client, one.order, one.amount);
        one.captured = true;
      } catch {
        client.close();
        client = new Client(system, system.merchant, server.port);
      }
    }
    client.close();
  }

  function expectMovedOnce(one: Bought, lines: readonly BookLine[]): void {
    const held = lines.filter((line) => line.held === one.amount || line.charged === one.amount);
    const moved = held.filter((line) => line.completed > 0 || line.charged > 0);
    const alive = held.filter((line) => line.completed > 0 || line.charged > 0 || line.remaining > 0);
    expect(moved.length, JSON.stringify(held)).toBeLessThanOrEqual(1);
    for (const line of moved) expect(line.completed + line.charged).toBe(one.amount);
    if (one.order !== null) expect(alive, JSON.stringify({ one, held })).toHaveLength(1);
    if (one.captured) expect(moved, JSON.stringify({ one, held })).toHaveLength(1);
  }

  /** The network's books when all is settled: a server whose vault died asks again by its own jobs. */
  function settledBooks(bought: readonly Bought[]): Promise<BookLine[]> {
    const moves = (lines: readonly BookLine[], one: Bought): boolean =>
      lines.some((line) => line.held === one.amount && line.completed === one.amount);
    return eventually(
      'everything is settled',
      async () => {
        const now = await books(system);
        return open() === 0 && bought.every((one) => !one.captured || moves(now, one)) ? now : undefined;
      },
      120_000,
    );
  }

  test('both serve, and each shows the other', async () => {
    const bought: Bought[] = [];
    await buy(bought, () => bought.length >= 6);
    expect(bought.filter((one) => one.captured)).toHaveLength(6);
    await eventually('both are listed', () => {
      const said = vaultStatus(system, 'operator-second.toml');
      return Promise.resolve(/\* process second {2}open/.test(said) && /process {3}open/.test(said) ? true : undefined);
    });
  });

  test('kill -9 of one under load: purchases go on, and money moves once', { timeout: 200_000 }, async () => {
    const bought: Bought[] = [];
    let stop = false;
    const buyers = Array.from({ length: 5 }, () => buy(bought, () => stop));
    await sleep(3_000);
    await vault.kill();
    const before = bought.filter((one) => one.captured).length;
    await sleep(5_000);
    const between = bought.filter((one) => one.captured).length;
    await vault.start();
    await sleep(3_000);
    stop = true;
    await Promise.all(buyers);
    expect(before).toBeGreaterThan(0);
    expect(between).toBeGreaterThan(before);
    const lines = await settledBooks(bought);
    for (const one of bought) expectMovedOnce(one, lines);
    const client = new Client(system, system.merchant, server.port);
    for (const one of bought) {
      if (one.order === null) continue;
      const order = await readOrder(client, one.order);
      if (one.captured) expect(order.captured_amount).toBe(one.amount);
    }
    client.close();
  });

  test('one stands still for longer than its leases: what it had is taken over, and it undoes what comes too late', async () => {
    const bought: Bought[] = [];
    let stop = false;
    const buyers = Array.from({ length: 4 }, () => buy(bought, () => stop));
    await sleep(2_000);
    vault.pause();
    await sleep(24_000);
    const during = bought.filter((one) => one.captured).length;
    await sleep(3_000);
    expect(bought.filter((one) => one.captured).length).toBeGreaterThan(during);
    vault.resume();
    await sleep(3_000);
    stop = true;
    await Promise.all(buyers);
    const lines = await settledBooks(bought);
    for (const one of bought) expectMovedOnce(one, lines);
  }, 240_000);

  test('a sealed vault is passed over, and the seal reaches both', async () => {
    // The first is opened again by its PIN file only at a start: so it is sealed last.
    const client = new Client(system, system.merchant, server.port);
    await vault.kill();
    await capture(client, await placedOrder(client, 'pay_now', purchase(40_000)), 40_000);
    await vault.start();
    sealVault(system, 'operator-second.toml');
    await eventually('the first is sealed too', () =>
      Promise.resolve(vaultStatus(system).startsWith('sealed: a test') ? true : undefined),
    );
    await expect(placedOrder(client, 'pay_now', purchase(40_000))).rejects.toThrow();
    await vault.stop();
    await vault.start(); // opened by its PIN file; the first stays sealed
    for (let i = 0; i < 4; i += 1)
      await capture(client, await placedOrder(client, 'pay_now', purchase(40_000)), 40_000);
    client.close();
  });
});
