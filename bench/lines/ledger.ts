// Transfers per second through the ledger's batch call (ledger_bench), on both engines.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDatabases } from '../../tests/functional/support/postgres.ts';
import type { Measured, Scale } from '../support/bench.ts';
import { linesChart } from '../support/plots.ts';
import { runProgram } from '../support/programs.ts';
import * as report from '../support/report.ts';

interface Round {
  readonly per_second: number;
  readonly cpu_us: number;
}
interface LedgerLine {
  readonly engine: string;
  readonly shape: string;
  readonly batch: number;
  readonly writers: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly ours: readonly Round[];
  readonly inserts: readonly Round[];
  readonly writes: readonly Round[];
}

const rates = (rounds: readonly Round[]): number[] => rounds.map((one) => one.per_second);

/** Transfers a second into one hot merchant, in calls of at most 256, that each engine must reach. */
const wanted: Readonly<Record<string, number>> = { sqlite: 40_000, postgres: 25_000 };

function linesOf(line: LedgerLine): report.Line[] {
  const { engine, shape, batch, writers, p50_ms, p99_ms } = line;
  const ours = rates(line.ours);
  const name = `transfers, ${engine}, ${shape}, calls of ${batch}`;
  const notes = { writers, call_p50_ms: p50_ms, call_p99_ms: p99_ms, cpu_us: line.ours.at(-1)?.cpu_us ?? 0 };
  const lines: report.Line[] = [
    {
      name,
      unit: '/s',
      ours,
      limit: rates(line.inserts),
      against: 'bare inserts of the same rows',
      goal: report.atLeast(0.5),
      notes,
    },
  ];
  const least = wanted[engine];
  if (shape === 'hot' && batch === 256 && least !== undefined) {
    lines.push({
      name: '  the same, as a figure',
      unit: '/s',
      ...report.alone(ours),
      goal: report.figureAtLeast(least),
    });
    const quickEnough = engine === 'sqlite' ? report.figureBelow(10) : null;
    lines.push({ name: '  a call, p99', unit: 'ms', ...report.alone([p99_ms]), goal: quickEnough });
  }
  return lines;
}

/** One merchant against ten thousand; both were measured in turn. */
function hotAgainstSpread(lines: readonly LedgerLine[]): report.Line[] {
  return lines
    .filter((line) => line.shape === 'hot')
    .flatMap((hot) => {
      const spread = lines.find(
        (one) => one.shape === 'spread' && one.engine === hot.engine && one.batch === hot.batch,
      );
      if (spread === undefined) return [];
      return [
        {
          name: `one merchant, ${hot.engine}, calls of ${hot.batch}`,
          unit: '/s',
          ours: rates(hot.ours),
          limit: rates(spread.ours),
          against: '10,000 merchants',
          goal: report.atLeast(0.8),
        },
      ];
    });
}

export async function measureLedger(scale: Scale): Promise<Measured> {
  const databases = await makeDatabases();
  const folder = mkdtempSync(join(tmpdir(), 'karv-ledger-bench-'));
  const file = join(folder, 'ledger.json');
  const amount = scale.quick
    ? ['--seconds', '0.2', '--rounds', '2']
    : ['--seconds', '1', '--rounds', `${scale.rounds}`];
  await runProgram('ledger_bench', [...amount, '--postgres', databases.server, '--json', file]);
  const { lines } = JSON.parse(readFileSync(file, 'utf8')) as { lines: LedgerLine[] };
  rmSync(folder, { recursive: true });
  const names = new Set(lines.map(({ engine, shape }) => `${engine}, ${shape}`));
  const figure = linesChart({
    file: 'ledger',
    title: 'Transfers through the ledger, by how many are posted in one call',
    x: 'transfers in one call',
    y: 'transfers per second',
    logarithmic: 'xy',
    series: [...names].map((name) => ({
      name,
      points: lines
        .filter(({ engine, shape }) => `${engine}, ${shape}` === name)
        .map((line): [number, number] => [line.batch, report.median(rates(line.ours))]),
    })),
  });
  return { lines: [...lines.flatMap(linesOf), ...hotAgainstSpread(lines)], figures: [figure] };
}
