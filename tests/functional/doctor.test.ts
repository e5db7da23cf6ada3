// karv doctor: a machine set up as deploy/ says is well; every single thing that is not is named, with its cure.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { bin, root } from './support/paths.ts';
import { separate, serverUser, vaultUser, whyNotTwoUsers, type Separated } from './support/two_users.ts';

const space = `karv-doctor-${process.pid}`;
const inSpace = ['ip', 'netns', 'exec', space];
const shipped = join(root, 'deploy/systemd/karv-vault.service');

function run(...words: string[]): { readonly status: number | null; readonly said: string } {
  const [program = '', ...rest] = words;
  const ran = spawnSync(program, rest, { encoding: 'utf8' });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
}
function obstacle(): string | null {
  const users = engineOfTests().isFile ? whyNotTwoUsers() : 'the stores are files here';
  if (users !== null) return users;
  if (run('ip', 'netns', 'add', space).status !== 0) return 'no network namespace can be made';
  const ruled = run(...inSpace, 'nft', 'add table inet karv_probe').status === 0;
  run('ip', 'netns', 'del', space);
  return ruled ? null : 'no nftables';
}
const why = obstacle();
if (why !== null) console.warn(`the doctor's test is skipped: ${why}`);

test('the command teaches what it looks at', () => {
  const help = run(join(bin, 'karv'), 'doctor', '--help');
  expect(help.status).toBe(0);
  expect(help.said).toMatch(/karv doctor --vault .* --server/);
  expect(run(join(bin, 'karv'), 'doctor').status).toBe(2);
});

describe.skipIf(why !== null)('karv doctor', () => {
  let installation: Installation;
  let places: Separated;
  const vaultToml = (): string => join(installation.data, 'vault.toml');
  beforeAll(async () => {
    installation = await Installation.create(engineOfTests());
    places = separate(installation);
    const text = readFileSync(vaultToml(), 'utf8');
    writeFileSync(
      vaultToml(),
      text.replace('mode = "sandbox"', 'mode = "production"').replace(/^pin_file = .*\n/m, ''),
    );
    run('ip', 'netns', 'add', space);
    load();
  });
  afterAll(() => {
    run('ip', 'netns', 'del', space);
    installation.remove();
  });

  function load(user = vaultUser): void {
    const rules = join(root, 'deploy/nftables/karv-vault.nft');
    expect(run(...inSpace, 'nft', '-D', `vault_user=${user}`, '-f', rules)).toEqual({ status: 0, said: '' });
    run(...inSpace, 'nft', 'add element inet karv_vault allowed4 { 192.0.2.10 . 8583 }');
  }

  /** The wrong lines that are not about this very machine's kernel and swap. */
  function wrongs(unit = shipped): string[] {
    const softhsm = `SOFTHSM2_CONF=${join(places.vault, 'hsm', 'softhsm2.conf')}`;
    const files = ['--vault', vaultToml(), '--server', join(installation.data, 'server.toml'), '--unit', unit];
    const ran = run(...inSpace, 'env', softhsm, join(bin, 'karv'), 'doctor', ...files);
    const all = [...ran.said.matchAll(/^ {2}wrong (.*)\n {8}-> (.*)$/gm)].map(([, what, cure]) => `${what} -> ${cure}`);
    expect(ran.status, ran.said).toBe(all.length === 0 ? 0 : 1);
    return all.filter((line) => !/^(swap on|kernel\.yama|fs\.suid|no Landlock|no seccomp)/.test(line));
  }
  function changed(change: (text: string) => string): string[] {
    const text = readFileSync(vaultToml(), 'utf8');
    writeFileSync(vaultToml(), change(text));
    try {
      return wrongs();
    } finally {
      writeFileSync(vaultToml(), text);
    }
  }
  function withUnit(change: (text: string) => string): string[] {
    const unit = join(installation.data, 'changed.service');
    writeFileSync(unit, change(readFileSync(shipped, 'utf8')));
    return wrongs(unit);
  }

  test('finds nothing wrong with what deploy/ sets up', () => expect(wrongs()).toEqual([]));

  test.each([
    ['a key that others may read', 'vault-private.key', 'chmod go= '],
    ['a store that others may read', 'vault.db', 'chmod go= '],
    ['a token folder that others may read', 'hsm/tokens', 'chmod go= '],
  ] as const)('%s', (_name, file, cure) => {
    const path = join(places.vault, file);
    chmodSync(path, file === 'hsm/tokens' ? 0o755 : 0o644);
    const found = wrongs();
    chmodSync(path, file === 'hsm/tokens' ? 0o700 : 0o600);
    expect(found).toEqual([expect.stringContaining(`${path} has mode`)]);
    expect(found[0]).toContain(`${cure}${path}`);
  });

  test('a file of another user', () => {
    const path = join(places.vault, 'karv-vault.key');
    chownSync(path, serverUser, serverUser);
    const found = wrongs();
    chownSync(path, vaultUser, vaultUser);
    expect(found).toEqual([expect.stringMatching(/karv-vault\.key belongs to user 64002, .* -> chown all/)]);
  });

  test.each([
    ['sandbox mode', (t: string) => t.replace('"production"', '"sandbox"'), /mode is not production/],
    [
      'a PIN in a file',
      (t: string) => t.replace('[hsm]', `[hsm]\npin_file = "${join(places.vault, 'hsm.pin')}"`),
      /one person could open the vault/,
    ],
    ['a switch that is off', (t: string) => `${t}\n[hardening]\nfiles = "off"\n`, /\[hardening\] files is off/],
    [
      'another user at the door',
      (t: string) => t.replace(/peer_uids = .*/, 'peer_uids = [0]'),
      /peer_uids = \[64002\]/,
    ],
    ['no erasure journal', (t: string) => t.replace(/\[erasure\]\njournal = .*\n/, ''), /no erasure journal is named/],
    [
      'an erasure journal beside the store',
      (t: string) => t.replace('erasure/journal', 'journal'),
      /the erasure journal lies in the store's folder/,
    ],
    ['another socket', (t: string) => t.replace('private.sock', 'other.sock'), /name the same socket/],
  ] as const)('%s', (_name, change, sentence) => {
    expect(changed(change)).toEqual([expect.stringMatching(sentence)]);
  });

  test.each([
    [
      'a unit without a list of addresses',
      (t: string) => t.replace(/^IPAddress.*$/gm, ''),
      /IPAddress(Deny|Allow)=/,
      2,
    ],
    [
      'a unit with a limit on locked memory',
      (t: string) => t.replace('MEMLOCK=infinity', 'MEMLOCK=8M'),
      /=infinity/,
      1,
    ],
    ['a unit that runs as root', (t: string) => t.replace('User=karv-vault', 'User=root'), /User=karv-vault/, 1],
  ] as const)('%s', (_name, change, sentence, count) => {
    expect(withUnit(change)).toEqual(Array.from({ length: count }, () => expect.stringMatching(sentence) as string));
  });

  test('no unit at all', () => expect(wrongs('/nowhere.service')).toEqual([expect.stringMatching(/^no unit/)]));

  test('rules that are empty, for somebody else, or not there', () => {
    run(...inSpace, 'nft', 'flush set inet karv_vault allowed4');
    expect(wrongs()).toEqual([expect.stringMatching(/list of addresses is empty/)]);
    load(serverUser);
    expect(wrongs()).toEqual([expect.stringMatching(/not for user 64001 -> nft -D/)]);
    run(...inSpace, 'nft', 'delete table inet karv_vault');
    expect(wrongs()).toEqual([expect.stringMatching(/no rules .* are loaded -> nft -D/)]);
    load();
    expect(wrongs()).toEqual([]);
  });
});
