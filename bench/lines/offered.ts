// How long a purchase takes at a given load, not at the highest: purchases begin at random moments, 25, 50 and 90 % of
// what the closed loop reached, whether or not earlier ones were answered.
import type { Databases } from '../../tests/functional/support/postgres.ts';
import {
  onFreshKarv,
  purchaseRound,
  say,
  settled,
  shoppers,
  type Bench,
  type Measured,
  type Scale,
} from '../support/bench.ts';
import { linesChart } from '../support/plots.ts';
import { offered, type OfferedResult } from '../support/programs.ts';
import * as report from '../support/report.ts';

const shares = [0.25, 0.5, 0.9];

async function peakOf(bench: Bench, scale: Scale): Promise<number> {
  const amount = { connections: shoppers, warmUp: 100, rounds: scale.quick ? 200 : 2000 };
  return (await purchaseRound(bench, amount, 'pay_later')).per_second;
}

interface Point {
  readonly rate: number;
  readonly results: readonly OfferedResult[];
}

async function measurePoint(bench: Bench, scale: Scale, rate: number): Promise<Point> {
  const results: OfferedResult[] = [];
  for (let round = 0; round < (scale.quick ? 1 : 3); round += 1) {
    const wanted = { rate, seconds: scale.quick ? 2 : 10, warmUpSeconds: 1, connections: 256 };
    const one = await offered(bench.target, wanted, 'pay_later');
    await settled(bench);
    results.push(one);
    const { p50_ms, p99_ms, p999_ms } = one;
    say(`${rate.toFixed(0)} purchases/s offered: a step p50 ${p50_ms} ms, p99 ${p99_ms} ms, p99.9 ${p999_ms} ms`);
    if (one.overloaded) say('(more was offered than could be answered)');
  }
  return { rate, results };
}

function linesOf(engine: string, share: number, { rate, results }: Point): report.Line[] {
  const of = (what: (one: OfferedResult) => number) => report.alone(results.map(what));
  const notes = {
    offered_per_second: rate,
    waited: report.median(results.map((one) => one.waited)),
    overloaded: results.some((one) => one.overloaded),
    purchase_p50_ms: report.median(results.map((one) => one.round.p50_ms)),
    purchase_p99_ms: report.median(results.map((one) => one.round.p99_ms)),
    purchase_p999_ms: report.median(results.map((one) => one.round.p999_ms)),
  };
  const name = `a step at ${Math.round(share * 100)} % load, ${engine}`;
  return [
    { name: `${name}, p50`, unit: 'ms', ...of((one) => one.p50_ms), goal: null, notes },
    { name: '  p99', unit: 'ms', ...of((one) => one.p99_ms), goal: report.figureBelow(50) },
    { name: '  p99.9', unit: 'ms', ...of((one) => one.p999_ms), goal: null },
  ];
}

export async function measureOffered(scale: Scale, engine: string, databases?: Databases): Promise<Measured> {
  const points = await onFreshKarv(async (bench) => {
    const peak = await peakOf(bench, scale);
    say(`${engine}: the closed loop reaches ${peak.toFixed(0)} purchases/s`);
    const found: Point[] = [];
    for (const share of shares) found.push(await measurePoint(bench, scale, peak * share));
    return found;
  }, databases);
  const series = (name: string, what: (one: OfferedResult) => number) => ({
    name,
    points: points.map(({ rate, results }): [number, number] => [rate, report.median(results.map(what))]),
  });
  const figure = linesChart({
    file: `offered-${engine}`,
    title: `A purchase's step while purchases are offered at random moments, ${engine}`,
    x: 'purchases offered per second',
    y: 'ms',
    logarithmic: 'y',
    series: [
      series('p50', (one) => one.p50_ms),
      series('p99', (one) => one.p99_ms),
      series('p99.9', (one) => one.p999_ms),
    ],
  });
  return { lines: points.flatMap((point, at) => linesOf(engine, shares[at] ?? 0, point)), figures: [figure] };
}
