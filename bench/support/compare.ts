// Two results side by side: what became better or worse than the rounds' own scatter explains.
import { readFileSync } from 'node:fs';
import { printRows, text, type Figures, type Report } from './report.ts';

/** Less than this is no change, however steady the rounds were. */
const least = 0.1;

function isLine(value: unknown): value is Figures {
  const line = value as Partial<Figures> | null;
  return (
    typeof line?.name === 'string' &&
    typeof line.unit === 'string' &&
    typeof line.ours === 'number' &&
    (line.ratio === null || typeof line.ratio === 'number') &&
    typeof line.spread?.ours === 'number' &&
    typeof line.spread.limit === 'number'
  );
}

export function readReport(file: string): Report {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is no result of ./dev bench: ${(error as Error).message}`, { cause: error });
  }
  const lines = (report as Partial<Report> | null)?.lines;
  if (!Array.isArray(lines) || !lines.every(isLine)) throw new Error(`${file} is no result of ./dev bench.`);
  return report as Report;
}

/** Times are better when they are shorter. */
const shorterIsBetter = (unit: string): boolean => ['ms', 'us', 'MB', 'kB'].includes(unit);

/** Ratios to the limit are compared where there are any: they say less about the machine. */
function changeOf(old: Figures, now: Figures): number {
  const of = (one: Figures): number => one.ratio ?? one.ours;
  const comparable = old.ratio !== null && now.ratio !== null;
  return comparable ? of(now) / of(old) - 1 : now.ours / old.ours - 1;
}

export function verdictOf(old: Figures, now: Figures): 'better' | 'worse' | 'same' | 'noisy' {
  const change = changeOf(old, now);
  const scatter = (Math.max(old.spread.ours, old.spread.limit) + Math.max(now.spread.ours, now.spread.limit)) / 2;
  if (!Number.isFinite(change) || Math.abs(change) <= Math.max(least, scatter)) {
    return old.noisy || now.noisy ? 'noisy' : 'same';
  }
  return change > 0 === shorterIsBetter(now.unit) ? 'worse' : 'better';
}

export function printComparison(old: Report, now: Report): void {
  const rows = [['what', 'then', 'now', 'ratio then', 'ratio now', 'change', '']];
  let group = '';
  const named = (lines: readonly Figures[]): Map<string, Figures> => {
    const map = new Map<string, Figures>();
    for (const line of lines) {
      if (!line.name.startsWith(' ')) group = line.name;
      map.set(line.name.startsWith(' ') ? `${group}:${line.name}` : line.name, line);
    }
    return map;
  };
  const before = named(old.lines);
  for (const [key, line] of named(now.lines)) {
    const then = before.get(key);
    if (then === undefined) continue;
    rows.push([
      line.name,
      text(then.ours, then.unit),
      text(line.ours, line.unit),
      text(then.ratio),
      text(line.ratio),
      `${(100 * changeOf(then, line)).toFixed(0)} %`,
      verdictOf(then, line),
    ]);
  }
  if (rows.length === 1) console.log('  The two results have no line in common.');
  else printRows(rows);
}
