// The cheapest authenticated read over TLS, against nginx; and what hanging cards do to it.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  costed,
  onFreshKarv,
  openedSession,
  say,
  serverOf,
  settled,
  type Bench,
  type Costed,
  type Measured,
  type Scale,
} from '../support/bench.ts';
import { Nginx } from '../support/nginx.ts';
import { hang, read, type Amount, type LoadResult } from '../support/programs.ts';
import * as report from '../support/report.ts';

const hanging = 100;

async function againstNginx(bench: Bench, scale: Scale): Promise<report.Line[]> {
  const amount: Amount = { connections: 32, warmUp: 1000, rounds: scale.quick ? 1000 : 20_000 };
  const { path, bodySize } = await openedSession(bench);
  const tls = (file: string): string => join(bench.system.data, 'tls', file);
  const nginx = await Nginx.start(tls('pay.localhost.crt'), tls('pay.localhost.key'), bodySize);
  const there = { ...bench.target, address: nginx.address };
  const ours: Costed[] = [];
  const limit: Costed[] = [];
  try {
    for (let round = 0; round < scale.rounds; round += 1) {
      ours.push(await costed(serverOf(bench), amount, () => read(bench.target, amount, path)));
      limit.push(await costed(nginx.pids, amount, () => read(there, amount, '/')));
      say(`reads, round ${round + 1}: ${ours.at(-1)?.per_second}/s, nginx ${limit.at(-1)?.per_second}/s`);
    }
  } finally {
    await nginx.stop();
  }
  const of = (what: (one: Costed) => number) =>
    report.held(ours.map(what), limit.map(what), 'nginx, a constant of the same size');
  const notes = {
    body_bytes: bodySize,
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

/** Reads while card authorizations hang; throws when they had ended before the reads. */
async function whileHanging(bench: Bench, amount: Amount, path: string): Promise<LoadResult> {
  const cards = hang(bench.target, hanging);
  await cards.allSent;
  await sleep(300);
  const result = await read(bench.target, amount, path);
  const over = cards.ended();
  await cards.result;
  if (over) throw new Error('the card authorizations ended before the reads did: nothing was measured');
  return result;
}

async function besideHangingCards(bench: Bench, scale: Scale): Promise<report.Line> {
  const amount: Amount = { connections: 16, warmUp: 500, rounds: scale.quick ? 1000 : 8000 };
  const { path } = await openedSession(bench);
  const ours: number[] = [];
  const limit: number[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    ours.push((await whileHanging(bench, amount, path)).p99_ms);
    await settled(bench); // the reversals
    limit.push((await read(bench.target, amount, path)).p99_ms);
    say(`reads beside hanging cards, round ${round + 1}: p99 ${ours.at(-1)} ms, else ${limit.at(-1)} ms`);
  }
  return {
    name: `read p99, ${hanging} cards hanging`,
    unit: 'ms',
    ours,
    limit,
    against: 'the same without them',
    goal: report.atMostTimes(1.25),
  };
}

export async function measureReads(scale: Scale): Promise<Measured> {
  const lines = await onFreshKarv(async (bench) => [
    ...(await againstNginx(bench, scale)),
    await besideHangingCards(bench, scale),
  ]);
  return { lines, figures: [] };
}
