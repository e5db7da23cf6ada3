// A disk that lies and fails: libfiu (Debian's fiu-utils) between the server and the C library. SQLite's writes go
// through pwrite64 and fdatasync, which libfiu knows as posix/io/rw/pwrite and posix/io/sync/fdatasync.
// The faults are switched on while the server runs and off again: it must come back by itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  comparePurchases,
  compareTotals,
  isClean,
  noFindings,
  settleAll,
  verifyBooks,
  type Findings,
} from './comparing.ts';
import type { Engine } from './engine.ts';
import { allProcesses, Installation } from './installation.ts';
import { Journal, type Refused } from './journal.ts';
import { Broken, Line } from './line.ts';
import { Random } from './random.ts';
import { shop } from './shopping.ts';

const preload = ['fiu_run_preload.so', 'fiu_posix_preload.so'].map((name) => join('/usr/lib/fiu', name));
export const faultsCanBeMade = (): boolean => preload.every((file) => existsSync(file));

interface Phase {
  readonly name: string;
  readonly points: readonly string[];
  /** In the server's log when a fault reached it; null: SQLite copes without a word (then the calls are counted). */
  readonly trace: RegExp | null;
}
const eio = 5;
const enospc = 28;
const phases: readonly Phase[] = [
  {
    name: 'fdatasync and fsync fail, 1 %',
    points: [
      `posix/io/sync/fdatasync,probability=0.01,failinfo=${eio}`,
      `posix/io/sync/fsync,probability=0.01,failinfo=${eio}`,
    ],
    trace: /sqlite 1034 /g,
  },
  {
    name: 'pwrite fails, 0.2 %',
    points: [`posix/io/rw/pwrite,probability=0.002,failinfo=${eio}`],
    trace: /sqlite 778 /g,
  },
  { name: 'pwrite writes only a part, 50 %', points: ['posix/io/rw/pwrite/reduce,probability=0.5'], trace: null },
  {
    name: 'pwrite says ENOSPC, 1 %',
    points: [`posix/io/rw/pwrite,probability=0.01,failinfo=${enospc}`],
    trace: /sqlite 13 /g,
  },
  {
    name: 'all of these at once',
    points: [
      `posix/io/sync/fdatasync,probability=0.02,failinfo=${eio}`,
      `posix/io/rw/pwrite,probability=0.005,failinfo=${enospc}`,
      'posix/io/rw/pwrite/reduce,probability=0.1',
    ],
    trace: /sqlite (1034|13) /g,
  },
];

export interface PhaseResult {
  readonly name: string;
  acknowledged: number;
  /** Faults that the server's log shows; for silent ones, how many more write calls a step took than without them. */
  fired: number;
  refused: Record<string, number>;
  died: number;
  /** Until the first purchase went well after the faults ended. */
  recovered_ms: number;
}
export interface FaultsResult {
  readonly phases: PhaseResult[];
  readonly findings: Findings;
  data: string | null;
}
export interface FaultsOptions {
  readonly engine: Engine;
  readonly seed: number;
  readonly seconds: number;
  readonly shoppers: number;
  readonly say: (text: string) => void;
}

/**
 * A 503 tells when to come back; a 502 or 504 says that the outcome is not known yet (docs/errors.md). Anything else is
 * no answer to a fault.
 */
export function complaintAbout({ answer, message }: Refused): string | null {
  if (answer.status === 502 || answer.status === 504) return null;
  if (answer.status === 503) return answer.headers['retry-after'] === undefined ? `${message}: no Retry-After` : null;
  return message;
}

class Faults {
  readonly #options: FaultsOptions;
  readonly #installation: Installation;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly result: FaultsResult = { phases: [], findings: noFindings(), data: null };
  #callsWithoutFaults = 0;

  constructor(options: FaultsOptions, installation: Installation) {
    this.#options = options;
    this.#installation = installation;
    this.#journal = new Journal(join(installation.data, 'journal.jsonl'));
    this.#random = new Random(options.seed);
  }

  async run(): Promise<void> {
    for (const name of allProcesses) if (name !== 'karv-server') await this.#installation.start(name);
    await this.#startServer(true);
    await this.#phase({ name: 'none', points: [], trace: null });
    for (const phase of phases) await this.#phase(phase);
    await this.#installation.stop('karv-server');
    await this.#startServer(false);
    await this.#compare();
    const store = this.#installation.karv('store', 'check');
    if (store.status !== 0) this.result.findings.wrong.push(`karv store check: ${store.said}`);
    await this.#installation.stopAll();
  }

  async #startServer(withFaults: boolean): Promise<void> {
    const environment = {
      LD_PRELOAD: preload.join(' '),
      FIU_CTRL_FIFO: this.#fifo(),
      FIU_ENABLE: '',
    };
    await this.#installation.start('karv-server', withFaults ? { environment } : {});
  }

  #fifo(): string {
    return join(this.#installation.data, 'fiu');
  }

  #control(commands: readonly string[]): void {
    if (commands.length === 0 || !this.#installation.isUp('karv-server')) return;
    const args = commands.flatMap((command) => ['-c', command]);
    execFileSync('fiu-ctrl', ['-f', this.#fifo(), ...args, `${this.#installation.pid('karv-server')}`], {
      stdio: 'pipe',
    });
  }

  #log(): string {
    return readFileSync(this.#installation.logFile('karv-server'), 'utf8');
  }

  /** Write calls of the server so far. Source: proc(5), io. */
  #writeCalls(): number {
    if (!this.#installation.isUp('karv-server')) return 0;
    const io = readFileSync(`/proc/${this.#installation.pid('karv-server')}/io`, 'utf8');
    return Number(/^syscw: (\d+)$/m.exec(io)?.[1] ?? 0);
  }

  async #phase(phase: Phase): Promise<void> {
    const result: PhaseResult = { name: phase.name, acknowledged: 0, fired: 0, refused: {}, died: 0, recovered_ms: 0 };
    const [logged, calls, before] = [this.#log().length, this.#writeCalls(), this.#journal.purchases.length];
    this.#journal.note({ phase: phase.name });
    this.#control(phase.points.map((point) => `enable_random name=${point}`));
    await this.#load(result);
    const callsMade = this.#writeCalls() - calls;
    this.#control(phase.points.map((point) => `disable name=${point.replace(/,.*/, '')}`));
    result.recovered_ms = await this.#recovered();

    const purchases = this.#journal.purchases.slice(before);
    const line = new Line(this.#installation);
    await settleAll(line, this.#journal, purchases, Date.now());
    line.close();
    await this.#compare();
    result.acknowledged = purchases.flatMap((purchase) => purchase.steps).filter((step) => step.id !== null).length;
    const perStep = callsMade / Math.max(1, result.acknowledged);
    if (phase.points.length === 0) this.#callsWithoutFaults = perStep;
    else if (phase.trace === null)
      result.fired =
        perStep > this.#callsWithoutFaults * 1.1
          ? Math.round(callsMade - this.#callsWithoutFaults * result.acknowledged)
          : 0;
    else result.fired = this.#log().slice(logged).match(phase.trace)?.length ?? 0;
    if (phase.points.length > 0 && result.fired === 0) {
      this.result.findings.wrong.push(`${phase.name}: no fault reached the server, so nothing was tested`);
    }
    this.result.phases.push(result);
    this.#options.say(
      `${phase.name}: ${result.acknowledged} steps acknowledged, ${result.fired} faults, refused ${JSON.stringify(result.refused)}, ` +
        `${result.died} deaths, well again after ${result.recovered_ms} ms`,
    );
  }

  async #load(result: PhaseResult): Promise<void> {
    const until = Date.now() + this.#options.seconds * 1000;
    while (Date.now() < until) {
      const line = new Line(this.#installation);
      const shoppers = Array.from({ length: this.#options.shoppers }, () =>
        shop({
          line,
          journal: this.#journal,
          random: this.#random,
          categories: ['pay_later'],
          stopped: () => Date.now() >= until,
          onRefusal: (refused) => {
            const status = `${refused.answer.status}`;
            result.refused[status] = (result.refused[status] ?? 0) + 1;
            const complaint = complaintAbout(refused);
            if (complaint !== null) this.result.findings.wrong.push(complaint);
          },
        }),
      );
      await Promise.all(shoppers);
      line.close();
      if (this.#installation.isUp('karv-server')) continue;
      result.died += 1;
      await this.#installation.kill('karv-server');
      await this.#startServer(true); // without faults: it must come up clean
    }
  }

  async #recovered(): Promise<number> {
    const begun = performance.now();
    if (!this.#installation.isUp('karv-server')) await this.#startServer(true);
    const line = new Line(this.#installation);
    let done = 0;
    let last = '';
    while (done === 0 && performance.now() - begun < 20_000) {
      const shopping = { line, journal: this.#journal, random: this.#random, categories: ['pay_later'] };
      let wellSoFar = true;
      await shop({
        ...shopping,
        stopped: () => !wellSoFar || (done = this.#journal.purchases.at(-1)?.steps.length ?? 0) >= 3,
        onRefusal: (refused) => {
          wellSoFar = false;
          last = refused.message;
        },
      });
      if (!wellSoFar) done = 0;
      if (done === 0) await sleep(50);
    }
    line.close();
    if (done === 0) this.result.findings.wrong.push(`not well again 20 s after the faults ended: ${last}`);
    return Math.round(performance.now() - begun);
  }

  async #compare(): Promise<void> {
    const line = new Line(this.#installation);
    try {
      await comparePurchases(line, this.#journal.purchases, this.result.findings);
      compareTotals(this.#options.engine, this.#installation.data, this.#journal, this.result.findings);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.result.findings.wrong.push(`the line broke while comparing: ${error.message}`);
    }
    line.close();
    verifyBooks(this.#installation, this.result.findings);
  }
}

/** Pre: faultsCanBeMade(), and the executables are built without sanitizers. */
export async function runFaults(options: FaultsOptions): Promise<FaultsResult> {
  const installation = await Installation.create(options.engine);
  const faults = new Faults(options, installation);
  try {
    await faults.run();
  } catch (error) {
    faults.result.findings.wrong.push(error instanceof Error ? error.message : String(error));
  }
  await installation.killAll();
  if (isClean(faults.result.findings)) installation.remove();
  else faults.result.data = installation.data;
  return faults.result;
}
