// The vault's lines of a result as the table of docs/vault.md.
import { text, type Figures, type Report } from './report.ts';

const begin = '<!-- figures: written by bench/figures.ts -->';
const end = '<!-- figures: end -->';
const prefix = 'vault, ';

function row(line: Figures): string {
  const parts = line.name.slice(prefix.length).split(', ');
  const engine = parts.pop() ?? '';
  const note = (name: string): string => {
    const value = line.notes[name];
    return typeof value === 'number' ? text(value) : '-';
  };
  const missed = line.reached === false;
  const ratio = missed ? `**${text(line.ratio)}**` : text(line.ratio);
  const cells = [
    parts.join(', '),
    engine === 'postgres' ? 'PostgreSQL' : 'SQLite',
    `${text(line.ours)}${line.noisy ? ' ¹' : ''}`,
    ...['p50_ms', 'p95_ms', 'p99_ms'].map(note),
    text(line.limit),
    ratio,
  ];
  return `| ${cells.join(' | ')} |`;
}

function machineOf(report: Report): string {
  const { at, cores, processor, memory_gb, disk_syncs_per_second, busy, quick } = report.machine;
  const date = String(at).slice(0, 10);
  const doubts = [
    ...(busy === true ? ['something else used the machine'] : []),
    ...(quick === true ? ['these are too few rounds'] : []),
  ];
  const doubt = doubts.length === 0 ? '' : ` Not to be quoted: ${doubts.join(', ')}.`;
  return `${date}, ${String(cores)} x ${String(processor)}, ${String(memory_gb)} GB, ${String(disk_syncs_per_second)} disk syncs/s.${doubt}`;
}

/** The page with the table of this result between its marks. */
export function withFigures(page: string, report: Report): string {
  const lines = report.lines.filter((line) => line.name.startsWith(prefix));
  if (lines.length === 0) throw new Error('the result has no line of the part `vault`');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks the marks ${begin} and ${end}`);
  const table = [
    '| what | engine | a second | p50 ms | p95 ms | p99 ms | limit | ratio |',
    '|---|---|---|---|---|---|---|---|',
    ...lines.map(row),
  ];
  const noisy = lines.some((line) => line.noisy) ? '\n\n¹ its rounds differ by more than 30 %: not to be quoted.' : '';
  const written = `${begin}\n${machineOf(report)}\n\n${table.join('\n')}${noisy}\n`;
  return page.slice(0, from) + written + page.slice(to);
}
