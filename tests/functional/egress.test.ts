// The vault's outgoing connections, held to deploy/nftables/karv-vault.nft in a network of their own: what is on the list
// is reached, everything else is refused and counted (PCI DSS 1.3.2).
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { root } from './support/paths.ts';
import { asUser, separate, serverUser, tryAs, vaultUser, whyNotTwoUsers, type Separated } from './support/two_users.ts';

const space = `karv-egress-${process.pid}`;
const inSpace = ['ip', 'netns', 'exec', space];
const allowedHost = '192.0.2.10'; // TEST-NET-1: documentation's own addresses, here on the loopback of the namespace
const otherHost = '192.0.2.11';

function run(...words: string[]): { readonly status: number | null; readonly said: string } {
  const [program = '', ...rest] = words;
  const ran = spawnSync(program, rest, { encoding: 'utf8' });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}${ran.error?.message ?? ''}` };
}

/** Why no network with rules can be made here, or null. Leaves nothing behind. */
function obstacle(): string | null {
  const users = engineOfTests().isFile ? whyNotTwoUsers() : 'the stores are files here';
  if (users !== null) return users;
  const made = run('ip', 'netns', 'add', space);
  if (made.status !== 0) return `no network namespace: ${made.said}`;
  const ruled = run(...inSpace, 'nft', 'add table inet karv_probe');
  run('ip', 'netns', 'del', space);
  return ruled.status === 0 ? null : `no nftables: ${ruled.said}`;
}
const why = obstacle();
if (why !== null) console.warn(`the egress test is skipped: ${why}`);

function must(...words: string[]): string {
  const ran = run(...words);
  if (ran.status !== 0) throw new Error(`${words.join(' ')}: ${ran.said}`);
  return ran.said;
}
const nft = (text: string): string => must(...inSpace, 'nft', text);
const refused = (): number => Number(/packets (\d+)/.exec(nft('list counter inet karv_vault refused'))?.[1]);

/** A connection by that user, in the namespace: "reached", or the name of the error. */
function connect(user: number, host: string, port: number, kind: 'STREAM' | 'DGRAM' = 'STREAM'): string {
  const program = `import socket,sys,errno
s=socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_${kind}); s.settimeout(3)
try:
    s.connect((sys.argv[1], int(sys.argv[2]))); s.send(b"x"); print("reached")
except OSError as e: print(errno.errorcode.get(e.errno, type(e).__name__))`;
  const words = ['/usr/bin/python3', '-c', program, host, String(port)];
  return must(...inSpace, ...asUser(user), ...words).trim();
}

describe.skipIf(why !== null)('the vault’s user in a network with its rules', () => {
  let listener: ChildProcess | null = null;
  let installation: Installation;
  let places: Separated;
  let networkPort = 0;
  beforeAll(async () => {
    installation = await Installation.create(engineOfTests());
    places = separate(installation);
    networkPort = Number(/\[network\]\naddress = "127.0.0.1:(\d+)"/.exec(config())?.[1]);
    must('ip', 'netns', 'add', space);
    must(...inSpace, 'ip', 'link', 'set', 'lo', 'up');
    for (const host of [allowedHost, otherHost]) must(...inSpace, 'ip', 'address', 'add', `${host}/32`, 'dev', 'lo');
    const file = join(root, 'deploy/nftables/karv-vault.nft');
    for (let twice = 0; twice < 2; twice += 1) must(...inSpace, 'nft', '-D', `vault_user=${vaultUser}`, '-f', file);
    nft(`add element inet karv_vault allowed4 { ${allowedHost} . 8583, 127.0.0.1 . ${networkPort} }`);
    const listen = `import socket,time
s=[socket.create_server((h,p),family=f) for f,h,p in ((2,"",8583),(2,"",8584),(10,"::1",8583))]
print("listening",flush=True); time.sleep(600)`;
    const [program = '', ...rest] = [...inSpace, '/usr/bin/python3', '-c', listen];
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    listener = child;
    await new Promise((resolve) => child.stdout.once('data', resolve));
  });
  afterAll(async () => {
    listener?.kill('SIGKILL');
    await installation.stopAll();
    run('ip', 'netns', 'del', space);
    installation.remove();
  });
  const config = (): string => readFileSync(join(installation.data, 'vault.toml'), 'utf8');
  const log = (): string => readFileSync(installation.logFile('karv-vault'), 'utf8');
  const startVault = (): Promise<number> =>
    installation.start('karv-vault', {
      prefix: [...inSpace, ...asUser(vaultUser)],
      environment: { SOFTHSM2_CONF: join(places.vault, 'hsm', 'softhsm2.conf') },
    });
  async function eventually(text: string): Promise<void> {
    for (let i = 0; i < 200 && !log().includes(text); i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log()).toContain(text);
  }

  test('reaches what is on the list', () => {
    expect(connect(vaultUser, allowedHost, 8583)).toBe('reached');
    expect(refused()).toBe(0);
  });

  test.each([
    ['another address', otherHost, 8583, 'STREAM'],
    ['another port of a listed address', allowedHost, 8584, 'STREAM'],
    ['another port of this machine', '127.0.0.1', 8583, 'STREAM'],
    ['a version 6 address', '::1', 8583, 'STREAM'],
    ['a datagram to a listed address', allowedHost, 8583, 'DGRAM'],
  ] as const)('%s is refused and counted', (_name, host, port, kind) => {
    const before = refused();
    expect(connect(vaultUser, host, port, kind)).not.toBe('reached');
    expect(refused()).toBeGreaterThan(before);
  });

  test('other users are not held to it', () => {
    expect(connect(serverUser, otherHost, 8583)).toBe('reached');
    expect(connect(0, otherHost, 8583)).toBe('reached');
  });

  test('an address can be added and taken away while it runs', () => {
    nft(`add element inet karv_vault allowed4 { ${otherHost} . 8583 }`);
    expect(connect(vaultUser, otherHost, 8583)).toBe('reached');
    nft(`delete element inet karv_vault allowed4 { ${otherHost} . 8583 }`);
    expect(connect(vaultUser, otherHost, 8583)).not.toBe('reached');
  });

  test('a serving vault signs on to the listed card network and cannot reach an unlisted one', async () => {
    await installation.start('karv-sandbox', { prefix: inSpace });
    await startVault();
    await eventually('card_network_signed_on');
    await installation.stop('karv-vault');

    const before = refused();
    const file = join(installation.data, 'vault.toml');
    copyFileSync(file, `${file}.kept`);
    writeFileSync(file, config().replace(`address = "127.0.0.1:${networkPort}"`, `address = "${otherHost}:8583"`));
    await startVault();
    await eventually('frames_connect_failed');
    expect(refused()).toBeGreaterThan(before);
    await installation.stop('karv-vault');
    copyFileSync(`${file}.kept`, file);
  });

  test('the rules name the kernel’s log', () => {
    expect(nft('list chain inet karv_vault of_vault')).toContain('log prefix "karv-vault refused: "');
    expect(tryAs(vaultUser, 'nft', 'list', 'ruleset').status).not.toBe(0);
  });
});
