// pgbench, PostgreSQL's own benchmark, on the cluster that makeDatabases() started.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDatabases } from '../../tests/functional/support/postgres.ts';

function programOf(): string {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  return join('/usr/lib/postgresql', versions[0] ?? '', 'bin/pgbench');
}

function run(args: readonly string[]): Promise<string> {
  const child = spawn(programOf(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`pgbench ended with ${code}: ${complained}`)),
    );
  });
}

export class Pgbench {
  readonly #address: string;

  private constructor(address: string) {
    this.#address = address;
  }

  /** A database of its own with 100,000 accounts per unit of `scale`. */
  static async prepare(scale: number): Promise<Pgbench> {
    const { vault: address } = await makeDatabases();
    await run(['--initialize', '--quiet', '--scale', `${scale}`, address]);
    return new Pgbench(address);
  }

  /** Its TPC-B-like script by so many clients at once, without the time they took to connect. */
  async transactionsPerSecond(clients: number, seconds: number): Promise<number> {
    const size = ['--client', `${clients}`, '--jobs', '2', '--time', `${seconds}`];
    const said = await run(['--protocol', 'prepared', '--no-vacuum', ...size, this.#address]);
    const found = /^tps = ([\d.]+)/m.exec(said);
    if (found?.[1] === undefined) throw new Error(`pgbench said no tps:\n${said}`);
    return Number(found[1]);
  }
}
