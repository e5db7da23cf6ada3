// The rounds: load, kill -9 at a random moment, restart, settle, compare.
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import {
  comparePurchases,
  compareTotals,
  isClean,
  noFindings,
  repeatSome,
  settleAll,
  verifyBooks,
  type Findings,
} from './comparing.ts';
import type { Engine } from './engine.ts';
import { allProcesses, Installation, NotStarted, type ProcessName } from './installation.ts';
import { Journal, type Purchase } from './journal.ts';
import { Line } from './line.ts';
import { Random } from './random.ts';
import { shop } from './shopping.ts';

export interface RoundsOptions {
  readonly rounds: number;
  readonly engine: Engine;
  readonly seed: number;
  readonly shoppers: number;
  readonly say: (text: string) => void;
}

export interface RoundsResult {
  rounds: number;
  readonly seed: number;
  readonly engine: string;
  readonly killed: Record<ProcessName, number>;
  killed_while_starting: number;
  purchases: number;
  /** Steps that were answered with success. */
  acknowledged: number;
  /** Steps that were sent and not answered; each was sent again after the restart. */
  unanswered: number;
  /** Of these: had happened before the kill, and happened once. */
  unanswered_but_done: number;
  /** Acknowledged steps sent again: answered as the first time. */
  repeated: number;
  readonly findings: Findings;
  readonly restart_ms: number[];
  seconds: number;
  /** Kept when something was found. */
  data: string | null;
}

// A new folder now and then, so that comparing everything stays quick.
const roundsPerInstallation = 100;
const repeatsPerRound = 40;
// Most purchases need no card, as most of what can be lost is in the server.
const categories = ['pay_later', 'pay_later', 'pay_later', 'pay_later', 'pay_later', 'pay_now', 'pay_over_time'];

class Rounds {
  readonly #options: RoundsOptions;
  readonly #random: Random;
  readonly result: RoundsResult;
  #installation: Installation | null = null;
  #journal: Journal | null = null;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.result = {
      rounds: 0,
      seed: options.seed,
      engine: options.engine.name,
      killed: { 'karv-server': 0, 'karv-vault': 0, 'karv-sandbox': 0 },
      killed_while_starting: 0,
      purchases: 0,
      acknowledged: 0,
      unanswered: 0,
      unanswered_but_done: 0,
      repeated: 0,
      findings: noFindings(),
      restart_ms: [],
      seconds: 0,
      data: null,
    };
  }

  async run(): Promise<void> {
    const begun = performance.now();
    try {
      for (let round = 0; round < this.#options.rounds && isClean(this.result.findings); round += 1) {
        if (round % roundsPerInstallation === 0) await this.#renew();
        await this.#round();
        this.result.rounds += 1;
        this.#tell(round + 1);
      }
    } catch (error) {
      this.result.findings.wrong.push(error instanceof Error ? error.message : String(error));
    }
    await this.#finish();
    this.result.seconds = (performance.now() - begun) / 1000;
  }

  async #renew(): Promise<void> {
    await this.#installation?.stopAll();
    this.#installation?.remove();
    this.#installation = await Installation.create(this.#options.engine);
    this.#journal = new Journal(join(this.#installation.data, 'journal.jsonl'));
    for (const name of allProcesses) await this.#installation.start(name);
  }

  async #round(): Promise<void> {
    const [installation, journal] = [this.#installation, this.#journal];
    if (installation === null || journal === null) throw new Error('nothing is installed');
    const victim = this.#random.pick<ProcessName>([
      ...Array<ProcessName>(8).fill('karv-server'),
      'karv-vault',
      'karv-sandbox',
    ]);
    const moment = this.#random.between(30, 1200);
    journal.note({ round: this.result.rounds + 1, victim, moment });
    const before = journal.purchases.length;
    const killedAt = await this.#loadAndKill(installation, journal, victim, moment);
    await this.#restart(installation, victim);

    const line = new Line(installation);
    const { findings } = this.result;
    const purchases = journal.purchases.slice(before);
    const settled = await settleAll(line, journal, purchases, killedAt);
    await comparePurchases(line, purchases, findings);
    this.result.repeated += await repeatSome(
      line,
      journal.purchases.slice(-200),
      this.#random,
      repeatsPerRound,
      findings,
    );
    line.close();
    compareTotals(this.#options.engine, installation.data, journal, findings);
    verifyBooks(installation, findings);
    this.#count(purchases, settled.unanswered, settled.happened);
  }

  /** Answers when it was killed. */
  async #loadAndKill(
    installation: Installation,
    journal: Journal,
    victim: ProcessName,
    moment: number,
  ): Promise<number> {
    let stopped = false;
    const line = new Line(installation);
    const shoppers = Array.from({ length: this.#options.shoppers }, () =>
      shop({
        line,
        journal,
        random: this.#random,
        categories,
        stopped: () => stopped,
        onRefusal: (refused) => {
          // While a part is missing, cards cannot be held; the server itself never refuses.
          if (victim === 'karv-server' && !stopped) this.result.findings.wrong.push(refused.message);
        },
      }),
    );
    await sleep(moment);
    const killedAt = Date.now();
    stopped = victim === 'karv-server'; // the others are missed for a while first
    await installation.kill(victim);
    if (victim !== 'karv-server') await sleep(150);
    stopped = true;
    await Promise.all(shoppers);
    line.close();
    this.result.killed[victim] += 1;
    return killedAt;
  }

  /** Sometimes it is killed again before it is ready. */
  async #restart(installation: Installation, victim: ProcessName): Promise<void> {
    if (this.#random.next() < 0.15) {
      const delay = this.#random.between(0, 150);
      const again = {
        onSpawn: (child: { kill: (signal: 'SIGKILL') => boolean }) => setTimeout(() => child.kill('SIGKILL'), delay),
      };
      try {
        await installation.start(victim, again);
        await sleep(delay); // it was quicker
        await installation.kill(victim);
      } catch (error) {
        if (!(error instanceof NotStarted)) throw error;
      }
      this.result.killed_while_starting += 1;
    }
    this.result.restart_ms.push(await installation.start(victim));
  }

  #count(purchases: readonly Purchase[], unanswered: number, happened: number): void {
    this.result.purchases += purchases.length;
    this.result.unanswered += unanswered;
    this.result.unanswered_but_done += happened;
    for (const purchase of purchases)
      this.result.acknowledged += purchase.steps.filter((step) => step.id !== null).length;
  }

  #tell(round: number): void {
    const { result } = this;
    if (round % 10 !== 0 && round !== this.#options.rounds) return;
    this.#options.say(
      `round ${round} of ${this.#options.rounds}: ${result.acknowledged} steps acknowledged, ` +
        `${result.unanswered} unanswered, ${result.findings.lost.length} lost, ${result.findings.doubled.length} doubled`,
    );
  }

  async #finish(): Promise<void> {
    const installation = this.#installation;
    if (installation === null) return;
    if (isClean(this.result.findings)) {
      try {
        const store = this.#options.engine.isFile ? installation.karv('store', 'check') : null;
        if (store !== null && store.status !== 0) this.result.findings.wrong.push(`karv store check: ${store.said}`);
        await installation.stopAll();
      } catch (error) {
        this.result.findings.wrong.push(String(error));
      }
    }
    await installation.killAll();
    if (isClean(this.result.findings)) installation.remove();
    else this.result.data = installation.data;
  }
}

/** Never throws for what it finds: that is in the result. */
export async function runRounds(options: RoundsOptions): Promise<RoundsResult> {
  const rounds = new Rounds(options);
  await rounds.run();
  return rounds.result;
}
