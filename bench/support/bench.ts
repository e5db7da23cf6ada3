// A Karv to measure: started by `karv dev` in a temporary folder, with what the load generator needs to reach it.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../../tests/functional/support/client.ts';
import type { Databases } from '../../tests/functional/support/postgres.ts';
import { openSession } from '../../tests/functional/support/purchases.ts';
import { System } from '../../tests/functional/support/system.ts';
import type { Figure } from './plots.ts';
import { cpuSeconds, quiet } from './processes.ts';
import { purchase, type Amount, type LoadResult, type Target } from './programs.ts';
import type { Line } from './report.ts';

/** How much is measured. */
export interface Scale {
  readonly quick: boolean;
  readonly rounds: number;
  /** Up to how many orders the store grows. */
  readonly orders: number;
}
/** What one part of the benchmark found. */
export interface Measured {
  readonly lines: readonly Line[];
  readonly figures: readonly Figure[];
}

/**
 * At once in the closed loops: near the highest rate, with a p99 well below its limit. Measured on two cores: 32 make
 * 740 purchases a second (p99 25 ms), 48 make 820 (33 ms), 64 make 880 (39 ms), 128 make 950 (60 ms).
 */
export const shoppers = 48;

export const say = (text: string): void => console.log(`  ${text}`);

export interface Bench {
  readonly system: System;
  readonly target: Target;
}

export function targetOf(system: System): Target {
  const { username, password } = system.merchant;
  return {
    address: `127.0.0.1:${new URL(system.addresses.base_url).port}`,
    ca: system.addresses.ca_file,
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  };
}

/** Runs `measure` on a Karv of its own; its books must be right afterwards. */
export async function onFreshKarv<T>(measure: (bench: Bench) => Promise<T>, databases?: Databases): Promise<T> {
  const system = await System.start(databases);
  let result: T;
  try {
    const bench = { system, target: targetOf(system) };
    await settled(bench);
    result = await measure(bench);
  } catch (error) {
    await system.stop().catch(() => {}); // the first error is the one to tell
    throw error;
  }
  await system.stopClean();
  return result;
}

/** The path of an open payment session, and how large its answer is. */
export async function openedSession(bench: Bench): Promise<{ path: string; bodySize: number }> {
  const client = new Client(bench.system);
  const path = `/payments/v1/sessions/${await openSession(client)}`;
  const answer = await client.get(path);
  client.close();
  if (answer.status !== 200) throw new Error(`the session cannot be read: ${answer.text}`);
  return { path, bodySize: Buffer.byteLength(answer.text) };
}

export const serverOf = (bench: Bench): number[] => [bench.system.addresses.processes['karv-server']];

/** Mail and the audit chain follow the purchases; they must not disturb what is measured next. */
export async function settled(bench: Bench): Promise<void> {
  if (!(await quiet(Object.values(bench.system.addresses.processes)))) say('(the queues did not run empty in time)');
}

export interface Costed extends LoadResult {
  /** Processor time of the processes that answered, per request. */
  readonly cpuMicroseconds: number;
}
export async function costed(pids: readonly number[], amount: Amount, run: () => Promise<LoadResult>): Promise<Costed> {
  const before = cpuSeconds(pids);
  const result = await run();
  const used = cpuSeconds(pids) - before;
  return { ...result, cpuMicroseconds: (used * 1e6) / (amount.warmUp + amount.rounds) };
}

export interface Round extends Costed {
  /** Of the server's store while it was measured, not of what follows the purchases. 0 on PostgreSQL. */
  readonly commits: number;
}

/** One closed loop of purchases, and the queues empty after it. */
export async function purchaseRound(bench: Bench, amount: Amount, category: string): Promise<Round> {
  const embedded = bench.system.stores.length === 0;
  const before = embedded ? commitsOf(bench) : 0;
  const result = await costed(serverOf(bench), amount, () => purchase(bench.target, amount, category));
  const commits = embedded ? commitsOf(bench) - before : 0;
  await settled(bench);
  return { ...result, commits };
}

/**
 * How many transactions the embedded database has committed. Source: SQLite, WAL-mode File Format, 2.1: bytes 8 to 11
 * of the wal-index count them, in the machine's byte order.
 */
function commitsOf(bench: Bench): number {
  const file = openSync(join(bench.system.data, 'server.db-shm'), 'r');
  const counter = new Uint32Array(1);
  readSync(file, counter, 0, 4, 8);
  closeSync(file);
  return counter[0] ?? 0;
}
