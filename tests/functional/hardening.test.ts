// What a serving vault has given up, proved on the running processes: its own user, its own files, system calls, memory.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { Client } from './support/client.ts';
import { bin } from './support/paths.ts';
import { capture, placedOrder, purchase } from './support/purchases.ts';
import { asUser, separate, serverUser, tryAs, vaultUser, whyNotTwoUsers, type Separated } from './support/two_users.ts';

const engine = engineOfTests();
const obstacle = engine.isFile ? whyNotTwoUsers() : 'the stores are files here';
if (obstacle !== null) console.warn(`hardening tests are skipped: ${obstacle}`);
// A release or dev build: the only kind that locks memory and that production takes. ./dev test says where it is.
const plainBin = process.env['KARV_PLAIN_VAULT'];

let installation: Installation;
let places: Separated;
const environment = (): Record<string, string> => ({ SOFTHSM2_CONF: join(places.vault, 'hsm', 'softhsm2.conf') });

describe.skipIf(obstacle !== null)('a vault and a server that are users of their own', () => {
  beforeAll(async () => {
    installation = await Installation.create(engine);
    places = separate(installation);
    await installation.start('karv-sandbox');
    await installation.start('karv-vault', { prefix: asUser(vaultUser), environment: environment() });
    await installation.start('karv-server', { prefix: asUser(serverUser) });
  });
  afterAll(async () => {
    await installation.stopAll();
    installation.remove();
  });

  const status = (): string[] => {
    const tasks = `/proc/${installation.pid('karv-vault')}/task`;
    return readdirSync(tasks).map((task) => readFileSync(join(tasks, task, 'status'), 'utf8'));
  };
  const log = (): string => readFileSync(installation.logFile('karv-vault'), 'utf8');

  test('cards are held and charged through the socket, and no system call is missing', async () => {
    const { merchant, authority } = installation;
    const client = new Client({ addresses: merchant, merchant, authority });
    const order = await placedOrder(client, 'pay_now', purchase(50_000));
    await capture(client, order, 50_000);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // what was refused is said once a second
    expect(log()).not.toContain('system_call_refused');
    expect(log()).not.toContain('peer_refused');
  });

  test('every thread of the vault has the filter and can gain no privilege', () => {
    const threads = status();
    expect(threads.length).toBeGreaterThan(100);
    for (const thread of threads) {
      expect(thread).toMatch(/^Seccomp:\t2$/m);
      expect(thread).toMatch(/^NoNewPrivs:\t1$/m);
      expect(thread).toMatch(/^CapEff:\t0{12}4000$/m); // CAP_IPC_LOCK and no other
      expect(thread).toMatch(new RegExp(`^Uid:\t${vaultUser}\t${vaultUser}\t${vaultUser}\t${vaultUser}$`, 'm'));
    }
    expect(log()).toMatch(/"event":"files_confined","landlock_abi":[1-9]/);
  });

  test('no core file can hold its memory, and its own user cannot read it', () => {
    const process = `/proc/${installation.pid('karv-vault')}`;
    expect(readFileSync(`${process}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
    expect(readFileSync(`${process}/coredump_filter`, 'utf8')).toBe('00000000\n');
    expect(statSync(`${process}/mem`).uid).toBe(0);
    expect(tryAs(vaultUser, 'head', '-c1', `${process}/mem`).said).toContain('Permission denied');
    expect(tryAs(vaultUser, 'cat', `${process}/environ`).said).toContain('Permission denied');
  });

  test('the server’s user can open neither the vault’s store nor its HSM nor its keys', () => {
    const files = ['vault.db', 'hsm/softhsm2.conf', 'hsm/tokens', 'hsm.pin', 'vault-private.key', 'karv-vault.key'];
    for (const file of [...files.map((name) => join(places.vault, name)), join(installation.data, 'vault.toml')]) {
      expect(tryAs(vaultUser, 'test', '-r', file).status, file).toBe(0);
      const denied = tryAs(serverUser, 'ls', '-l', '--', file);
      const opened = tryAs(serverUser, 'test', '-r', file);
      expect([opened.status, denied.said].join(' '), file).toMatch(/^1 |Permission denied/);
      expect(opened.status, file).toBe(1);
    }
    expect(tryAs(vaultUser, 'test', '-r', join(places.server, 'server.db')).status).toBe(1);
    const token = ['softhsm2-util', '--show-slots'];
    const own = spawnSync('env', [`SOFTHSM2_CONF=${environment()['SOFTHSM2_CONF']}`, ...asUser(vaultUser), ...token]);
    const others = spawnSync('env', [
      `SOFTHSM2_CONF=${environment()['SOFTHSM2_CONF']}`,
      ...asUser(serverUser),
      ...token,
    ]);
    expect(own.stdout.toString()).toContain('karv-dev');
    expect(others.stdout.toString()).not.toContain('karv-dev');
  });

  test('the socket takes the server’s user and turns every other away before TLS', async () => {
    expect(statSync(places.socket).mode & 0o777).toBe(0o660);
    const connect = ['/usr/bin/python3', '-c', `import socket,sys
s=socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect(sys.argv[1])
try: print("closed" if s.recv(1)==b"" else "spoke")
except TimeoutError: print("open")`, places.socket]; // prettier-ignore
    expect(tryAs(serverUser, ...connect).said).toBe('open\n');
    expect(tryAs(64_003, ...connect).said).toBe('closed\n'); // in the group, and not on the list
    const outside = spawnSync('setpriv', ['--reuid=64003', '--regid=64003', '--clear-groups', ...connect]);
    expect(outside.stderr.toString()).toContain('PermissionError');
    await new Promise((resolve) => setTimeout(resolve, 200)); // its log is on the way
    expect(log()).toMatch(/"event":"peer_refused".*"uid":64003/);
  });
});

describe.skipIf(obstacle !== null)('in production', () => {
  const safe = (text: string): string =>
    text
      .replace('mode = "sandbox"', 'mode = "production"')
      .replace('[banks.sandbox-bank]\n', '[banks.sandbox-bank]\nkey_pins = ["one"]\n')
      .replace(/\[sandbox\]\n.*\n/, '')
      .replace(/^pin_file = .*\n/m, '')
      .replace('[staff]\n', `[staff]\n${/^client_ca = .*\n/m.exec(text)?.[0] ?? ''}`);
  beforeAll(async () => {
    installation = await Installation.create(engine);
    places = separate(installation);
    const file = join(installation.data, 'vault.toml');
    writeFileSync(file, safe(readFileSync(file, 'utf8')));
  });
  afterAll(() => installation.remove());

  /** Starts a vault that must not come up, and answers why. */
  function reasons(
    prefix: readonly string[],
    change = (text: string): string => text,
    more: Record<string, string> = {},
  ): string {
    const file = join(installation.data, 'unsafe.toml');
    writeFileSync(file, change(readFileSync(join(installation.data, 'vault.toml'), 'utf8')), { mode: 0o644 });
    const [program = '', ...rest] = [...prefix, join(bin, 'karv-vault'), '--config', file];
    const ran = spawnSync(program, rest, {
      encoding: 'utf8',
      timeout: 30_000,
      env: { ...process.env, ...environment(), ...more },
    });
    rmSync(file);
    expect(ran.stdout).toBe('');
    expect(ran.status).toBe(1);
    const line = ran.stderr.split('\n').find((text) => text.includes('vault_cannot_start')) ?? '{}';
    return (JSON.parse(line) as { detail: string }).detail;
  }
  const off = (name: string) => (text: string) => `${text}\n[hardening]\n${name} = "off"\n`;
  const owner = asUser(vaultUser);
  const limited = asUser(vaultUser, 'may not');
  const matrix: readonly (readonly [string, () => string, RegExp])[] = [
    ['files off', () => reasons(owner, off('files')), /\[hardening\] files is off/],
    ['system calls off', () => reasons(owner, off('system_calls')), /\[hardening\] system_calls is off/],
    ['memory off', () => reasons(owner, off('memory')), /\[hardening\] memory is off/],
    [
      'nobody named for the socket',
      () => reasons(owner, (t) => t.replace(/peer_uids.*\n/, '')),
      /peer_uids names nobody/,
    ],
    [
      'a bank without a pinned key',
      () => reasons(owner, (t) => t.replace(/key_pins.*\n/, '')),
      /\[banks\.sandbox-bank\] key_pins names no key/,
    ],
    [
      'a card network without cryptograms',
      () => reasons(owner, (t) => t.replace(/cryptograms_for.*\n/, '')),
      /\[network\] cryptograms_for names no key/,
    ],
    [
      'a PIN in a file',
      () => reasons(owner, (t) => t.replace('[hsm]', '[hsm]\npin_file = "x"')),
      /one person could open/,
    ],
    [
      'no operator named',
      () => reasons(owner, (t) => t.replace('peer_uids = [0]\n', '')),
      /\[admin\] peer_uids names nobody/,
    ],
    [
      'a page for staff that anybody reaches',
      () => reasons(owner, (t) => t.replace(/(\[staff\]\n)client_ca.*\n/, '$1')),
      /anybody could reach the page for staff/,
    ],
    ['root', () => reasons(['env']), /it runs as root/],
    ['a limit on locked memory', () => reasons(limited), /memory cannot be locked: LimitMEMLOCK=infinity/],
    [
      'code loaded from elsewhere',
      () => reasons(owner, undefined, { LD_LIBRARY_PATH: '/tmp' }),
      /LD_LIBRARY_PATH is set/,
    ],
    ['a tracer', () => reasons(['strace', '-o', '/dev/null', '-f', ...owner]), /traces it: start it untraced/],
    [
      'a public door without addresses',
      () => reasons(owner, (t) => t.replace(/(\[public\]\nlisten = ).*/, '$1"unix:/run/p.sock"')),
      /browsers have addresses/,
    ],
    ['a test card table', () => reasons(owner, (t) => `${t}\n[sandbox]\ntest_cards = "x"\n`), /sandbox is not known/],
  ];
  test.each(matrix)('%s stops the start with a reason', (_name, start, sentence) => {
    expect(start()).toMatch(sentence);
  });

  test('of a safe start only the kind of build is left to say', () => {
    if (plainBin !== undefined && bin === plainBin) return;
    expect(reasons(owner)).toMatch(/^not in production \(1 to put right\): this is a sanitizer build/);
  });

  test.skipIf(plainBin === undefined)('a release build starts, and its memory is locked', async () => {
    await installation.start('karv-sandbox');
    const program = join(plainBin ?? '', 'karv-vault');
    const [setter = '', ...rest] = [...owner, program, '--config', join(installation.data, 'vault.toml')];
    const { spawn } = await import('node:child_process');
    const child = spawn(setter, rest, { env: { ...process.env, ...environment() }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    for (let i = 0; i < 200 && !said.includes('"event":"ready"') && child.exitCode === null; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(said).toContain('"event":"ready"');
    const now = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(now)?.[1]);
    console.info(`a production vault at rest: ${kilobytes('VmRSS')} kB resident, ${kilobytes('VmLck')} kB locked`);
    expect(kilobytes('VmLck')).toBeGreaterThan(kilobytes('VmRSS'));
    expect(kilobytes('VmSwap')).toBe(0);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('close', resolve));
    expect(child.exitCode).toBe(0);
    await installation.stopAll();
  });
});
