// A Karv in a folder of its own whose processes are started, killed and started again one by one.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, root } from '../functional/support/paths.ts';
import type { Databases } from '../functional/support/postgres.ts';
import type { Engine } from './engine.ts';

export type ProcessName = 'karv-sandbox' | 'karv-vault' | 'karv-server';
export const allProcesses: readonly ProcessName[] = ['karv-sandbox', 'karv-vault', 'karv-server'];

const startLimitMs = 60_000;

export interface StartOptions {
  /** Added to the process's environment: the faults. */
  readonly environment?: Readonly<Record<string, string>>;
  /** In front of the command: `unshare`, for one. */
  readonly prefix?: readonly string[];
  /** Called as soon as the process exists, long before it is ready. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The last words, for messages. */
  tail = '';
  #out = '';

  constructor(child: ChildProcess, log: string) {
    this.child = child;
    for (const [stream, isOut] of [
      [child.stdout, true],
      [child.stderr, false],
    ] as const) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (isOut) this.#out += text;
        this.tail = (this.tail + text).slice(-4000);
        appendFileSync(log, text);
      });
    }
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal }));
      child.on('error', (error) => {
        this.tail += error.message;
        resolve({ code: -1, signal: null });
      });
    });
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + startLimitMs;
    let over: Ended | null = null;
    void this.ended.then((ended) => (over = ended));
    while (!this.#out.includes('"event":"ready"')) {
      if (over !== null) throw new NotStarted(`it ended with ${JSON.stringify(over)} before it was ready`, this.tail);
      if (Date.now() > deadline) throw new NotStarted('it was not ready in time', this.tail);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  }
}

export class NotStarted extends Error {
  readonly said: string;
  constructor(why: string, said: string) {
    super(`${why}:\n${said}`);
    this.said = said;
  }
}

export class Installation {
  readonly data: string;
  readonly engine: Engine;
  readonly #running = new Map<ProcessName, Running>();

  private constructor(data: string, engine: Engine) {
    this.data = data;
    this.engine = engine;
  }

  /** Certificates, keys, merchant and schema by `karv dev`, which is stopped again. */
  static async create(engine: Engine, databases?: Databases): Promise<Installation> {
    // Read when the module is loaded.
    process.env['KARV_TEST_ENGINE'] = engine.name;
    const { System } = await import('../functional/support/system.ts');
    const system = await System.start(databases);
    await system.stop();
    const installation = new Installation(system.data, engine);
    mkdirSync(join(system.data, 'logs'), { recursive: true });
    return installation;
  }

  get merchant(): { readonly base_url: string; readonly username: string; readonly password: string } {
    return JSON.parse(readFileSync(join(this.data, 'merchant.json'), 'utf8')) as never;
  }
  get authority(): Buffer {
    return readFileSync(join(this.data, 'tls', 'ca.crt'));
  }
  logFile(name: ProcessName): string {
    return join(this.data, 'logs', `${name}.log`);
  }

  /** Starts one process and waits until it listens. Answers how long that took, in milliseconds. */
  async start(name: ProcessName, options: StartOptions = {}): Promise<number> {
    if (this.#running.has(name)) throw new Error(`${name} runs already`);
    const begun = performance.now();
    const command = [...(options.prefix ?? []), ...this.#command(name)];
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: name === 'karv-sandbox' ? root : this.data,
      env: { ...process.env, SOFTHSM2_CONF: join(this.data, 'hsm', 'softhsm2.conf'), ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new Running(child, this.logFile(name));
    this.#running.set(name, running);
    options.onSpawn?.(child);
    try {
      await running.ready();
    } catch (error) {
      await this.kill(name);
      throw error;
    }
    return performance.now() - begun;
  }

  pid(name: ProcessName): number {
    return this.#running.get(name)?.child.pid ?? 0;
  }
  isUp(name: ProcessName): boolean {
    const child = this.#running.get(name)?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** kill -9. */
  kill(name: ProcessName): Promise<Ended | null> {
    return this.#end(name, 'SIGKILL');
  }
  /** Asks it to end. */
  stop(name: ProcessName): Promise<Ended | null> {
    return this.#end(name, 'SIGTERM');
  }
  async stopAll(): Promise<void> {
    for (const name of [...allProcesses].reverse()) {
      const ended = await this.stop(name);
      if (ended !== null && ended.code !== 0) throw new Error(`${name} ended with ${JSON.stringify(ended)}`);
    }
  }
  async killAll(): Promise<void> {
    await Promise.all(allProcesses.map((name) => this.kill(name)));
  }

  /** A command of the operator's. */
  karv(...command: string[]): { readonly status: number | null; readonly said: string } {
    const config = ['--config', join(this.data, 'server.toml')];
    const ran = spawnSync(join(bin, 'karv'), [...command, ...config], { encoding: 'utf8' });
    return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
  }

  remove(): void {
    rmSync(this.data, { recursive: true, force: true });
  }

  async #end(name: ProcessName, signal: NodeJS.Signals): Promise<Ended | null> {
    const running = this.#running.get(name);
    if (running === undefined) return null;
    running.child.kill(signal);
    const ended = await running.ended;
    this.#running.delete(name);
    return ended;
  }

  #command(name: ProcessName): string[] {
    if (name === 'karv-sandbox') {
      return [process.execPath, join(root, 'sandbox/main.ts'), '--config', join(this.data, 'sandbox.toml')];
    }
    const config = name === 'karv-vault' ? 'vault.toml' : 'server.toml';
    return [join(bin, name), '--config', join(this.data, config)];
  }
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'karv-torture-'));
