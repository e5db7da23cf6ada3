// A Karv of a test's own: `karv dev` on free ports with data in a temporary folder.
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { kArtifacts, kRoot, readAddresses, type Addresses } from './addresses.ts';
import { eventually } from './eventually.ts';

const kStartMs = 120_000;

export function binFolder(): string {
  const folder = resolve(process.env['KARV_BIN_DIR'] ?? join(kRoot, 'build/dev/bin'));
  for (const name of ['karv', 'karv-server', 'karv-vault']) {
    if (!existsSync(join(folder, name))) throw new Error(`${folder}/${name} is missing: build, or set KARV_BIN_DIR`);
  }
  return folder;
}

export interface Karv {
  readonly addresses: Addresses;
  /** Ends everything; whether all of it ended well. Logs of a Karv that did not are kept with the artifacts. */
  stop(options?: { keep?: boolean }): Promise<boolean>;
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'karv-test-'));
}

/** Logs and configuration, for whoever has to find out what went wrong. */
export function keepLogs(folder: string): void {
  const logs = join(folder, 'logs');
  if (existsSync(logs)) cpSync(logs, join(kArtifacts, 'logs', basename(folder)), { recursive: true });
}

async function ready(folder: string, child: ChildProcess, said: () => string): Promise<void> {
  await eventually(
    'karv dev is up',
    async () => {
      if (child.exitCode !== null) return 'ended';
      return existsSync(join(folder, 'addresses.json')) ? 'up' : undefined;
    },
    kStartMs,
  );
  if (child.exitCode !== null) throw new Error(`karv dev ended with ${child.exitCode}:\n${said()}`);
}

export async function startKarv(folder = makeFolder()): Promise<Karv> {
  const bin = binFolder();
  const given = ['dev', '--free-ports', '--data', folder, '--bin', bin, '--root', kRoot];
  const child = spawn(join(bin, 'karv'), given, { cwd: kRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-20_000)));
  }
  const ended = once(child, 'exit');
  const stop = async ({ keep = false } = {}): Promise<boolean> => {
    child.kill('SIGTERM');
    await ended;
    const well = child.exitCode === 0;
    if (!well) {
      keepLogs(folder);
      process.stderr.write(`karv dev ended with ${child.exitCode ?? child.signalCode}:\n${said}\n`);
    }
    if (!keep) rmSync(folder, { recursive: true, force: true });
    return well;
  };
  try {
    await ready(folder, child, () => said);
    return { addresses: readAddresses(folder), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
