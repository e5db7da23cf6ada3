// A private PostgreSQL cluster for the tests of one process (tools/dev/postgres-cluster): started at the first use, gone
// with the process. Each Karv gets two databases of its own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

/** Whether this run is on PostgreSQL rather than on the embedded engine. */
export const onPostgres = process.env['KARV_TEST_ENGINE'] === 'postgres';

let cluster: Promise<string> | null = null;
let databases = 0;

function startCluster(): Promise<string> {
  const child: ChildProcess = spawn(join(root, 'tools/dev/postgres-cluster'), { stdio: ['pipe', 'pipe', 'inherit'] });
  // Its standard input closes when we end, however we end. Once it is ready it must not keep us from ending.
  const release = (): void => {
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  };
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const ready = /^ready (\S+)/m.exec(said);
      if (ready?.[1] === undefined) return;
      release();
      resolve(ready[1]);
    });
    child.on('exit', (code) => reject(new Error(`tools/dev/postgres-cluster ended with ${code}`)));
    child.on('error', reject);
  });
}

function psql(folder: string, database: string, text: string): string {
  const args = ['-X', '-q', '-A', '-t', '-h', folder, '-U', 'karv', '-d', database, '-c', text];
  const { status, stdout, stderr } = spawnSync('psql', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`psql: ${stderr}`);
  return stdout;
}

/** Addresses: where the two stores of one Karv are. */
export interface Databases {
  readonly server: string;
  readonly vault: string;
}

/** Two new, empty databases. */
export async function makeDatabases(): Promise<Databases> {
  cluster ??= startCluster();
  const folder = await cluster;
  const name = `karv_${process.pid}_${(databases += 1)}`;
  for (const one of [`${name}_server`, `${name}_vault`]) psql(folder, 'postgres', `create database ${one}`);
  const address = (one: string): string => `postgresql://karv@/${one}?host=${encodeURIComponent(folder)}`;
  return { server: address(`${name}_server`), vault: address(`${name}_vault`) };
}

/** What a query answers, of a database made by makeDatabases; '' when it fails. */
export function ask(address: string, text: string): string {
  const args = ['-X', '-q', '-A', '-t', '-d', address, '-c', text];
  const { status, stdout } = spawnSync('psql', args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

/** The folder whose files are the stores' contents: tables and write-ahead log. */
export async function clusterFiles(): Promise<string> {
  if (cluster === null) throw new Error('no cluster was started');
  const folder = join(await cluster, 'data');
  readdirSync(folder);
  return folder;
}
