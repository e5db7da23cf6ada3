// Purchase steps on PostgreSQL, against pgbench's TPC-B (prepared, scale 20, 20 clients) on the same server.
import { makeDatabases } from '../../tests/functional/support/postgres.ts';
import { onFreshKarv, purchaseRound, say, shoppers, type Costed, type Measured, type Scale } from '../support/bench.ts';
import { Pgbench } from '../support/pgbench.ts';
import * as report from '../support/report.ts';

const stepsOfPurchase = 4;

export async function measurePostgres(scale: Scale): Promise<Measured> {
  const databases = await makeDatabases();
  const pgbench = await Pgbench.prepare(20);
  const amount = { connections: shoppers, warmUp: 100, rounds: scale.quick ? 200 : 1500 };
  const ours: Costed[] = [];
  const limit: number[] = [];
  await onFreshKarv(async (bench) => {
    for (let round = 0; round < scale.rounds; round += 1) {
      ours.push(await purchaseRound(bench, amount, 'pay_later'));
      limit.push(await pgbench.transactionsPerSecond(20, scale.quick ? 2 : 8));
      const steps = (ours.at(-1)?.per_second ?? 0) * stepsOfPurchase;
      say(`steps on PostgreSQL, round ${round + 1}: ${steps.toFixed(0)}/s, TPC-B ${limit.at(-1)?.toFixed(0)}/s`);
    }
  }, databases);
  const of = (what: (one: Costed) => number) => report.alone(ours.map(what));
  const lines: report.Line[] = [
    {
      name: 'purchase steps, PostgreSQL',
      unit: '/s',
      ours: ours.map((one) => one.per_second * stepsOfPurchase),
      limit,
      against: 'pgbench TPC-B, prepared, scale 20, 20 clients',
      goal: report.atLeast(1),
      notes: { server_cpu_us_per_purchase: report.median(ours.map((one) => one.cpuMicroseconds)) },
    },
    { name: '  a step, p50', unit: 'ms', ...of((one) => one.p50_ms), goal: null },
    { name: '  a step, p99', unit: 'ms', ...of((one) => one.p99_ms), goal: report.figureBelow(50) },
  ];
  return { lines, figures: [] };
}
