// The measuring programs that bench/CMakeLists.txt builds, and what they answer.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bin } from '../../tests/functional/support/paths.ts';

export interface Times {
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
  readonly min_ms: number;
}
export interface LoadResult extends Times {
  readonly rounds: number;
  readonly failed: number;
  readonly seconds: number;
  readonly per_second: number;
  /** How much of one core the generator itself used. */
  readonly generator_share: number;
  readonly steps: Readonly<Record<string, Times>>;
  /** Of whole rounds, all their steps. */
  readonly round: Times;
}
/** Of an open loop: a round's first step counts from when it was due. */
export interface OfferedResult extends LoadResult {
  readonly offered_per_second: number;
  /** Rounds that were due while as many as allowed were under way. */
  readonly waited: number;
  readonly overloaded: boolean;
}
export interface RowsResult {
  readonly per_second: number;
  readonly inserts_each: number;
  readonly updates_each: number;
  readonly bytes_each: number;
  readonly commits: number;
}
export interface Target {
  readonly address: string;
  readonly ca: string;
  readonly authorization: string;
  /** Of a door that wants to know its client. */
  readonly mutual?: { readonly serverName: string; readonly cert: string; readonly key: string };
}
export interface Amount {
  readonly connections: number;
  readonly warmUp: number;
  readonly rounds: number;
}

export interface Running<T> {
  /** Everything has been sent (of `hang`). */
  readonly allSent: Promise<void>;
  readonly result: Promise<T>;
  readonly ended: () => boolean;
}

function start<T>(name: string, args: readonly string[], authorization = ''): Running<T> {
  const env = { ...process.env, KARV_BENCH_AUTHORIZATION: authorization };
  const child = spawn(join(bin, name), args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  let sent: () => void;
  let done = false;
  const allSent = new Promise<void>((resolve) => (sent = resolve));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('"all_sent"')) sent();
  });
  const result = new Promise<T>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      done = true;
      sent(); // whoever waits sees from `ended` that it was for nothing
      const last = said.trim().split('\n').at(-1) ?? '';
      if (code === 0) resolve(JSON.parse(last) as T);
      else reject(new Error(`${name} ${args.join(' ')} ended with ${code}: ${last}`));
    });
  });
  return { allSent, result, ended: () => done };
}

function loadArguments(target: Target, amount: Amount): string[] {
  const { connections, warmUp, rounds } = amount;
  const numbers = ['--connections', `${connections}`, '--warm-up', `${warmUp}`, '--rounds', `${rounds}`];
  const { mutual } = target;
  const client =
    mutual === undefined ? [] : ['--server-name', mutual.serverName, '--cert', mutual.cert, '--key', mutual.key];
  return ['--address', target.address, '--ca', target.ca, ...client, ...numbers];
}

export function read(target: Target, amount: Amount, path: string): Promise<LoadResult> {
  const args = [...loadArguments(target, amount), 'read', '--path', path];
  return start<LoadResult>('load', args, target.authorization).result;
}

/** The lines of a file are sent in turn; `answer` stands in each of the answers. */
export interface Posts {
  readonly path: string;
  readonly bodies: string;
  readonly answer: string;
}
export function post(target: Target, amount: Amount, posts: Posts): Promise<LoadResult> {
  const what = ['--path', posts.path, '--bodies', posts.bodies, '--answer', posts.answer];
  return start<LoadResult>('load', [...loadArguments(target, amount), 'post', ...what]).result;
}

let runs = 0;
/** Shoppers of two runs never share an address. */
const tag = (): string => `${process.pid}-${(runs += 1)}`;

export function purchase(target: Target, amount: Amount, category: string): Promise<LoadResult> {
  const args = [...loadArguments(target, amount), '--tag', tag(), 'purchase', '--category', category];
  return start<LoadResult>('load', args, target.authorization).result;
}

export interface Offer {
  /** Rounds per second, at random moments. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
}
export function offered(target: Target, offer: Offer, category: string): Promise<OfferedResult> {
  const { rate, seconds, warmUpSeconds, connections } = offer;
  const when = ['--rate', rate.toFixed(2), '--seconds', `${seconds}`, '--warm-up-seconds', `${warmUpSeconds}`];
  const where = ['--address', target.address, '--ca', target.ca, '--connections', `${connections}`];
  const what = ['--tag', tag(), 'purchase', '--category', category];
  return start<OfferedResult>('load', [...where, ...when, ...what], target.authorization).result;
}

/** Card authorizations that are never answered, all at once. */
export function hang(target: Target, count: number): Running<LoadResult> {
  const amount = { connections: count, warmUp: 0, rounds: count };
  return start('load', [...loadArguments(target, amount), '--tag', tag(), 'hang'], target.authorization);
}

export function sameRows(database: string, purchases: number, commits: number): Promise<RowsResult> {
  const args = ['--database', database, '--purchases', `${purchases}`, '--commits', `${commits}`];
  return start<RowsResult>('same_rows', args).result;
}

export interface Grown {
  readonly orders: number;
  readonly rows: number;
  readonly seconds: number;
  readonly bytes: number;
}
/** Adds copies of the base's purchases to a stopped server's store. */
export function grow(base: string, into: string, firstCopy: number, copies: number): Promise<Grown> {
  const which = ['--first-copy', `${firstCopy}`, '--copies', `${copies}`];
  return start<Grown>('grow', ['--base', base, '--into', into, ...which]).result;
}

/** A program that prints its own table. */
export function runProgram(name: string, args: readonly string[]): Promise<void> {
  const child = spawn(join(bin, name), args, { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}`))));
  });
}
