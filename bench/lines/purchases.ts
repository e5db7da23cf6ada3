// Purchases on the embedded engine as fast as shoppers make them: in 30 days, against the same rows written by bare
// SQLite, and by card.
import { join } from 'node:path';
import {
  onFreshKarv,
  purchaseRound,
  say,
  shoppers,
  type Bench,
  type Costed,
  type Measured,
  type Scale,
} from '../support/bench.ts';
import { sameRows, type Amount, type LoadResult } from '../support/programs.ts';
import * as report from '../support/report.ts';

const stepNames = ['create_session', 'authorize', 'place_order', 'capture'];
const amountOf = (scale: Scale): Amount => ({ connections: shoppers, warmUp: 100, rounds: scale.quick ? 200 : 2000 });

function stepTimes(results: readonly LoadResult[]): Record<string, number> {
  const notes: Record<string, number> = {};
  for (const name of stepNames) {
    notes[`${name}_p50_ms`] = report.median(results.map((one) => one.steps[name]?.p50_ms ?? 0));
    notes[`${name}_p99_ms`] = report.median(results.map((one) => one.steps[name]?.p99_ms ?? 0));
  }
  return notes;
}

function stepLines(results: readonly LoadResult[], p99: report.Goal | null): report.Line[] {
  return [
    { name: '  a step, p50', unit: 'ms', ...report.alone(results.map((one) => one.p50_ms)), goal: null },
    { name: '  a step, p99', unit: 'ms', ...report.alone(results.map((one) => one.p99_ms)), goal: p99 },
  ];
}

async function inThirtyDays(bench: Bench, scale: Scale): Promise<report.Line[]> {
  const amount = amountOf(scale);
  const each = amount.warmUp + amount.rounds;
  const ours: (Costed & { perCommit: number })[] = [];
  const limit: number[] = [];
  let written = { inserts_each: 0, updates_each: 0, bytes_each: 0 };
  for (let round = 0; round < scale.rounds; round += 1) {
    const one = await purchaseRound(bench, amount, 'pay_later');
    const perCommit = each / one.commits;
    ours.push({ ...one, perCommit });
    const total = each * (round + 1);
    const bare = await sameRows(join(bench.system.data, 'server.db'), total, Math.round(total / perCommit));
    limit.push(bare.per_second);
    written = bare;
    say(`purchases, round ${round + 1}: ${one.per_second}/s, bare SQLite ${bare.per_second}/s`);
  }
  const notes = {
    inserts_each: written.inserts_each,
    updates_each: written.updates_each,
    bytes_each: written.bytes_each,
    purchases_per_commit: report.median(ours.map((one) => one.perCommit)),
    server_cpu_us_per_purchase: report.median(ours.map((one) => one.cpuMicroseconds)),
    generator_share: report.median(ours.map((one) => one.generator_share)),
    ...stepTimes(ours),
  };
  const rate = ours.map((one) => one.per_second);
  return [
    {
      name: 'purchases, pay in 30 days',
      unit: '/s',
      ours: rate,
      limit,
      against: 'bare SQLite, the same rows in as many commits',
      goal: report.atLeast(0.5),
      notes,
    },
    { name: '  the same, as a figure', unit: '/s', ...report.alone(rate), goal: report.figureAtLeast(1500) },
    ...stepLines(ours, report.figureBelow(50)),
  ];
}

async function byCard(bench: Bench, scale: Scale): Promise<report.Line[]> {
  const ours: LoadResult[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    ours.push(await purchaseRound(bench, amountOf(scale), 'pay_now'));
    say(`purchases by card, round ${round + 1}: ${ours.at(-1)?.per_second}/s`);
  }
  const rate = ours.map((one) => one.per_second);
  return [
    { name: 'purchases, pay now by card', unit: '/s', ...report.alone(rate), goal: null, notes: stepTimes(ours) },
    ...stepLines(ours, null),
  ];
}

export async function measurePurchases(scale: Scale): Promise<Measured> {
  const lines = await onFreshKarv(async (bench) => [
    ...(await inThirtyDays(bench, scale)),
    ...(await byCard(bench, scale)),
  ]);
  return { lines, figures: [] };
}
