// Measures Karv, each figure in turn with the limit it is held against, and prints one table. What the lines mean:
// README.md. `./dev bench` runs this.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeDatabases } from '../tests/functional/support/postgres.ts';
import { root } from '../tests/functional/support/paths.ts';
import { measureGrowth } from './lines/growth.ts';
import { measureLedger } from './lines/ledger.ts';
import { measureOffered } from './lines/offered.ts';
import { measurePostgres } from './lines/postgres.ts';
import { measurePurchases } from './lines/purchases.ts';
import { measureReads } from './lines/reads.ts';
import { measureVault } from './lines/vault.ts';
import { say, type Measured, type Scale } from './support/bench.ts';
import { printComparison, readReport } from './support/compare.ts';
import { describeMachine } from './support/machine.ts';
import { draw, ratioChart, type Figure } from './support/plots.ts';
import { runProgram } from './support/programs.ts';
import { figures, printTable, writeJson, type Figures, type Report } from './support/report.ts';

type Part = (scale: Scale) => Promise<Measured>;
const parts: Readonly<Record<string, Part>> = {
  store: async ({ quick }) => {
    await runProgram('store_bench', quick ? ['64', '1'] : []);
    return { lines: [], figures: [] };
  },
  reads: measureReads,
  purchases: measurePurchases,
  offered: (scale) => measureOffered(scale, 'sqlite'),
  ledger: measureLedger,
  vault: measureVault,
  postgres: measurePostgres,
  'offered-postgres': async (scale) => measureOffered(scale, 'postgres', await makeDatabases()),
  growth: measureGrowth,
};

interface Wishes extends Scale {
  readonly only: readonly string[];
  readonly json: string;
  readonly old: Report | null;
}

function wishesOf(args: readonly string[]): Wishes {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true },
      orders: { type: 'string', default: '1000000' },
      json: { type: 'string', default: join(root, 'build/bench/bench.json') },
      compare: { type: 'string' },
    },
  });
  const stranger = positionals.find((word) => word !== 'quick');
  if (stranger !== undefined) throw new Error(`bench knows the word 'quick', not '${stranger}'.`);
  if (!/^[1-9]0{4,7}$/.test(values.orders))
    throw new Error(`--orders takes 10000, 100000, 1000000 or 10000000, not '${values.orders}'.`);
  // The figures go beside it.
  if (!values.json.endsWith('.json')) throw new Error(`--json takes a name that ends in .json, not '${values.json}'.`);
  const only = values.only ?? Object.keys(parts);
  const unknown = only.find((name) => !(name in parts));
  if (unknown !== undefined)
    throw new Error(`There is no part '${unknown}'; there are: ${Object.keys(parts).join(', ')}.`);
  const quick = positionals.includes('quick');
  return {
    quick,
    rounds: quick ? 2 : 5,
    orders: quick ? 20_000 : Number(values.orders),
    only,
    json: values.json,
    // Before anything is measured: a wrong name should not be found out half an hour later.
    old: values.compare === undefined ? null : readReport(values.compare),
  };
}

async function measure(wishes: Wishes): Promise<boolean> {
  const machine = await describeMachine();
  say(
    `${machine.cores} x ${machine.processor}, ${machine.memory_gb} GB, ${machine.disk_syncs_per_second} disk syncs/s`,
  );
  const lines: Figures[] = [];
  const drawn: Figure[] = [];
  let failed = false;
  for (const name of wishes.only) {
    console.log(`\n  ${name}`);
    try {
      const found = await parts[name]?.(wishes);
      lines.push(...(found?.lines ?? []).map(figures));
      drawn.push(...(found?.figures ?? []));
    } catch (error) {
      // The other parts are still worth their time.
      failed = true;
      say(`FAILED: ${(error as Error).message}`);
    }
  }
  const busy = machine.used_by_others > 0.1;
  const report = { machine: { ...machine, busy, quick: wishes.quick }, lines };
  console.log();
  printTable(lines);
  writeJson(wishes.json, report);
  const folder = wishes.json.replace(/\.json$/, '-figures');
  draw(folder, [...drawn, ...lines.map(ratioChart).filter((one) => one !== null)]);
  say(`written: ${wishes.json}, ${folder}/`);
  if (wishes.old !== null) printComparison(wishes.old, report);
  if (busy) {
    const share = Math.round(100 * machine.used_by_others);
    say(`Something else used ${share} % of the machine before this began: do not quote any line.`);
  }
  if (wishes.quick) say('These were too few rounds to quote: leave out `quick`.');
  return !failed;
}

// A disk, not memory: what PostgreSQL does until a commit is safe is part of what is measured.
process.env['KARV_POSTGRES_FOLDER'] ??= tmpdir();
try {
  if (!(await measure(wishesOf(process.argv.slice(2))))) process.exitCode = 1;
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 2;
}
