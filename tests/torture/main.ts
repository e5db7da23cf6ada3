// ./dev torture: proves that nothing which was answered is ever lost. See README.md.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from '../functional/support/paths.ts';
import { isClean, type Findings } from './comparing.ts';
import { canMount, runDisk } from './disk.ts';
import { engines, type Engine } from './engine.ts';
import { againInOwnNetwork, hasOwnNetwork, networkCanBeMade, runFailover, type FailoverResult } from './failover.ts';
import { faultsCanBeMade, runFaults } from './faults.ts';
import { runRounds, type RoundsResult } from './rounds.ts';

const parts = ['kill', 'faults', 'disk', 'failover'] as const;
type Part = (typeof parts)[number];

const say = (text: string): void => console.log(`  ${text}`);

interface Wishes {
  readonly rounds: number;
  readonly seed: number;
  readonly engine: Engine;
  readonly only: readonly Part[];
  readonly shoppers: number;
  readonly json: string;
}

function wishesOf(args: readonly string[]): Wishes {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: `${Math.floor(Date.now() / 1000) % 1_000_000_000}` },
      engine: { type: 'string', default: 'sqlite' },
      only: { type: 'string', multiple: true },
      shoppers: { type: 'string', default: '8' },
      json: { type: 'string', default: join(root, 'build/torture.json') },
    },
  });
  const number = (name: 'rounds' | 'seed' | 'shoppers'): number => {
    if (!/^\d{1,9}$/.test(values[name])) throw new Error(`--${name} takes a whole number, not '${values[name]}'.`);
    return Number(values[name]);
  };
  const engine = engines[values.engine];
  if (engine === undefined)
    throw new Error(`There is no engine '${values.engine}'; there are: ${Object.keys(engines).join(', ')}.`);
  const possible: readonly Part[] = engine.isFile ? ['kill', 'faults', 'disk'] : ['kill', 'failover'];
  const only = (values.only ?? [...possible]).map((name) => {
    const part = parts.find((one) => one === name);
    if (part === undefined || !possible.some((one) => one === part)) {
      throw new Error(`There is no part '${name}' with ${engine.name}; there are: ${possible.join(', ')}.`);
    }
    return part;
  });
  return {
    rounds: number('rounds'),
    seed: number('seed'),
    shoppers: number('shoppers'),
    engine,
    only,
    json: values.json,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function table(lines: readonly (readonly [string, string | number])[]): void {
  const width = Math.max(...lines.map(([name]) => name.length));
  for (const [name, value] of lines) console.log(`  ${name.padEnd(width)}  ${value}`);
}

function report(name: string, found: Findings, data: string | null): void {
  const most = 10;
  for (const [what, list] of Object.entries(found) as [string, string[]][]) {
    for (const one of list.slice(0, most)) say(`${what.toUpperCase()}: ${one}`);
    if (list.length > most) say(`and ${list.length - most} more ${what}`);
  }
  if (data !== null) say(`${name}: everything is kept in ${data}`);
}

type Lines = readonly (readonly [string, string | number])[];
const linesOfSteps = (result: RoundsResult | FailoverResult): Lines => [
  ['steps acknowledged', result.acknowledged],
  ['steps not answered, repeated', result.unanswered],
  ['  of these done before the kill', result.unanswered_but_done],
  ['acknowledged steps sent again', result.repeated],
  ['lost', result.findings.lost.length],
  ['doubled', result.findings.doubled.length],
  ['otherwise wrong', result.findings.wrong.length],
];

function tableOfRounds(result: RoundsResult): void {
  table([
    ['engine', result.engine],
    ['rounds', result.rounds],
    [
      'killed',
      Object.entries(result.killed)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    ],
    ['killed again while starting', result.killed_while_starting],
    ['purchases begun', result.purchases],
    ...linesOfSteps(result),
    [
      'restart to ready, p50 / max',
      `${median(result.restart_ms).toFixed(0)} / ${Math.max(0, ...result.restart_ms).toFixed(0)} ms`,
    ],
    ['seconds', result.seconds.toFixed(0)],
    ['seed', result.seed],
  ]);
}

/** The disk part needs to mount: in a user namespace of its own when this is not root. Null: it could not be done. */
async function diskPart(wishes: Wishes): Promise<{ readonly findings: Findings } | null> {
  if (canMount()) return runDisk({ ...wishes, say });
  const inside = ['--user', '--map-root-user', '--mount'];
  if (spawnSync('unshare', [...inside, 'true']).status !== 0) return null;
  const json = `${wishes.json}.disk`;
  const self = [fileURLToPath(import.meta.url), '--only', 'disk', '--json', json, '--seed', `${wishes.seed}`];
  const ran = spawnSync('unshare', [...inside, process.execPath, ...self, '--engine', wishes.engine.name], {
    stdio: 'inherit',
  });
  const wrong = ran.status === 0 ? [] : [`the disk part ended with ${ran.status}`];
  return { findings: { lost: [], doubled: [], wrong } };
}

/** Null: it could not be done. */
async function failoverPart(wishes: Wishes): Promise<FailoverResult | null> {
  const rounds = Math.max(3, Math.round(wishes.rounds / 20));
  if (hasOwnNetwork()) return runFailover({ ...wishes, rounds, say });
  if (!networkCanBeMade()) return null;
  const json = `${wishes.json}.failover`;
  const wanted = ['--only', 'failover', '--engine', 'postgres', '--json', json, '--seed', `${wishes.seed}`];
  const load = ['--rounds', `${wishes.rounds}`, '--shoppers', `${wishes.shoppers}`];
  return againInOwnNetwork([fileURLToPath(import.meta.url), ...wanted, ...load], json);
}

function tableOfFailover(result: FailoverResult): void {
  const times = (values: readonly number[]): string => `${median(values).toFixed(0)} / ${Math.max(0, ...values)} ms`;
  table([
    ['fail-overs', result.rounds],
    ...linesOfSteps(result),
    ['kill to next acknowledged step, p50 / max: processes', times(result.recovered_ms.processes)],
    ['kill to next acknowledged step, p50 / max: host', times(result.recovered_ms.host)],
    ['kill to next acknowledged step, p50 / max: restart', times(result.recovered_ms.restart)],
    ['lost by the control without a synchronous standby', result.lost_without_waiting],
    ['seed', result.seed],
  ]);
}

async function main(): Promise<number> {
  const wishes = wishesOf(process.argv.slice(2));
  const results: Record<string, unknown> = {
    seed: wishes.seed,
    engine: wishes.engine.name,
    at: new Date().toISOString(),
  };
  const found: Findings[] = [];
  if (wishes.only.includes('kill')) {
    say(`kill -9, ${wishes.rounds} rounds, seed ${wishes.seed}`);
    const result = await runRounds({ ...wishes, say });
    tableOfRounds(result);
    report('kill', result.findings, result.data);
    results['kill'] = result;
    found.push(result.findings);
  }
  if (wishes.only.includes('faults')) {
    if (!faultsCanBeMade()) {
      say('NOT DONE: faults. libfiu is missing: apt install fiu-utils.');
      results['faults'] = 'not done';
    } else {
      say('a failing disk, by libfiu');
      const result = await runFaults({ ...wishes, seconds: 8, say });
      report('faults', result.findings, result.data);
      results['faults'] = result;
      found.push(result.findings);
    }
  }
  if (wishes.only.includes('disk')) {
    say('a full disk');
    const result = await diskPart(wishes);
    if (result === null) {
      say('NOT DONE: full disk. A file system cannot be mounted here: be root, or allow user namespaces.');
      results['disk'] = 'not done';
    } else {
      say(JSON.stringify(result));
      if ('data' in result) report('disk', result.findings, result.data as string | null);
      results['disk'] = result;
      found.push(result.findings);
    }
  }
  if (wishes.only.includes('failover')) {
    say('fail-over to a synchronous standby');
    const result = await failoverPart(wishes);
    if (result === null) {
      say('NOT DONE: fail-over. Network namespaces take root.');
      results['failover'] = 'not done';
    } else {
      if (!hasOwnNetwork()) tableOfFailover(result);
      report('failover', result.findings, result.data);
      results['failover'] = result;
      found.push(result.findings);
    }
  }
  mkdirSync(dirname(wishes.json), { recursive: true });
  writeFileSync(wishes.json, `${JSON.stringify(results, null, 2)}\n`);
  const clean = found.length > 0 && found.every(isClean);
  say(clean ? 'nothing that was answered was lost, and nothing happened twice' : 'SOMETHING IS WRONG: see above');
  return clean ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`  ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
