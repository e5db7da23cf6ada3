// More karv-servers on the database of a Karv that is up, and HAProxy in front of all of them, as a grown operator runs it.
import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bin } from './paths.ts';
import { freePort } from './ports.ts';
import type { System } from './system.ts';

async function waitForPort(port: number, what: string, child: ChildProcess, limitMs = 60_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${what} did not come up`);
    await sleep(50);
  }
}

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
}

/** One more karv-server with the configuration of the first, but for its port and what `change` does to it. */
export class ExtraServer {
  readonly port: number;
  readonly logFile: string;
  readonly #child: ChildProcess;

  private constructor(port: number, logFile: string, child: ChildProcess) {
    this.port = port;
    this.logFile = logFile;
    this.#child = child;
  }

  static async start(system: System, change = (text: string): string => text): Promise<ExtraServer> {
    const port = await freePort();
    const own = new URL(system.addresses.base_url).port;
    const text = readFileSync(system.addresses.server_config, 'utf8').replace(`127.0.0.1:${own}`, `127.0.0.1:${port}`);
    const config = join(system.data, `server-${port}.toml`);
    writeFileSync(config, change(text), { mode: 0o600 });
    const logFile = join(system.data, 'logs', `karv-server-${port}.log`);
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(join(bin, 'karv-server'), ['--config', config], { stdio: ['ignore', log, log] });
    await waitForPort(port, 'an extra karv-server', child);
    return new ExtraServer(port, logFile, child);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await ended(this.#child);
  }

  /** In order; throws when it did not end well. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await ended(this.#child);
    if (this.#child.exitCode !== 0 && this.#child.signalCode !== 'SIGKILL') {
      throw new Error(
        `an extra karv-server ended with ${this.#child.exitCode}:\n${readFileSync(this.logFile, 'utf8')}`,
      );
    }
  }
}

/** TLS goes through untouched: the servers have the certificate. */
export class Balancer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  static async start(system: System, ports: readonly number[]): Promise<Balancer> {
    const port = await freePort();
    const file = join(system.data, 'haproxy.cfg');
    const servers = ports.map((one, at) => `  server karv${at} 127.0.0.1:${one} check inter 200ms fall 2 rise 1`);
    const lines = [
      'defaults',
      '  mode tcp',
      '  timeout connect 2s',
      '  timeout client 60s',
      '  timeout server 60s',
      '  option redispatch',
      '  retries 3',
      'listen karv',
      `  bind 127.0.0.1:${port}`,
      '  balance roundrobin',
      ...servers,
      '',
    ];
    writeFileSync(file, lines.join('\n'));
    const child = spawn('/usr/sbin/haproxy', ['-f', file, '-db', '-q'], { stdio: ['ignore', 'inherit', 'inherit'] });
    await waitForPort(port, 'haproxy', child);
    return new Balancer(port, child);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await ended(this.#child);
  }
}
