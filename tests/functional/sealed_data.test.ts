// Personal data on the payment server: what is on its disk opens nothing, the vault opens its keys; with the vault away or
// sealed the rest goes on, and the job that renews the keys survives being killed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { Client, type Answer } from './support/client.ts';
import { Custodians } from './support/custodians.ts';
import { ask, onPostgres } from './support/postgres.ts';
import { purchase } from './support/purchases.ts';
import { eventually } from './support/sandbox.ts';

const surname = 'Unmistakable-Sjöberg';
// What a shop sends along about who buys; unlike an address it is shown before the shopper has authorized.
const attachment = {
  content_type: 'application/vnd.klarna.internal.emd-v2+json',
  body: JSON.stringify({ customer: surname }),
};
const plain = purchase(10_000);
const withAddress = purchase(10_000, { attachment });
let installation: Installation;
let custodians: Custodians;
let client: Client;
let known = '';

const create = (body: unknown): Promise<Answer> => client.post('/payments/v1/sessions', body);
const idOf = (made: Answer): string => made.json<{ session_id: string }>().session_id;
const read = (session: string): Promise<Answer> => client.get(`/payments/v1/sessions/${session}`);
function connect(): void {
  const { merchant, authority } = installation;
  client = new Client({ addresses: merchant, merchant, authority });
}
async function restartServer(): Promise<void> {
  client.close();
  await installation.kill('karv-server');
  await installation.start('karv-server');
  connect();
}
/** One number from the server's database. */
function count(query: string): number {
  const database = /^database = "(.*)"$/m.exec(readFileSync(join(installation.data, 'server.toml'), 'utf8'))?.[1] ?? '';
  if (onPostgres) return Number(ask(database, query));
  const opened = new DatabaseSync(database, { readOnly: true });
  try {
    return Number(Object.values(opened.prepare(query).get() ?? {})[0]);
  } finally {
    opened.close();
  }
}
async function opensAgain(): Promise<void> {
  const answer = await eventually('the session is read again', async () => {
    const said = await read(known);
    return said.status === 200 ? said : undefined;
  });
  expect(answer.text).toContain(surname);
  await eventually('sessions with details are made again', async () =>
    (await create(withAddress)).status === 200 ? true : undefined,
  );
}
async function expectShut(): Promise<void> {
  for (const refused of [await read(known), await create(withAddress)]) {
    expect(refused.status).toBe(503);
    expect(refused.error.error_code).toBe('TEMPORARILY_UNAVAILABLE');
    expect(refused.text).not.toContain(surname);
  }
  const made = await create(plain);
  expect(made.status).toBe(200);
  expect((await read(idOf(made))).status).toBe(200);
}

beforeAll(async () => {
  installation = await Installation.create(engineOfTests());
  custodians = new Custodians(installation.data, ['Anna Berg', 'Bela Cohn']);
  custodians.init(2);
  for (const process of ['karv-sandbox', 'karv-vault'] as const) await installation.start(process);
  custodians.accept();
  custodians.unseal(2);
  await installation.start('karv-server');
  connect();
});
afterAll(async () => {
  client.close();
  await installation.stopAll();
  installation.remove();
});

test('names are on the disk of neither side, and no key of theirs is a file', async () => {
  const made = await create(withAddress);
  expect(made.status).toBe(200);
  known = idOf(made);
  expect((await read(known)).text).toContain(surname);
  expect(existsSync(join(installation.data, 'secrets', 'epoch.key'))).toBe(false);
  const files = readdirSync(installation.data).filter((name) => /\.db(-wal)?$/.test(name));
  if (!onPostgres) expect(files).toContain('server.db');
  for (const file of files) expect(readFileSync(join(installation.data, file)).includes(surname)).toBe(false);
});

test('all that the server has on its disk opens nothing: started without the vault it answers 503', async () => {
  await installation.kill('karv-vault');
  expect((await read(known)).text).toContain(surname); // open for five minutes
  await restartServer();
  await expectShut();
});

test('a sealed vault is like none, and when it is unsealed the same requests are answered', async () => {
  await installation.start('karv-vault');
  await expectShut();
  custodians.unseal(2);
  await opensAgain();
});

test('a vault that is sealed while it serves: what is open and in stock goes on', async () => {
  custodians.done('seal', ...custodians.operator, '--reason', 'a test');
  expect((await read(known)).text).toContain(surname);
  expect((await create(withAddress)).status).toBe(200);
  await restartServer();
  await expectShut();
  custodians.unseal(2);
  await opensAgain();
});

test(
  'kill -9 while keys are renewed: the rest is renewed afterwards, and everything opens',
  { timeout: 300_000 },
  async () => {
    const sessions: string[] = [];
    for (let i = 0; i < 1_200; ++i) {
      const made = await create(withAddress);
      if (made.status === 200) sessions.push(idOf(made));
    }
    expect(sessions.length).toBeGreaterThan(1_000);
    const first = count('select max(epoch) from subject_keys');
    const newer = `select count(*) from subject_keys where epoch > ${first}`;
    const older = `select count(*) from subject_keys where epoch <= ${first}`;
    const listed = custodians.done('keys', 'list', ...custodians.operator);
    const epoch = /^(\S+) +epoch +\d+ +active/m.exec(listed)?.[1] ?? '';
    custodians.done('keys', 'rotate', epoch, ...custodians.operator);

    const moved = client.post('/sandbox/v1/clock', { advance: 'PT11M' }).catch(() => undefined);
    await eventually('some are renewed', () => Promise.resolve(count(newer) > 0 ? true : undefined), 120_000);
    await restartServer();
    await moved;
    await eventually(
      'all are renewed',
      async () => {
        await client.post('/sandbox/v1/clock', { advance: 'PT11M' });
        await sleep(1_000); // a session lives for 48 hours
        return count(older) === 0 ? true : undefined;
      },
      120_000,
    );
    await restartServer();
    for (const session of [known, ...sessions.filter((_, i) => i % 50 === 0)])
      expect((await read(session)).text).toContain(surname);
  },
);
