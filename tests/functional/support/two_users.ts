// A Karv laid out as on a production machine: vault and server as users of their own, each with its files, and the
// private channel as a Unix socket between them. Needs root, to give files away.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Installation } from '../../torture/installation.ts';
import { bin, root } from './paths.ts';

/** Numbers that no package uses; they need no names. */
export const vaultUser = 64_001;
export const serverUser = 64_002;
const commonGroup = 65_534; // nogroup: both are in it

/**
 * In front of a command: as that user, and with leave to lock memory unless `locking` says no. By a capability, because
 * root of a container may not be allowed to raise the limit that the unit raises.
 */
export const asUser = (user: number, locking: 'may lock' | 'may not' = 'may lock'): string[] => [
  ...(locking === 'may lock' ? [] : ['prlimit', '--memlock=8388608:8388608']),
  'setpriv',
  `--reuid=${user}`,
  `--regid=${user}`,
  `--groups=${commonGroup}`,
  ...(locking === 'may lock' ? ['--inh-caps=+ipc_lock', '--ambient-caps=+ipc_lock'] : []),
];

/** Why this machine cannot run two users, or null. */
export function whyNotTwoUsers(): string | null {
  if (process.getuid?.() !== 0) return 'needs root, to run programs as two users';
  const reached = spawnSync('setpriv', [
    `--reuid=${vaultUser}`,
    '--clear-groups',
    'test',
    '-x',
    join(bin, 'karv-vault'),
  ]);
  if (reached.status !== 0) return `another user cannot reach ${bin}`;
  try {
    accessSync(join(root, 'web/dist/card-frame'), constants.R_OK);
  } catch {
    return 'the pages are not built';
  }
  return null;
}

/** Runs a command as that user and answers what it said. */
export function tryAs(user: number, ...command: string[]): { readonly status: number | null; readonly said: string } {
  const [program = '', ...rest] = [...asUser(user), ...command];
  const ran = spawnSync(program, rest, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

function give(path: string, user: number): void {
  chownSync(path, user, user);
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) give(join(path, name), user);
}

export interface Separated {
  /** The vault's own folder, and the server's. */
  readonly vault: string;
  readonly server: string;
  readonly socket: string;
}

/** Moves the files of an installation at rest to where they belong, and writes the configurations anew. */
export function separate(installation: Installation): Separated {
  const { data } = installation;
  const places = { vault: join(data, 'vault'), server: join(data, 'server'), run: join(data, 'run') };
  for (const place of Object.values(places)) mkdirSync(place);
  const moved = new Map<string, string>();
  const move = (from: string, folder: string): void => {
    const to = join(folder, basename(from));
    renameSync(join(data, from), to);
    moved.set(join(data, from), to);
  };
  for (const file of readdirSync(data)) {
    if (file.startsWith('vault.db')) move(file, places.vault);
    if (file.startsWith('server.db')) move(file, places.server);
  }
  for (const file of [
    'hsm',
    'erasure',
    'secrets/hsm.pin',
    'tls/vault.localhost.key',
    'tls/vault-private.key',
    'tls/karv-vault.key',
  ]) {
    move(file, places.vault);
  }
  for (const file of ['server.key', 'outbox.key']) move(`secrets/${file}`, places.server);
  for (const file of ['tls/pay.localhost.key', 'tls/karv-server.key']) move(file, places.server);

  const socket = join(places.run, 'private.sock');
  const rewrite = (name: string, change: (text: string) => string): string => {
    let text = readFileSync(join(data, name), 'utf8');
    for (const [from, to] of moved) text = text.replaceAll(`"${from}`, `"${to}`);
    writeFileSync(join(data, name), change(text));
    return text;
  };
  const privatePort = /\[private\]\nlisten = "([^"]+)"/.exec(readFileSync(join(data, 'vault.toml'), 'utf8'))?.[1] ?? '';
  rewrite('vault.toml', (text) =>
    text
      .replace(
        `listen = "${privatePort}"`,
        `listen = "unix:${socket}"\nsocket_group = "nogroup"\npeer_uids = [${serverUser}]`,
      )
      .replace(
        `"unix:${join(data, 'vault-admin.sock')}"`,
        `"unix:${join(places.vault, 'admin.sock')}"\npeer_uids = [0]`,
      ),
  );
  rewrite('server.toml', (text) => text.replace(`address = "${privatePort}"`, `address = "unix:${socket}"`));
  const softhsm = join(places.vault, 'hsm', 'softhsm2.conf');
  writeFileSync(softhsm, readFileSync(softhsm, 'utf8').replaceAll(join(data, 'hsm'), dirname(softhsm)));

  give(places.vault, vaultUser);
  give(places.server, serverUser);
  chownSync(places.run, vaultUser, commonGroup);
  chmodSync(places.run, 0o750);
  for (const folder of [data, join(data, 'tls')]) chmodSync(folder, 0o755);
  chownSync(join(data, 'vault.toml'), vaultUser, vaultUser);
  chownSync(join(data, 'server.toml'), serverUser, serverUser);
  return { vault: places.vault, server: places.server, socket };
}
