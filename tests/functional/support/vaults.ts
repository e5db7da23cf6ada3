// More karv-vaults on the database of a Karv that is up.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bin } from './paths.ts';
import { freePort } from './ports.ts';
import type { System } from './system.ts';

const read = (system: System, name: string): string => readFileSync(join(system.data, name), 'utf8');
const environment = (system: System): NodeJS.ProcessEnv => ({
  ...process.env,
  SOFTHSM2_CONF: join(system.data, 'hsm', 'softhsm2.conf'),
});

/** Where a vault's private door listens. */
export function privateAddress(configuration: string): string {
  const found = /\[private\][^[]*?^listen = "(.*?)"/ms.exec(configuration)?.[1];
  if (found === undefined) throw new Error('this vault.toml has no private door');
  return found;
}

/** What `karv vault status` says, asked at the admin door of one vault. */
export function vaultStatus(system: System, operator = 'operator.toml'): string {
  const words = ['vault', 'status', '--operator', join(system.data, operator)];
  const ran = spawnSync(join(bin, 'karv'), words, { encoding: 'utf8' });
  return `${ran.stdout}${ran.stderr}`;
}

export function sealVault(system: System, operator = 'operator.toml'): void {
  const words = ['vault', 'seal', '--operator', join(system.data, operator), '--reason', 'a test'];
  const ran = spawnSync(join(bin, 'karv'), words, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
}

/** One more karv-vault with the configuration of the first, but for its doors and its name. */
export class ExtraVault {
  readonly name: string;
  readonly address: string;
  readonly #system: System;
  readonly #config: string;
  #child: ChildProcess | null = null;

  private constructor(system: System, name: string, address: string, config: string) {
    this.#system = system;
    this.name = name;
    this.address = address;
    this.#config = config;
  }

  static async start(system: System, name: string): Promise<ExtraVault> {
    const own = read(system, 'vault.toml');
    const address = `127.0.0.1:${await freePort()}`;
    const text = own
      .replace(privateAddress(own), address)
      .replace(/^listen = "127\.0\.0\.1:\d+"/m, `listen = "127.0.0.1:${await freePort()}"`)
      .replace(/(\[staff\][^[]*?^listen = )".*?"/ms, `$1"127.0.0.1:${await freePort()}"`)
      .replace('admin.sock', `admin-${name}.sock`)
      .replace(/^(journal = ".*)"$/m, `$1-${name}"`) // each process has an erasure journal of its own
      .replace(/^mode = /m, `process = "${name}"\nmode = `);
    const config = join(system.data, `vault-${name}.toml`);
    writeFileSync(config, text, { mode: 0o600 });
    writeFileSync(
      join(system.data, `operator-${name}.toml`),
      read(system, 'operator.toml').replace('admin.sock', `admin-${name}.sock`),
      { mode: 0o600 },
    );
    // A process that the store does not know yet begins its erasure journal by an operator's word.
    const words = ['vault', 'journal', 'accept', '--config', config, '--reason', 'a process that joins'];
    const accepted = spawnSync(join(bin, 'karv'), words, { encoding: 'utf8', env: environment(system) });
    if (accepted.status !== 0) throw new Error(`${accepted.stdout}${accepted.stderr}`);
    const vault = new ExtraVault(system, name, address, config);
    await vault.start();
    return vault;
  }

  get logFile(): string {
    return join(this.#system.data, 'logs', `karv-vault-${this.name}.log`);
  }

  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a', 0o600);
    const child = spawn(join(bin, 'karv-vault'), ['--config', this.#config], {
      stdio: ['ignore', 'pipe', log],
      env: environment(this.#system),
    });
    this.#child = child;
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const deadline = Date.now() + 60_000;
    while (!said.includes('"ready"')) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(readFileSync(this.logFile, 'utf8'));
      await sleep(20);
    }
  }

  /** It stands still, as a machine that swaps or a process that is debugged does; and goes on. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** In order; throws when it did not end well. */
  async stop(): Promise<void> {
    const code = await this.#end('SIGTERM');
    if (code !== 0) throw new Error(`an extra karv-vault ended with ${code}:\n${readFileSync(this.logFile, 'utf8')}`);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return 0;
    child.kill(signal);
    await new Promise((resolve) => child.once('exit', resolve));
    return child.exitCode;
  }
}

/** For a server.toml: several vaults instead of one. */
export function withVaults(serverConfiguration: string, own: string, extra: ExtraVault): string {
  const processes = `processes = ["first=${own}", "${extra.name}=${extra.address}"]`;
  return serverConfiguration.replace(`address = "${own}"`, processes);
}
