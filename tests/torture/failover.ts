// Fail-over: the primary dies under load, the synchronous standby takes over, the same servers go on. Nothing that was
// answered may be lost. The control does the same with a standby that nobody waits for, and must find losses: a check
// that cannot fail would prove nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { complaintAbout } from './faults.ts';
import { allProcesses, Installation } from './installation.ts';
import { Journal } from './journal.ts';
import { Line } from './line.ts';
import { PostgresPair, prepareNetwork, type Death } from './postgres_pair.ts';
import { Random } from './random.ts';
import { shop } from './shopping.ts';

const inside = 'KARV_TORTURE_OWN_NETWORK';
const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** PostgreSQL refuses to be root and needs its own user, so this takes a root that may make namespaces. */
export const networkCanBeMade = (): boolean =>
  process.getuid?.() === 0 && spawnSync('unshare', [...namespaces, 'true']).status === 0;
export const hasOwnNetwork = (): boolean => process.env[inside] === '1';
/** Runs a command line that writes `json` again in a network of its own, and answers what it wrote: now, not before. */
export function againInOwnNetwork(command: readonly string[], json: string): FailoverResult {
  rmSync(json, { force: true });
  const options = { stdio: 'inherit', env: { ...process.env, [inside]: '1' } } as const;
  const { status } = spawnSync('unshare', [...namespaces, process.execPath, ...command], options);
  if (!existsSync(json)) throw new Error(`the fail-over part ended with ${status} before it had a result`);
  return readFailover(json);
}

export interface FailoverOptions {
  readonly rounds: number;
  readonly engine: Engine;
  readonly seed: number;
  readonly shoppers: number;
  readonly say: (text: string) => void;
}
export interface FailoverResult {
  rounds: number;
  readonly seed: number;
  acknowledged: number;
  unanswered: number;
  unanswered_but_done: number;
  repeated: number;
  /** From the death to the first step acknowledged after it. */
  readonly recovered_ms: Record<Death, number[]>;
  /** Of the control: how much a standby that nobody waits for lost. Zero is a failure. */
  lost_without_waiting: number;
  readonly findings: Findings;
  data: string | null;
}

const deaths: readonly Death[] = ['processes', 'host', 'restart'];
const recoverLimitMs = 60_000;

function acknowledgedIn(journal: Journal): number {
  return journal.purchases.flatMap((purchase) => purchase.steps).filter((step) => step.id !== null).length;
}

class Failover {
  readonly #options: FailoverOptions;
  readonly #random: Random;
  readonly result: FailoverResult;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.result = {
      rounds: 0,
      seed: options.seed,
      acknowledged: 0,
      unanswered: 0,
      unanswered_but_done: 0,
      repeated: 0,
      recovered_ms: { processes: [], host: [], restart: [] },
      lost_without_waiting: 0,
      findings: noFindings(),
      data: null,
    };
  }

  async run(): Promise<void> {
    await this.#onPair(true, async (pair, installation, journal) => {
      for (let round = 0; round < this.#options.rounds && isClean(this.result.findings); round += 1) {
        await this.#round(pair, installation, journal, deaths[round % deaths.length] ?? 'host');
        this.result.rounds += 1;
      }
      this.result.acknowledged = acknowledgedIn(journal);
      if (isClean(this.result.findings)) await installation.stopAll();
    });
    if (!isClean(this.result.findings)) return;
    await this.#onPair(false, (pair, installation, journal) => this.#control(pair, installation, journal));
    if (this.result.lost_without_waiting === 0)
      this.result.findings.wrong.push('the control lost nothing: losses would not be seen');
  }

  async #onPair(
    synchronous: boolean,
    work: (pair: PostgresPair, installation: Installation, journal: Journal) => Promise<void>,
  ): Promise<void> {
    const pair = await PostgresPair.start({ synchronous });
    let installation: Installation | null = null;
    try {
      const databases = { server: pair.makeDatabase('karv_server'), vault: pair.makeDatabase('karv_vault') };
      installation = await Installation.create(this.#options.engine, databases);
      for (const name of allProcesses) await installation.start(name);
      await work(pair, installation, new Journal(join(installation.data, 'journal.jsonl')));
    } finally {
      await installation?.killAll();
      await pair.stop();
      if (isClean(this.result.findings)) installation?.remove();
      else this.result.data = installation?.data ?? null;
    }
  }

  #load(installation: Installation, journal: Journal, isJudged: boolean): () => Promise<void> {
    let stopped = false;
    const line = new Line(installation);
    const shoppers = Array.from({ length: this.#options.shoppers }, () =>
      shop({
        line,
        journal,
        random: this.#random,
        categories: ['pay_later', 'pay_later', 'pay_later', 'pay_now'],
        stopped: () => stopped,
        onRefusal: (refused) => {
          const complaint = complaintAbout(refused);
          if (isJudged && complaint !== null) this.result.findings.wrong.push(complaint);
        },
      }),
    );
    return async () => {
      stopped = true;
      await Promise.all(shoppers);
      line.close();
    };
  }

  async #round(pair: PostgresPair, installation: Installation, journal: Journal, death: Death): Promise<void> {
    const before = journal.purchases.length;
    const stop = this.#load(installation, journal, true);
    await sleep(this.#random.between(500, 2500));
    journal.note({ killing: pair.primary.name, death });
    const killedAt = Date.now();
    await pair.killPrimary(death);
    const dead = pair.primary.name;
    if (death === 'restart') await pair.restartPrimary();
    else await pair.promote();
    const promoted = acknowledgedIn(journal);
    while (acknowledgedIn(journal) === promoted && Date.now() - killedAt < recoverLimitMs) await sleep(10);
    const recovered = Date.now() - killedAt;
    if (recovered >= recoverLimitMs) this.result.findings.wrong.push('no step was acknowledged after the fail-over');
    this.result.recovered_ms[death].push(recovered);
    await sleep(500);
    await stop();

    const line = new Line(installation);
    const { findings } = this.result;
    const purchases = journal.purchases.slice(before);
    const settled = await settleAll(line, journal, purchases, killedAt);
    this.result.unanswered += settled.unanswered;
    this.result.unanswered_but_done += settled.happened;
    await comparePurchases(line, journal.purchases, findings);
    this.result.repeated += await repeatSome(line, purchases, this.#random, 40, findings);
    line.close();
    compareTotals(this.#options.engine, installation.data, journal, findings);
    verifyBooks(installation, findings);
    for (const name of allProcesses) if (!installation.isUp(name)) findings.wrong.push(`${name} did not survive`);
    this.#options.say(
      `${dead}: ${death}: first step acknowledged after ${recovered} ms, ` +
        `${acknowledgedIn(journal)} acknowledged, ${settled.unanswered} unanswered, ` +
        `${findings.lost.length} lost, ${findings.doubled.length} doubled`,
    );
    if (death !== 'restart') await pair.rejoin();
  }

  async #control(pair: PostgresPair, installation: Installation, journal: Journal): Promise<void> {
    const stop = this.#load(installation, journal, false);
    await sleep(700);
    pair.standby.disconnect();
    await sleep(1500);
    await pair.killPrimary('host');
    pair.standby.connect();
    await pair.promote();
    await sleep(500);
    await stop();
    const line = new Line(installation);
    const found = noFindings();
    const acknowledged = journal.purchases.filter((purchase) => purchase.steps.every((step) => step.id !== null));
    await comparePurchases(line, acknowledged, found);
    line.close();
    this.result.lost_without_waiting = found.lost.length;
    this.#options.say(
      `control, a standby that nobody waits for: ${found.lost.length} acknowledged steps lost, as it must`,
    );
  }
}

/** Pre: hasOwnNetwork(). */
export async function runFailover(options: FailoverOptions): Promise<FailoverResult> {
  const failover = new Failover(options);
  try {
    prepareNetwork();
    await failover.run();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    failover.result.findings.wrong.push(said);
  }
  return failover.result;
}

/** What a run wrote down. */
export function readFailover(json: string): FailoverResult {
  return (JSON.parse(readFileSync(json, 'utf8')) as { failover: FailoverResult }).failover;
}
