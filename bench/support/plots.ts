// The figures as SVG, drawn by gnuplot.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from './report.ts';

export interface Figure {
  /** Without folder and ending. */
  readonly file: string;
  /** What gnuplot is told, behind the terminal and the output. */
  readonly script: string;
}

interface Chart {
  readonly file: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly logarithmic: '' | 'x' | 'y' | 'xy';
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
}

/** In gnuplot's double quotes. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '')}"`;
const block = (name: string, rows: readonly string[]): string => `$${name} << END\n${rows.join('\n')}\nEND\n`;

export function linesChart(chart: Chart): Figure {
  const data = chart.series.map(({ points }, at) =>
    block(
      `data${at}`,
      points.map((point) => point.join(' ')),
    ),
  );
  const curves = chart.series.map(
    ({ name }, at) => `$data${at} using 1:2 with linespoints pointtype 7 linewidth 2 title ${quoted(name)}`,
  );
  const script = [
    ...data,
    `set title ${quoted(chart.title)}`,
    `set xlabel ${quoted(chart.x)}`,
    `set ylabel ${quoted(chart.y)}`,
    chart.logarithmic === '' ? '' : `set logscale ${chart.logarithmic}`,
    chart.logarithmic.includes('x') ? 'set format x "%.0s%c"' : '', // 10k, 1M
    chart.logarithmic.includes('y') ? '' : 'set yrange [0:*]',
    'set key outside right',
    `plot ${curves.join(', ')}`,
  ];
  return { file: chart.file, script: script.join('\n') };
}

const fileOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** Ours beside the limit, the rounds as dots. Null for a line without a limit. */
export function ratioChart(line: Figures): Figure | null {
  const { ours, limit } = line.rounds;
  if (limit.length === 0) return null;
  const dots = [...ours.map((value) => `0 ${value}`), ...limit.map((value) => `1 ${value}`)];
  const script = [
    block('bars', [`0 ${line.ours}`, `1 ${line.limit ?? 0}`]),
    block('rounds', dots),
    `set title ${quoted(`${line.name.trim()}: ${line.ratio?.toFixed(2)} of the limit${line.noisy ? ' (noisy)' : ''}`)}`,
    `set ylabel ${quoted(line.unit)}`,
    `set xtics (${quoted('Karv')} 0, ${quoted(line.against)} 1)`,
    'set xrange [-0.7:1.7]',
    'set yrange [0:*]',
    'set boxwidth 0.5',
    'set style fill solid 0.4',
    'unset key',
    'plot $bars using 1:2 with boxes, $rounds using 1:2 with points pointtype 7 pointsize 0.5 linecolor "black"',
  ];
  return { file: `ratio-${fileOf(line.name)}`, script: script.join('\n') };
}

/** Writes FOLDER/NAME.svg for each; throws with gnuplot's words when it refuses one. */
export function draw(folder: string, figures: readonly Figure[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { file, script } of figures) {
    const head = [
      'set terminal svg size 900,480 dynamic background rgb "white" font "sans-serif,13"',
      `set output ${quoted(join(folder, `${file}.svg`))}`,
      'set encoding utf8',
      'set grid ytics',
    ];
    const { status, stderr, error } = spawnSync('gnuplot', ['-'], {
      input: [...head, script, ''].join('\n'),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`gnuplot on ${file}: ${error?.message ?? stderr} (./dev installs gnuplot-nox)`);
  }
}
