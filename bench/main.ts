// Measures the real processes, each figure in turn with the limit it is held against, and prints one table. What the
// lines mean: README.md. `./dev bench` runs this; `./dev bench quick` shows only that everything works.
import { readSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../tests/functional/support/paths.ts';
import { Client } from '../tests/functional/support/client.ts';
import { openSession } from '../tests/functional/support/purchases.ts';
import { System } from '../tests/functional/support/system.ts';
import { describeMachine } from './support/machine.ts';
import { Nginx } from './support/nginx.ts';
import { cpuSeconds, quiet } from './support/processes.ts';
import { hang, purchase, read, sameRows, type Amount, type LoadResult, type Target } from './support/programs.ts';
import * as report from './support/report.ts';

const quick = process.argv.includes('quick');
const rounds = quick ? 2 : 5;
const reads: Amount = { connections: 32, warmUp: 1000, rounds: quick ? 1000 : 20_000 };
const purchases: Amount = { connections: 32, warmUp: 50, rounds: quick ? 100 : 1000 };
const fewerReads: Amount = { connections: 16, warmUp: 500, rounds: quick ? 1000 : 8000 };
const hanging = 100;

const say = (text: string): void => console.log(`  ${text}`);

interface Bench {
  readonly system: System;
  readonly target: Target;
  /** Of an open payment session. */
  readonly path: string;
  readonly bodySize: number;
}

async function setUp(): Promise<Bench> {
  const system = await System.start();
  const { username, password } = system.merchant;
  const client = new Client(system);
  const path = `/payments/v1/sessions/${await openSession(client)}`;
  const answer = await client.get(path);
  client.close();
  if (answer.status !== 200) throw new Error(`the session cannot be read: ${answer.text}`);
  const target = {
    address: `127.0.0.1:${new URL(system.addresses.base_url).port}`,
    ca: system.addresses.ca_file,
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  };
  return { system, target, path, bodySize: Buffer.byteLength(answer.text) };
}

const all = (bench: Bench): number[] => Object.values(bench.system.addresses.processes);

interface Costed extends LoadResult {
  /** Processor time of the processes that answered, per request. */
  readonly cpuMicroseconds: number;
}
async function costed(pids: readonly number[], amount: Amount, run: () => Promise<LoadResult>): Promise<Costed> {
  const before = cpuSeconds(pids);
  const result = await run();
  const used = cpuSeconds(pids) - before;
  return { ...result, cpuMicroseconds: (used * 1e6) / (amount.warmUp + amount.rounds) };
}

async function measureReads(bench: Bench): Promise<report.Line[]> {
  const server = [bench.system.addresses.processes['karv-server']];
  const tls = (file: string): string => join(bench.system.data, 'tls', file);
  const nginx = await Nginx.start(tls('pay.localhost.crt'), tls('pay.localhost.key'), bench.bodySize);
  const ours: Costed[] = [];
  const limit: Costed[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await costed(server, reads, () => read(bench.target, reads, bench.path)));
      const target = { ...bench.target, address: nginx.address };
      limit.push(await costed(nginx.pids, reads, () => read(target, reads, bench.path)));
      say(`reads, round ${round + 1}: ${ours.at(-1)?.per_second}/s, nginx ${limit.at(-1)?.per_second}/s`);
    }
  } finally {
    await nginx.stop();
  }
  const against = 'nginx, a constant of the same size';
  const of = (what: (one: Costed) => number): Pick<report.Line, 'ours' | 'limit' | 'against'> => ({
    ours: ours.map(what),
    limit: limit.map(what),
    against,
  });
  const notes = {
    body_bytes: bench.bodySize,
    generator_share_ours: report.median(ours.map((one) => one.generator_share)),
    generator_share_limit: report.median(limit.map((one) => one.generator_share)),
  };
  return [
    { name: 'authenticated read', unit: '/s', ...of((one) => one.per_second), goal: report.atLeast(0.3), notes },
    { name: '  p50', unit: 'ms', ...of((one) => one.p50_ms), goal: null },
    { name: '  p99', unit: 'ms', ...of((one) => one.p99_ms), goal: null },
    { name: '  server processor time', unit: 'us', ...of((one) => one.cpuMicroseconds), goal: null },
  ];
}

/**
 * How many transactions the database has committed. Source: SQLite, WAL-mode File Format, 2.1: bytes 8 to 11 of the
 * wal-index count them, in the machine's byte order.
 */
function commits(bench: Bench): number {
  const file = openSync(join(bench.system.data, 'server.db-shm'), 'r');
  const counter = new Uint32Array(1);
  readSync(file, counter, 0, 4, 8);
  closeSync(file);
  return counter[0] ?? 0;
}

const stepNames = ['create_session', 'authorize', 'place_order', 'capture'];

function stepTimes(results: readonly LoadResult[]): Record<string, number> {
  const notes: Record<string, number> = {};
  for (const name of stepNames) {
    notes[`${name}_p50_ms`] = report.median(results.map((one) => one.steps[name]?.p50_ms ?? 0));
    notes[`${name}_p99_ms`] = report.median(results.map((one) => one.steps[name]?.p99_ms ?? 0));
  }
  return notes;
}

async function purchaseRound(bench: Bench, category: string): Promise<Costed & { perCommit: number }> {
  const server = [bench.system.addresses.processes['karv-server']];
  const before = commits(bench);
  const result = await costed(server, purchases, () => purchase(bench.target, purchases, category));
  const made = commits(bench) - before;
  // Mail and the audit chain follow the purchases; they must not disturb what is measured next.
  if (!(await quiet(all(bench)))) say('(the queues did not run empty in time)');
  return { ...result, perCommit: (purchases.warmUp + purchases.rounds) / made };
}

async function measurePurchases(bench: Bench): Promise<report.Line[]> {
  const ours: (LoadResult & { perCommit: number; cpuMicroseconds: number })[] = [];
  const limit: number[] = [];
  let written = { inserts_each: 0, updates_each: 0, bytes_each: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const one = await purchaseRound(bench, 'pay_later');
    ours.push(one);
    const total = (purchases.warmUp + purchases.rounds) * (round + 1);
    const bare = await sameRows(join(bench.system.data, 'server.db'), total, Math.round(total / one.perCommit));
    limit.push(bare.per_second);
    written = bare;
    say(`purchases, round ${round + 1}: ${one.per_second}/s, bare SQLite ${bare.per_second}/s`);
  }
  const { inserts_each, updates_each, bytes_each } = written;
  const notes = {
    inserts_each,
    updates_each,
    bytes_each,
    purchases_per_commit: report.median(ours.map((one) => one.perCommit)),
    server_cpu_us_per_purchase: report.median(ours.map((one) => one.cpuMicroseconds)),
    generator_share: report.median(ours.map((one) => one.generator_share)),
    ...stepTimes(ours),
  };
  const bare = 'bare SQLite, the same rows in as many commits';
  const rate = ours.map((one) => one.per_second);
  const alone = { limit: [], against: '' };
  return [
    {
      name: 'purchases, pay in 30 days',
      unit: '/s',
      ours: rate,
      limit,
      against: bare,
      goal: report.atLeast(0.5),
      notes,
    },
    { name: '  the same, as a figure', unit: '/s', ours: rate, ...alone, goal: report.figureAtLeast(1500) },
    { name: '  a step, p50', unit: 'ms', ours: ours.map((one) => one.p50_ms), ...alone, goal: null },
    { name: '  a step, p99', unit: 'ms', ours: ours.map((one) => one.p99_ms), ...alone, goal: report.figureBelow(50) },
  ];
}

async function measureCardPurchases(bench: Bench): Promise<report.Line[]> {
  const ours: LoadResult[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await purchaseRound(bench, 'pay_now'));
    say(`purchases by card, round ${round + 1}: ${ours.at(-1)?.per_second}/s`);
  }
  const alone = { limit: [], against: '', goal: null };
  const rate = ours.map((one) => one.per_second);
  return [
    { name: 'purchases, pay now by card', unit: '/s', ours: rate, ...alone, notes: stepTimes(ours) },
    { name: '  a step, p50', unit: 'ms', ours: ours.map((one) => one.p50_ms), ...alone },
    { name: '  a step, p99', unit: 'ms', ours: ours.map((one) => one.p99_ms), ...alone },
  ];
}

/** Reads while card authorizations hang; throws when they had ended before the reads. */
async function readsWhileHanging(bench: Bench): Promise<LoadResult> {
  const cards = hang(bench.target, hanging);
  await cards.allSent;
  await sleep(300);
  const result = await read(bench.target, fewerReads, bench.path);
  const over = cards.ended();
  await cards.result;
  if (over) throw new Error('the card authorizations ended before the reads did: nothing was measured');
  return result;
}

async function measureReadsWhileHanging(bench: Bench): Promise<report.Line[]> {
  const ours: LoadResult[] = [];
  const limit: LoadResult[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await readsWhileHanging(bench));
    if (!(await quiet(all(bench)))) say('(the reversals did not end in time)');
    limit.push(await read(bench.target, fewerReads, bench.path));
    say(
      `reads beside hanging cards, round ${round + 1}: p99 ${ours.at(-1)?.p99_ms} ms, else ${limit.at(-1)?.p99_ms} ms`,
    );
  }
  const name = `read p99, ${hanging} cards hanging`;
  const p99 = (all: readonly LoadResult[]): number[] => all.map((one) => one.p99_ms);
  const goal = report.atMostTimes(1.25);
  return [{ name, unit: 'ms', ours: p99(ours), limit: p99(limit), against: 'the same without them', goal }];
}

const machine = await describeMachine();
say(`${machine.cores} x ${machine.processor}, ${machine.memory_gb} GB, ${machine.disk_syncs_per_second} disk syncs/s`);
const busy = machine.used_by_others > 0.1;
const bench = await setUp();
const lines: report.Line[] = [];
try {
  for (const measure of [measureReads, measurePurchases, measureCardPurchases, measureReadsWhileHanging]) {
    await quiet(all(bench));
    lines.push(...(await measure(bench)));
  }
} finally {
  console.log();
  report.printTable(lines);
  if (busy)
    say(
      `Something else used ${Math.round(100 * machine.used_by_others)} % of the machine before this began: do not quote any line.`,
    );
  if (quick) say('These were too few rounds to quote: leave out `quick`.');
  report.writeJson(join(root, 'build/bench.json'), { ...machine, busy, quick }, lines);
  await bench.system.stopClean();
}
