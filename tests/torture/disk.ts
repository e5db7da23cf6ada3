// A disk that is really full: the database on a small file system of its own, filled to the last byte under load, and
// freed again.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comparePurchases, compareTotals, isClean, noFindings, settleAll, type Findings } from './comparing.ts';
import type { Engine } from './engine.ts';
import { allProcesses, Installation } from './installation.ts';
import { Journal, stepOf } from './journal.ts';
import { Line } from './line.ts';
import { Random } from './random.ts';
import { shop } from './shopping.ts';

const megabytes = 24;

/** Whether a file system of our own can be mounted: as root, or inside `unshare --user --map-root-user --mount`. */
export function canMount(): boolean {
  return process.getuid?.() === 0;
}

export interface DiskResult {
  /** Steps acknowledged in all. */
  acknowledged: number;
  /** Answers of 503 with Retry-After while the disk was full. */
  refused: number;
  /** Reads that were answered meanwhile. */
  reads_meanwhile: number;
  /** From the freeing of space to the first purchase. */
  recovered_ms: number;
  /** What the server said when it was started on the full disk. */
  started_on_full_disk: string;
  readonly findings: Findings;
  data: string | null;
}
export interface DiskOptions {
  readonly engine: Engine;
  readonly seed: number;
  readonly shoppers: number;
  readonly say: (text: string) => void;
}

class Disk {
  readonly #options: DiskOptions;
  readonly #installation: Installation;
  readonly #journal: Journal;
  readonly #place: string;
  readonly result: DiskResult = {
    acknowledged: 0,
    refused: 0,
    reads_meanwhile: 0,
    recovered_ms: 0,
    started_on_full_disk: '',
    findings: noFindings(),
    data: null,
  };
  #stopped = false;

  constructor(options: DiskOptions, installation: Installation) {
    this.#options = options;
    this.#installation = installation;
    this.#journal = new Journal(join(installation.data, 'journal.jsonl'));
    this.#place = join(installation.data, 'small');
  }

  mount(): void {
    mkdirSync(this.#place, { mode: 0o700 });
    const size = `size=${megabytes}m,mode=700`;
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'karv-torture', this.#place], { encoding: 'utf8' });
    if (mounted.status !== 0) throw new Error(`no file system could be mounted: ${mounted.stderr}`);
    this.#options.engine.place(this.#installation.data, this.#place);
  }
  /** What is on it stays when it is to be looked at. */
  unmount(keep: boolean): void {
    if (keep) spawnSync('cp', ['-a', this.#place, join(this.#installation.data, 'kept')]);
    spawnSync('umount', [this.#place]);
  }

  async run(): Promise<void> {
    for (const name of allProcesses) await this.#installation.start(name);
    const line = new Line(this.#installation);
    const shoppers = this.#shop(line);
    await sleep(1500);
    if (this.result.refused > 0) this.#wrong('writes were refused before the disk was full');
    this.#fill();
    await this.#until('a refusal', async () => this.result.refused > 0);
    await this.#lookWhileFull(line);
    this.#free();
    this.result.recovered_ms = await this.#recovered(line);
    await sleep(500);
    this.#stopped = true;
    await shoppers;
    this.#expectLogged('storage_read_only');
    this.#expectLogged('storage_writable_again');
    await this.#compare(line, true);
    line.close();
    await this.#startOnFullDisk();
    await this.#installation.stopAll();
  }

  #wrong(what: string): void {
    this.result.findings.wrong.push(what);
  }

  #shop(line: Line): Promise<unknown> {
    const random = new Random(this.#options.seed);
    const one = (): Promise<void> =>
      shop({
        line,
        journal: this.#journal,
        random,
        categories: ['pay_later'],
        stopped: () => this.#stopped,
        onRefusal: ({ answer, message }) => {
          const { error_code } = JSON.parse(answer.text) as { error_code?: string };
          const as503 = answer.status === 503 && error_code === 'TEMPORARILY_UNAVAILABLE';
          if (!as503 || answer.headers['retry-after'] === undefined) this.#wrong(message);
          else this.result.refused += 1;
        },
      });
    return Promise.all(Array.from({ length: this.#options.shoppers }, one));
  }

  get #filler(): string {
    return join(this.#place, 'filler');
  }
  #fill(): void {
    const file = openSync(this.#filler, 'w');
    const block = Buffer.alloc(4096, 1);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }
  #free(): void {
    rmSync(this.#filler);
  }

  async #until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<number> {
    const begun = performance.now();
    while (!(await holds())) {
      if (performance.now() - begun > limitMs) throw new Error(`${what} did not happen within ${limitMs} ms`);
      await sleep(20);
    }
    return Math.round(performance.now() - begun);
  }

  async #lookWhileFull(line: Line): Promise<void> {
    const placed = this.#journal.purchases.filter((purchase) => stepOf(purchase, 'order')?.id != null);
    for (const purchase of placed.slice(0, 50)) {
      const order = await line.get(`/ordermanagement/v1/orders/${stepOf(purchase, 'order')?.id}`);
      const session = await line.get(`/payments/v1/sessions/${stepOf(purchase, 'session')?.id}`);
      if (order.status !== 200 || session.status !== 200)
        this.#wrong(`a read answers ${order.status}, ${session.status}`);
      else this.result.reads_meanwhile += 2;
    }
    const health = await line.get('/health');
    const { code } = JSON.parse(health.text) as { code?: string };
    if (health.status !== 503 || code !== 'STORAGE_FULL' || health.headers['retry-after'] === undefined) {
      this.#wrong(`/health says ${health.status} ${health.text} while the disk is full`);
    }
  }

  #recovered(line: Line): Promise<number> {
    const acknowledged = (): number =>
      this.#journal.purchases.flatMap((purchase) => purchase.steps).filter((step) => step.id !== null).length;
    const before = acknowledged();
    return this.#until('a purchase after the freeing of space', async () => {
      const health = await line.get('/health');
      return health.status === 200 && acknowledged() > before + 10;
    });
  }

  #expectLogged(event: string): void {
    const log = readFileSync(this.#installation.logFile('karv-server'), 'utf8');
    if (!log.includes(`"${event}"`)) this.#wrong(`the log has no ${event}`);
  }

  async #compare(line: Line, settling: boolean): Promise<void> {
    if (settling) await settleAll(line, this.#journal, this.#journal.purchases, Date.now());
    await comparePurchases(line, this.#journal.purchases, this.result.findings);
    compareTotals(this.#options.engine, this.#installation.data, this.#journal, this.result.findings);
    for (const what of ['ledger', 'audit', 'store']) {
      const { status, said } = this.#installation.karv(what, what === 'store' ? 'check' : 'verify');
      if (status !== 0) this.#wrong(`karv ${what}: ${said}`);
    }
    const steps = this.#journal.purchases.flatMap((purchase) => purchase.steps);
    this.result.acknowledged = steps.filter((step) => step.id !== null).length;
  }

  /** Killed, and started while nothing can be written: it serves reads, or says what to do. Then all is well again. */
  async #startOnFullDisk(): Promise<void> {
    await this.#installation.kill('karv-server');
    this.#fill();
    try {
      await this.#installation.start('karv-server');
      this.result.started_on_full_disk = 'it serves reads';
      await this.#installation.kill('karv-server');
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this.result.started_on_full_disk = said;
      if (!/free/.test(said)) this.#wrong(`a start on the full disk says: ${said}`);
    }
    this.#free();
    await this.#installation.start('karv-server');
    const line = new Line(this.#installation);
    await this.#compare(line, false);
    line.close();
  }
}

/** Pre: canMount(). */
export async function runDisk(options: DiskOptions): Promise<DiskResult> {
  const installation = await Installation.create(options.engine);
  const disk = new Disk(options, installation);
  disk.mount();
  try {
    await disk.run();
  } catch (error) {
    disk.result.findings.wrong.push(error instanceof Error ? error.message : String(error));
  }
  await installation.killAll();
  const clean = isClean(disk.result.findings);
  disk.unmount(!clean);
  if (clean) installation.remove();
  else disk.result.data = installation.data;
  return disk.result;
}
