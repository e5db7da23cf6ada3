// What a store that has grown costs: a step of a purchase, the file's size, memory, and the time until the server is
// ready, with 10,000 orders and with a hundred and more times as many. The first orders are bought; `grow` copies them.
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { System } from '../../tests/functional/support/system.ts';
import {
  openedSession,
  purchaseRound,
  say,
  serverOf,
  settled,
  targetOf,
  type Bench,
  type Costed,
  type Measured,
  type Scale,
} from '../support/bench.ts';
import { linesChart } from '../support/plots.ts';
import { memory } from '../support/processes.ts';
import { grow, purchase, read } from '../support/programs.ts';
import * as report from '../support/report.ts';

/** What was seen at one size. */
interface Stage {
  readonly orders: number;
  readonly fileBytes: number;
  readonly readyMs: number;
  /** Of server and vault together, after they had nothing to do. */
  readonly idleMegabytes: number;
  /** The server's most, at the end. */
  readonly serverPeakMegabytes: number;
  readonly rounds: readonly Costed[];
  readonly readP99: number;
}

const sizes = (most: number, first: number): number[] => {
  const list = [first];
  for (let next = first * 10; next <= most; next *= 10) list.push(next);
  return list;
};

function serverMemory(bench: Bench): { now: number; most: number } {
  return memory(serverOf(bench)[0] ?? 0);
}

async function look(system: System, scale: Scale, orders: number): Promise<Stage> {
  await system.start();
  const readyMs = system.readyAfterMs('karv-server');
  const bench = { system, target: targetOf(system) };
  await settled(bench);
  const { now } = serverMemory(bench);
  const idleMegabytes = now + memory(system.addresses.processes['karv-vault']).now;
  const amount = { connections: 32, warmUp: 100, rounds: scale.quick ? 100 : 1000 };
  const rounds: Costed[] = [];
  for (let round = 0; round < scale.rounds; round += 1) rounds.push(await purchaseRound(bench, amount, 'pay_later'));
  const { path } = await openedSession(bench);
  const reads = await read(bench.target, { connections: 16, warmUp: 500, rounds: scale.quick ? 500 : 8000 }, path);
  const { most } = serverMemory(bench);
  await system.stop();
  const fileBytes = statSync(join(system.data, 'server.db')).size;
  const p99 = report.median(rounds.map((one) => one.p99_ms));
  say(`${orders.toLocaleString('en')} orders: ready after ${readyMs} ms, a step p99 ${p99} ms, ${fileBytes / 1e6} MB`);
  return { orders, fileBytes, readyMs, idleMegabytes, serverPeakMegabytes: most, rounds, readP99: reads.p99_ms };
}

async function buyFirst(system: System, first: number): Promise<void> {
  const bench = { system, target: targetOf(system) };
  say(`${first.toLocaleString('en')} purchases first`);
  await purchase(bench.target, { connections: 32, warmUp: 0, rounds: first }, 'pay_later');
  await settled(bench);
  await system.stop();
}

export async function measureGrowth(scale: Scale): Promise<Measured> {
  const system = await System.start();
  try {
    const stages = await growAndLook(system, scale);
    system.verifyBooks();
    return { lines: linesOf(stages), figures: figuresOf(stages) };
  } finally {
    await system.stop().catch(() => {}); // up only when something failed, and that is the error to tell
    system.remove();
  }
}

async function growAndLook(system: System, scale: Scale): Promise<Stage[]> {
  const first = scale.quick ? 200 : 10_000;
  const stages: Stage[] = [];
  await buyFirst(system, first);
  const store = join(system.data, 'server.db');
  const base = join(system.data, 'base.db');
  copyFileSync(store, base);
  let copies = 0;
  for (const orders of sizes(scale.orders, first)) {
    const more = orders / first - 1 - copies;
    if (more > 0) await grow(base, store, copies + 1, more);
    copies += more;
    stages.push(await look(system, scale, orders));
  }
  return stages;
}

function linesOf(stages: readonly Stage[]): report.Line[] {
  const small = stages[0];
  const large = stages.at(-1);
  if (small === undefined || large === undefined) return [];
  const count = (stage: Stage): string => `${stage.orders.toLocaleString('en')} orders`;
  const against = `with ${count(small)}`;
  const both = (what: (one: Costed) => number) => report.held(large.rounds.map(what), small.rounds.map(what), against);
  const one = (ours: number, limit: number) => report.held([ours], [limit], against);
  // Copies have no audit records and nothing in the outbox, so only what was added by copies is told.
  const perCopy = (large.fileBytes - small.fileBytes) / (large.orders - small.orders) / 1000;
  const kept = { goal: report.atMostTimes(1.5) };
  return [
    { name: `a step's p99, ${count(large)}`, unit: 'ms', ...both((round) => round.p99_ms), ...kept },
    { name: '  its p50', unit: 'ms', ...both((round) => round.p50_ms), goal: null },
    { name: '  purchases', unit: '/s', ...both((round) => round.per_second), goal: null },
    { name: '  a read, p99', unit: 'ms', ...one(large.readP99, small.readP99), ...kept },
    {
      name: '  the file, per order (no audit, no outbox)',
      unit: 'kB',
      ...report.alone([perCopy]),
      goal: null,
    },
    {
      name: '  start to ready',
      unit: 'ms',
      ...one(large.readyMs, small.readyMs),
      goal: report.figureBelow(2000),
    },
    {
      name: '  memory idle, server and vault',
      unit: 'MB',
      ...one(large.idleMegabytes, small.idleMegabytes),
      goal: report.figureBelow(100),
    },
    {
      name: '  the server, at most',
      unit: 'MB',
      ...one(large.serverPeakMegabytes, small.serverPeakMegabytes),
      goal: null,
    },
  ];
}

function figuresOf(stages: readonly Stage[]) {
  const series = (name: string, what: (stage: Stage) => number) => ({
    name,
    points: stages.map((stage): [number, number] => [stage.orders, what(stage)]),
  });
  const middle = (what: (one: Costed) => number) => (stage: Stage) => report.median(stage.rounds.map(what));
  const x = 'orders in the store';
  return [
    linesChart({
      file: 'growth-latency',
      title: 'A step of a purchase in a store that grows',
      x,
      y: 'ms',
      logarithmic: 'x',
      series: [
        series(
          'p50',
          middle((one) => one.p50_ms),
        ),
        series(
          'p99',
          middle((one) => one.p99_ms),
        ),
        series('a read, p99', (stage) => stage.readP99),
      ],
    }),
    linesChart({
      file: 'growth-size',
      title: 'The file of a store that grows',
      x,
      y: 'MB',
      logarithmic: 'xy',
      series: [series('server.db', (stage) => stage.fileBytes / 1e6)],
    }),
    linesChart({
      file: 'growth-memory',
      title: 'Memory with a store that grows',
      x,
      y: 'MB',
      logarithmic: 'x',
      series: [
        series('server and vault, idle', (stage) => stage.idleMegabytes),
        series('the server at most', (stage) => stage.serverPeakMegabytes),
      ],
    }),
  ];
}
