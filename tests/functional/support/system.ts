// A whole Karv in a temporary folder, by `karv dev`: started, looked at, killed in parts, started again on its data.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bin, root } from './paths.ts';
import { makeDatabases, onPostgres, type Databases } from './postgres.ts';

const startLimitMs = 200_000;

export interface Addresses {
  readonly base_url: string;
  readonly pay: string;
  readonly vault: string;
  readonly shop: string;
  readonly ca_file: string;
  readonly server_config: string;
  readonly processes: Readonly<Record<ProcessName, number>>;
}
export type ProcessName = 'karv-vault' | 'karv-server' | 'karv-sandbox';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export class System {
  readonly data: string;
  /** Where the stores are, when not in files under `data`. */
  readonly stores: readonly string[];
  #supervisor: ChildProcess | null = null;
  #said = '';
  #addresses: Addresses | null = null;

  private constructor(data: string, stores: readonly string[]) {
    this.data = data;
    this.stores = stores;
  }

  /** On databases of its own, unless these are given. */
  static async start(given?: Databases): Promise<System> {
    const databases = given ?? (onPostgres ? await makeDatabases() : null);
    const stores =
      databases === null ? [] : ['--server-database', databases.server, '--vault-database', databases.vault];
    const system = new System(mkdtempSync(join(tmpdir(), 'karv-test-')), stores);
    await system.start();
    return system;
  }

  get addresses(): Addresses {
    if (this.#addresses === null) throw new Error('this Karv is not up');
    return this.#addresses;
  }

  get merchant(): Credentials {
    return JSON.parse(readFileSync(join(this.data, 'merchant.json'), 'utf8')) as Credentials;
  }

  get authority(): Buffer {
    return readFileSync(this.addresses.ca_file);
  }

  /** Starts the processes on the data that is there, or with other stores. */
  async start(stores: readonly string[] = this.stores): Promise<void> {
    this.#said = '';
    const folders = ['--data', this.data, '--root', root, '--bin', bin, ...stores];
    const child = spawn(join(bin, 'karv'), ['dev', '--free-ports', ...folders], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    }
    child.on('error', (error) => (this.#said += error.message));
    this.#supervisor = child;
    const file = join(this.data, 'addresses.json');
    const deadline = Date.now() + startLimitMs;
    while (!this.#said.includes('Everything is up.') || !existsSync(file)) {
      const gone = child.exitCode !== null || child.pid === undefined;
      if (gone || Date.now() > deadline) throw new Error(`karv dev did not come up:\n${this.#said}`);
      await sleep(50);
    }
    this.#addresses = JSON.parse(readFileSync(file, 'utf8')) as Addresses;
  }

  /** How long a process took from its start until it said that it is ready, by the supervisor's clock. */
  readyAfterMs(name: ProcessName): number {
    const found = new RegExp(`${name} is ready after (\\d+) ms`).exec(this.#said);
    if (found?.[1] === undefined) throw new Error(`the supervisor did not say when ${name} was ready:\n${this.#said}`);
    return Number(found[1]);
  }

  /** Kills one process the hard way. The supervisor notices, stops the others and ends with 1. */
  async kill(name: ProcessName): Promise<string> {
    process.kill(this.addresses.processes[name], 'SIGKILL');
    const code = await this.#ended();
    if (code !== 1) throw new Error(`the supervisor ended with ${code} after ${name} was killed:\n${this.#said}`);
    return this.#said;
  }

  /** Ends everything in order; throws when anything did not end well (a leak, a hang, a sanitizer's complaint). */
  async stop(): Promise<void> {
    if (this.#supervisor === null) return;
    this.#supervisor.kill('SIGTERM');
    const code = await this.#ended();
    if (code !== 0) throw new Error(`karv dev ended with ${code}:\n${this.#said}`);
  }

  /** Stops, checks the books, and removes the data. For afterAll. */
  async stopClean(): Promise<void> {
    await this.stop();
    this.verifyBooks();
    this.remove();
  }

  /** Throws when the ledger or the audit chain is not as it must be. */
  verifyBooks(): void {
    for (const what of ['ledger', 'audit']) {
      const verified = this.karv(what, 'verify');
      if (verified.status !== 0) throw new Error(`karv ${what} verify: ${verified.stdout}${verified.stderr}`);
    }
  }

  /** Removes the data of a Karv that was stopped. */
  remove(): void {
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Runs a command of the operator's on this installation. */
  karv(...command: string[]): { status: number | null; stdout: string; stderr: string } {
    const config = ['--config', join(this.data, 'server.toml')];
    const { status, stdout, stderr } = spawnSync(join(bin, 'karv'), [...command, ...config], { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  log(name: ProcessName): string {
    return readFileSync(join(this.data, 'logs', `${name}.log`), 'utf8');
  }

  async #ended(): Promise<number | null> {
    const supervisor = this.#supervisor;
    if (supervisor === null) throw new Error('not running');
    if (supervisor.exitCode === null && supervisor.signalCode === null) {
      await new Promise((resolve) => supervisor.once('exit', resolve));
    }
    this.#supervisor = null;
    this.#addresses = null;
    return supervisor.exitCode;
  }
}
