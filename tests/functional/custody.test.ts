// Who opens the vault: the ceremony, custodians and operators, through the programs that they use.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { Client } from './support/client.ts';
import { bin } from './support/paths.ts';
import { capture, placedOrder, purchase } from './support/purchases.ts';
import { eventually } from './support/sandbox.ts';

let installation: Installation;
const people = ['Anna Berg', 'Bela Cohn', 'Cleo Dahl'] as const;
type Person = (typeof people)[number] | 'Dora Ek' | 'Emil Falk';
const at = (...names: string[]): string => join(installation.data, ...names);
const slug = (person: Person): string => person.toLowerCase().replace(' ', '-');

function karv(...words: string[]): { readonly code: number | null; readonly said: string } {
  const ran = spawnSync(join(bin, 'karv'), ['vault', ...words], {
    encoding: 'utf8',
    env: { ...process.env, SOFTHSM2_CONF: at('hsm', 'softhsm2.conf') },
  });
  return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

/** The share file that the ceremony made for somebody. */
function shareOf(person: Person, folder = 'shares'): string {
  for (const name of readdirSync(at(folder))) {
    const file = at(folder, name);
    if ((JSON.parse(readFileSync(file, 'utf8')) as { name: string }).name === person) return file;
  }
  throw new Error(`no share for ${person}`);
}
/** The status of the page for staff, asked for with one of the installation's certificates or none. Errors: no answer. */
function staffPage(certificate?: string): Promise<number | undefined> {
  const section = readFileSync(at('vault.toml'), 'utf8').split('[staff]')[1] ?? '';
  const port = /^url = "https:\/\/vault\.localhost:(\d+)"/m.exec(section)?.[1];
  const shown =
    certificate === undefined
      ? {}
      : {
          cert: readFileSync(at('tls', `${certificate}.crt`)),
          key: readFileSync(at('tls', `${certificate}.key`)),
        };
  return new Promise((resolve, reject) => {
    const asked = get(
      {
        host: '127.0.0.1',
        port,
        path: '/staff/v1/',
        servername: 'vault.localhost',
        ca: installation.authority,
        ...shown,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asked.on('error', reject);
  });
}
const operator = (): string[] => ['--operator', at('operator.toml')];
const keyOf = (person: Person): string[] => [
  ...['--key', at('people', `${slug(person)}.key`)],
  ...['--passphrase-file', at('people', `${slug(person)}.passphrase`)],
];
const as = (person: Person, share = shareOf(person)): string[] => [
  ...operator(),
  ...keyOf(person),
  ...['--share', share],
];
function createKey(person: Person): void {
  writeFileSync(at('people', `${slug(person)}.passphrase`), `the passphrase of ${person}\n`, { mode: 0o600 });
  const made = karv(
    ...['custodian', 'create', '--name', person, '--out', at('people')],
    ...['--passphrase-file', at('people', `${slug(person)}.passphrase`)],
  );
  expect(made.code, made.said).toBe(0);
}
const withClient = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
  const { merchant, authority } = installation;
  const client = new Client({ addresses: merchant, merchant, authority });
  try {
    return await work(client);
  } finally {
    client.close();
  }
};
const buyOnce = (): Promise<true> =>
  withClient<true>(async (client) => {
    await capture(client, await placedOrder(client, 'pay_now', purchase(50_000)), 50_000);
    return true;
  });
/** The server asks a vault that was sealed for keys every few seconds; from then on it sells. */
const buy = (): Promise<true> => eventually<true>('a purchase', () => buyOnce().catch(() => undefined));

describe('a vault whose PIN is held by custodians', () => {
  beforeAll(async () => {
    installation = await Installation.create(engineOfTests());
    mkdirSync(at('people'));
    people.forEach(createKey);
  });
  afterAll(async () => {
    await installation.stopAll();
    installation.remove();
  });
  const init = (needed: number, pinFile: string, who: readonly Person[] = people) =>
    karv(
      ...['init', '--config', at('vault.toml'), '--pin-file', pinFile],
      ...['--needed', String(needed), '--out', at('shares')],
      ...who.flatMap((person) => ['--custodian', at('people', `${slug(person)}.pub`)]),
    );

  test('a key file is never overwritten, and a short passphrase is refused', () => {
    writeFileSync(at('people', 'short'), 'secret\n', { mode: 0o600 });
    const create = (name: string, passphrase: string) =>
      karv('custodian', 'create', '--name', name, '--out', at('people'), '--passphrase-file', at('people', passphrase));
    expect(create('Anna Berg', 'anna-berg.passphrase').said).toContain('is there already');
    expect(create('Dora Ek', 'short').said).toContain('at least 15 characters');
    expect(create('!', 'anna-berg.passphrase').code).toBe(1);
  });

  test('the ceremony refuses a wrong PIN, one person for two shares, and too few people', () => {
    writeFileSync(at('wrong.pin'), '000000\n', { mode: 0o600 });
    expect(init(2, at('wrong.pin')).code).toBe(1);
    expect(init(2, at('secrets', 'hsm.pin'), ['Anna Berg', 'Anna Berg']).said).toContain('two custodians are named');
    expect(init(3, at('secrets', 'hsm.pin'), ['Anna Berg', 'Bela Cohn']).code).toBe(1);
    expect(init(1, at('secrets', 'hsm.pin')).code).toBe(2);
  });

  test('after the ceremony the old PIN opens nothing and the vault starts sealed', async () => {
    const held = init(2, at('secrets', 'hsm.pin'));
    expect(held.said).toContain('2 of 3 custodians open the vault');
    expect(held.code).toBe(0);
    expect(readdirSync(at('shares'))).toHaveLength(3);
    expect(init(2, at('secrets', 'hsm.pin')).said).toContain('this vault has custodians');
    const configuration = readFileSync(at('vault.toml'), 'utf8');
    writeFileSync(
      at('vault.toml'),
      configuration
        .replace(/^pin_file = .*\n/m, '')
        .replace('[staff]\n', `[staff]\nclient_ca = "${at('tls', 'ca.crt')}"\n`),
    );
    for (const process of ['karv-sandbox', 'karv-vault', 'karv-server'] as const) await installation.start(process);
    const status = karv('status', ...operator());
    expect(status.said).toContain('sealed: it was not unsealed yet');
    expect(status.said).toContain('0 of 2 shares given');
    expect(status.code).toBe(1);
    await expect(buyOnce()).rejects.toThrow();
  });

  test('control 29 and 31: only custodians who accepted open it, with their own shares, two of them', async () => {
    expect(karv('unseal', ...as('Anna Berg')).said).toContain('has not accepted the duty');
    for (const person of people) {
      const accepted = karv('custodian', 'accept', ...as(person));
      expect(accepted.said).toContain('I hold one share');
      expect(accepted.said).toContain(`${person} has accepted`);
    }
    expect(karv('unseal', ...as('Anna Berg', shareOf('Bela Cohn'))).code).toBe(1);
    writeFileSync(at('people', 'bela-cohn.passphrase'), 'another passphrase\n', { mode: 0o600 });
    expect(karv('unseal', ...as('Bela Cohn')).said).toContain('another passphrase');
    expect(karv('unseal', ...as('Anna Berg')).said).toContain('1 of 2 shares');
    expect(karv('unseal', ...as('Anna Berg')).said).toContain('1 of 2 shares');
    expect(karv('unseal', ...as('Cleo Dahl')).said).toContain('The vault is open.');
    expect(karv('status', ...operator()).code).toBe(0);
    await buy();
  });

  test('an epoch is rotated while it serves', async () => {
    const keys = karv('keys', 'list', ...operator());
    expect(keys.code).toBe(0);
    const epoch = /^(\S+) +epoch +1 +active/m.exec(keys.said)?.[1] ?? '';
    expect(karv('keys', 'rotate', 'nonsense', ...operator()).code).toBe(1);
    expect(karv('keys', 'rotate', epoch, ...operator()).said).toMatch(/[1-9] values move to its successor/);
    const waiting = new RegExp(`^epoch ${epoch} +waiting +(\\d+) of \\1 +destroyed on`, 'm');
    await withClient((client) =>
      eventually('the customers of the vault and the rows of the server have moved', async () => {
        await client.post('/sandbox/v1/clock', { advance: 'PT11M' }); // the server's job
        return waiting.test(karv('keys', 'list', ...operator()).said) ? true : undefined;
      }),
    );
    const end = (word: string, person: Person) => karv('keys', word, epoch, ...as(person)).said;
    expect(end('destroy', 'Anna Berg')).toContain('another custodian must ask for the same');
    expect(end('destroy', 'Cleo Dahl')).toContain('retired less than an hour ago');
    expect(end('compromise', 'Anna Berg')).toContain('another custodian must ask for the same');
    expect(end('compromise', 'Cleo Dahl')).toContain('done');
    expect(end('destroy', 'Cleo Dahl')).toContain('done'); // both had asked for it
    expect(karv('keys', 'list', ...operator()).said).toMatch(new RegExp(`^${epoch} +epoch +1 +destroyed`, 'm'));
    await buy();
  });

  test('control 45: an operator invites staff, a custodian who is somebody else confirms', () => {
    const staff = (...words: string[]): string => karv('staff', ...words).said;
    const [id, link] = staff('add', '--name', 'Anna Berg', '--clearance', 'approve', ...operator()).split('\n');
    expect(link).toMatch(/^https:\/\/vault\.localhost:\d+\/staff\/v1\/#enrol=[\w-]{43}$/);
    expect(staff('approve', id ?? '', ...operator())).toContain('confirmed by a custodian');
    expect(staff('approve', id ?? '', ...as('Anna Berg'))).toContain('never by the person himself');
    expect(staff('approve', id ?? '', ...as('Cleo Dahl'))).toContain('state or passkey is not the one'); // none is made
    expect(staff('add', '--name', 'Dora', '--clearance', 'everything', ...operator())).toContain('one of masked');
    expect(staff('remove', id ?? '', ...operator())).toContain('Anna Berg is removed');
    expect(staff('remove', id ?? '', ...operator())).toContain('no such person');
    expect(staff('list', ...operator())).toMatch(/approve +removed +- +- +Anna Berg/);
  });

  test('the page for staff is shown to browsers of the company alone, where it names an authority', async () => {
    await expect(staffPage()).rejects.toThrow();
    expect(await staffPage('karv-operator')).toBe(200);
  });

  test('control 22: one operator seals it, and no share is in what it wrote', async () => {
    expect(karv('seal', '--reason', 'case 12', ...operator()).said).toContain('the vault is sealed');
    expect(karv('status', ...operator()).said).toContain('sealed: case 12');
    await expect(buy()).rejects.toThrow();
    const log = readFileSync(installation.logFile('karv-vault'), 'utf8');
    expect(log).toContain('"event":"vault_sealed"');
    expect(log).not.toContain('system_call_refused');
    for (const person of people) {
      const jwe = (JSON.parse(readFileSync(shareOf(person), 'utf8')) as { share: string }).share;
      expect(log).not.toContain(jwe.slice(-40));
    }
    expect(karv('unseal', ...as('Cleo Dahl')).code).toBe(0);
    expect(karv('unseal', ...as('Anna Berg')).said).toContain('The vault is open.');
    await buy();
  });

  test('other custodians take over, and those before open nothing any more', async () => {
    const newcomers = ['Dora Ek', 'Emil Falk'] as const;
    for (const person of newcomers) createKey(person);
    mkdirSync(at('new-shares'));
    const exchange = (person: Person) =>
      karv(
        ...['custodian', 'exchange', ...as(person), '--needed', '2'],
        ...newcomers.flatMap((other) => ['--custodian', at('people', `${slug(other)}.pub`)]),
      );
    const first = exchange('Anna Berg');
    expect(first.said).toContain('1 of 2 agree');
    const plan = /The plan is (\w{16})/.exec(first.said)?.[1] ?? 'no plan';
    expect(karv('custodian', 'share', ...operator(), ...keyOf('Dora Ek'), '--out', at('new-shares')).said).toContain(
      'nobody named Dora Ek takes over',
    );
    const second = exchange('Cleo Dahl');
    expect(second.said).toContain(plan);
    expect(second.said).toContain('Agreed.');
    for (const person of newcomers) {
      const fetched = karv('custodian', 'share', ...operator(), ...keyOf(person), '--out', at('new-shares'));
      expect(fetched.code, fetched.said).toBe(0);
      expect(karv('custodian', 'accept', ...as(person, shareOf(person, 'new-shares'))).code).toBe(0);
    }
    expect(karv('status', ...operator()).said).toContain('Dora Ek  takes over');
    expect(karv('unseal', ...as('Dora Ek', shareOf('Dora Ek', 'new-shares'))).said).toContain('is not sealed');
    await buy();

    karv('seal', '--reason', 'others take over', ...operator());
    for (const person of newcomers) {
      const given = karv('unseal', ...as(person, shareOf(person, 'new-shares')));
      expect(given.code, given.said).toBe(0);
    }
    await buy();
    expect(karv('status', ...operator()).said).not.toContain('Anna Berg');
    await installation.kill('karv-vault');
    await installation.start('karv-vault');
    expect(karv('unseal', ...as('Anna Berg')).said).toContain('no such custodian');
    for (const person of newcomers) karv('unseal', ...as(person, shareOf(person, 'new-shares')));
    expect(karv('status', ...operator()).code).toBe(0);
    await buy();
  });
});
