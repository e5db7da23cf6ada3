// The table, and the same as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Rounds that differ by more than this share of their median say that something else used the machine. */
const noisyAbove = 0.3;

export interface Goal {
  readonly text: string;
  readonly reached: (figure: { readonly ours: number; readonly ratio: number }) => boolean;
}
export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  /** Of the same rounds; empty: there is nothing to hold it against. */
  readonly limit: readonly number[];
  /** What the limit is. */
  readonly against: string;
  readonly goal: Goal | null;
  readonly notes?: Readonly<Record<string, number | string | boolean>>;
}

type Sides = Pick<Line, 'ours' | 'limit' | 'against'>;
/** A figure that nothing is held against. */
export const alone = (ours: readonly number[]): Sides => ({ ours, limit: [], against: '' });
export const held = (ours: readonly number[], limit: readonly number[], against: string): Sides => ({
  ours,
  limit,
  against,
});

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

export function spread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / middle;
}

export const atLeast = (least: number): Goal => ({
  text: `>= ${least} x`,
  reached: ({ ratio }) => ratio >= least,
});
export const atMostTimes = (most: number): Goal => ({
  text: `<= ${most} x`,
  reached: ({ ratio }) => ratio <= most,
});
export const figureAtLeast = (least: number): Goal => ({
  text: `>= ${least}`,
  reached: ({ ours }) => ours >= least,
});
export const figureBelow = (most: number): Goal => ({ text: `< ${most}`, reached: ({ ours }) => ours < most });

export function figures(line: Line) {
  const ratios = line.limit.map((limit, round) => (line.ours[round] ?? 0) / limit);
  const ours = median(line.ours);
  const ratio = median(ratios);
  return {
    name: line.name,
    unit: line.unit,
    ours,
    limit: line.limit.length === 0 ? null : median(line.limit),
    against: line.against,
    ratio: line.limit.length === 0 ? null : ratio,
    goal: line.goal?.text ?? null,
    reached: line.goal === null ? null : line.goal.reached({ ours, ratio }),
    spread: { ours: spread(line.ours), limit: spread(line.limit) },
    noisy: Math.max(spread(line.ours), spread(line.limit)) > noisyAbove,
    rounds: { ours: line.ours, limit: line.limit },
    notes: line.notes ?? {},
  };
}
export type Figures = ReturnType<typeof figures>;

export interface Report {
  readonly machine: Readonly<Record<string, unknown>>;
  readonly lines: readonly Figures[];
}

export function text(value: number | null, unit = ''): string {
  if (value === null) return '-';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}

function row(one: Figures): string[] {
  const reached = one.reached === null ? '-' : one.reached ? 'yes' : 'NO';
  const sure = one.noisy
    ? `${reached} (noisy: ${Math.round(100 * Math.max(one.spread.ours, one.spread.limit))} %)`
    : reached;
  return [one.name, text(one.ours, one.unit), text(one.limit, one.unit), text(one.ratio), one.goal ?? '-', sure];
}

/** The first row is the header; the first column and the last are words. */
export function printRows(rows: readonly (readonly string[])[]): void {
  const header = rows[0] ?? [];
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of rows) {
    const padded = cells.map((cell, column) =>
      column === 0 || column === header.length - 1
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0),
    );
    console.log(`  ${padded.join('   ').trimEnd()}`);
  }
}

export function printTable(lines: readonly Figures[]): void {
  printRows([['what', 'ours', 'limit', 'ratio', 'goal', 'reached'], ...lines.map(row)]);
  if (lines.some((line) => line.noisy)) {
    console.log(
      '\n  noisy: the rounds of that line differ by more than 30 %. Do not quote it; measure on an idle machine.',
    );
  }
}

export function writeJson(file: string, report: Report): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}
