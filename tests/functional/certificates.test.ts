// Certificates exchanged while purchases go on: nothing fails, the new ones are presented, and what does not fit is refused.
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './support/client.ts';
import { bin } from './support/paths.ts';
import { capture, placedOrder, purchase } from './support/purchases.ts';
import { eventually } from './support/sandbox.ts';
import { System, type ProcessName } from './support/system.ts';
import { privateAddress, vaultStatus } from './support/vaults.ts';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  await system.stopClean();
});
const at = (name: string): string => join(system.data, 'tls', name);

function openssl(...words: string[]): string {
  const ran = spawnSync('openssl', words, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`openssl ${words.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
}
const serialOf = (file: string): string =>
  openssl('x509', '-in', file, '-noout', '-serial').trim().replace('serial=', '');

/** A new pair of this name, beside the one in use. */
function makePair(name: string, days = 90): void {
  writeFileSync(
    at(`${name}.ext`),
    `subjectAltName=DNS:${name},IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature\n`,
  );
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key.new`)];
  openssl('req', '-new', ...key, '-subj', `/CN=${name}`, '-out', at(`${name}.csr`));
  const authority = ['-CA', at('ca.crt'), '-CAkey', at('ca.key')];
  const from = ['x509', '-req', '-in', at(`${name}.csr`), '-extfile', at(`${name}.ext`)];
  openssl(...from, ...authority, '-days', String(days), '-out', at(`${name}.crt.new`));
}
/** Puts it in place; answers its serial number. */
function exchange(name: string, days = 90): string {
  makePair(name, days);
  for (const end of ['key', 'crt']) renameSync(at(`${name}.${end}.new`), at(`${name}.${end}`));
  return serialOf(at(`${name}.crt`));
}

/** The serial number that a door presents to a new connection. */
function presented(port: number, servername: string, clientName?: string): Promise<string> {
  const own =
    clientName === undefined
      ? {}
      : { cert: readFileSync(at(`${clientName}.crt`)), key: readFileSync(at(`${clientName}.key`)) };
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, ca: system.authority, ...own }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
const portOf = (url: string): number => Number(new URL(url).port);
const vaultPrivate = (): number =>
  Number(privateAddress(readFileSync(join(system.data, 'vault.toml'), 'utf8')).split(':')[1]);
const count = (process: ProcessName, event: string): number =>
  system.log(process).split(`"event":"${event}"`).length - 1;

test('new pairs of every kind are taken under load, and no purchase fails', async () => {
  let stop = false;
  let bought = 0;
  const failures: unknown[] = [];
  const buy = async (): Promise<void> => {
    while (!stop) {
      const client = new Client(system); // with a connection of its own, so that each sees the door as it is now
      try {
        await capture(client, await placedOrder(client, 'pay_now', purchase(50_000)), 50_000);
        bought += 1;
      } catch (error) {
        failures.push(error);
      }
      client.close();
    }
  };
  const buyers = [buy(), buy()];
  const doors = [
    { port: portOf(system.addresses.pay), name: 'pay.localhost' },
    { port: portOf(system.addresses.vault), name: 'vault.localhost' },
    { port: vaultPrivate(), name: 'vault-private', client: 'karv-server' },
  ];
  for (const round of [1, 2]) {
    const before = bought;
    for (const door of doors) {
      const serial = exchange(door.name);
      await eventually(`${door.name} shows its new certificate (${round})`, async () =>
        (await presented(door.port, door.name, door.client)) === serial ? true : undefined,
      );
    }
    // Those that are clients: the server towards the vault, the vault towards the card network and the bank.
    for (const name of ['karv-server', 'karv-vault']) exchange(name);
    await eventually('a purchase afterwards', () => Promise.resolve(bought > before + 2 ? true : undefined), 60_000);
  }
  await eventually('the clients have theirs too', () =>
    Promise.resolve(
      count('karv-server', 'certificate_exchanged') >= 4 && count('karv-vault', 'certificate_exchanged') >= 8
        ? true
        : undefined,
    ),
  );
  expect(system.log('karv-vault')).toMatch(/"event":"certificate_exchanged","name":"bank sandbox-bank"/);
  await sleep(1_000);
  stop = true;
  await Promise.all(buyers);
  expect(failures).toEqual([]);
  expect(bought).toBeGreaterThan(4);
}, 180_000);

test('SIGHUP reads them at once', async () => {
  const serial = exchange('pay.localhost');
  process.kill(system.addresses.processes['karv-server'], 'SIGHUP');
  await eventually(
    'the new certificate',
    async () => ((await presented(portOf(system.addresses.pay), 'pay.localhost')) === serial ? true : undefined),
    4_000,
  );
});

test('a broken file, a foreign certificate and half a pair are refused, and the old pair stays', async () => {
  const port = portOf(system.addresses.vault);
  const before = await presented(port, 'vault.localhost');
  const kept = { key: readFileSync(at('vault.localhost.key')), crt: readFileSync(at('vault.localhost.crt')) };
  let refused = count('karv-vault', 'certificate_refused');
  const isRefused = async (what: string): Promise<void> => {
    await eventually(`${what} is refused`, () =>
      Promise.resolve(count('karv-vault', 'certificate_refused') > refused ? true : undefined),
    );
    refused = count('karv-vault', 'certificate_refused');
    expect(await presented(port, 'vault.localhost')).toBe(before);
  };
  writeFileSync(at('vault.localhost.crt'), 'no certificate\n');
  await isRefused('a broken file');
  writeFileSync(at('vault.localhost.crt'), readFileSync(at('shop.localhost.crt')));
  await isRefused("another's certificate");
  writeFileSync(at('vault.localhost.crt'), kept.crt);
  makePair('vault.localhost');
  renameSync(at('vault.localhost.key.new'), at('vault.localhost.key'));
  await isRefused('half a pair');
  renameSync(at('vault.localhost.crt.new'), at('vault.localhost.crt'));
  const next = serialOf(at('vault.localhost.crt'));
  await eventually('the other half is taken', async () =>
    (await presented(port, 'vault.localhost')) === next ? true : undefined,
  );
  expect(vaultStatus(system)).toMatch(new RegExp(`certificate of the public door  ${next}  until .*exchanges refused`));
}, 120_000);

test('what ends within 30 days is said', async () => {
  const serial = exchange('vault.localhost', 20);
  await eventually('it is taken', async () =>
    (await presented(portOf(system.addresses.vault), 'vault.localhost')) === serial ? true : undefined,
  );
  // Once for each door that presents it: the card form's and the staff's.
  await eventually('the warning', () =>
    Promise.resolve(count('karv-vault', 'certificate_ends_soon') === 2 ? true : undefined),
  );
  expect(vaultStatus(system)).toContain('ENDS SOON');
  const words = ['doctor', '--vault', join(system.data, 'vault.toml'), '--server', join(system.data, 'server.toml')];
  const doctor = spawnSync(join(bin, 'karv'), words, { encoding: 'utf8' });
  expect(doctor.stdout).toMatch(/vault\.localhost\.crt is good until \S+ only/);
  expect(doctor.stdout).toMatch(/\d+ certificates are good until/);
});
