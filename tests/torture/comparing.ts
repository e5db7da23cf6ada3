// After the restart: what was never answered is sent again, and then everything the shop wrote down is held against what
// Karv has: nothing missing, nothing twice, nothing changed.
import type { Engine } from './engine.ts';
import type { Installation } from './installation.ts';
import { Refused, stepOf, stepsOf, type Journal, type Purchase, type Step } from './journal.ts';
import { Broken, type Line } from './line.ts';
import type { Random } from './random.ts';

const patienceMs = 60_000;

export interface Findings {
  /** Acknowledged, and not there. */
  readonly lost: string[];
  /** Happened more than once, or for nobody. */
  readonly doubled: string[];
  /** Anything else that must not be. */
  readonly wrong: string[];
}
export const noFindings = (): Findings => ({ lost: [], doubled: [], wrong: [] });
export const isClean = (found: Findings): boolean =>
  found.lost.length + found.doubled.length + found.wrong.length === 0;

interface Order {
  readonly order_amount: number;
  readonly captured_amount: number;
  readonly refunded_amount: number;
  readonly remaining_authorized_amount: number;
  readonly created_at: string;
  readonly merchant_reference1?: string;
  readonly captures: readonly { capture_id: string; captured_amount: number; captured_at: string }[];
  readonly refunds: readonly { refund_id: string; refunded_amount: number; refunded_at: string }[];
}

/** The step that was sent and not acknowledged; there is at most one, the last. */
function openStep(purchase: Purchase): Step | undefined {
  const open = purchase.steps.find((step) => step.id === null);
  return purchase.declined || open?.kind === 'session' ? undefined : open;
}

/** Sends the step again, with its key, until it is acknowledged. */
async function settle(line: Line, journal: Journal, purchase: Purchase, step: Step): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await journal.perform(line, purchase, step);
      return;
    } catch (error) {
      const again = error instanceof Broken || (error instanceof Refused && error.answer.status >= 409);
      if (!again || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Runs `work` for each value, a few at a time. */
async function forEach<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  const queue = [...values];
  const worker = async (): Promise<void> => {
    for (let value = queue.pop(); value !== undefined; value = queue.pop()) await work(value);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

export interface Settled {
  readonly unanswered: number;
  /** Of these: had happened all the same, before the kill. */
  happened: number;
}

/** Settles every open step of these purchases. */
export async function settleAll(line: Line, journal: Journal, purchases: readonly Purchase[], killedAt: number) {
  const open = purchases.flatMap((purchase) => {
    const step = openStep(purchase);
    return step === undefined ? [] : [{ purchase, step }];
  });
  const settled: Settled = { unanswered: open.length, happened: 0 };
  await forEach(open, async ({ purchase, step }) => {
    await settle(line, journal, purchase, step);
    const order = stepOf(purchase, 'order')?.id;
    if (order == null) return;
    const there = await readOrder(line, order);
    const times = [
      step.kind === 'order' ? there?.created_at : undefined,
      there?.captures.find((one) => one.capture_id === step.id)?.captured_at,
      there?.refunds.find((one) => one.refund_id === step.id)?.refunded_at,
    ];
    if (times.some((time) => time !== undefined && Date.parse(time) <= killedAt)) settled.happened += 1;
  });
  return settled;
}

async function readOrder(line: Line, id: string): Promise<Order | null> {
  const answer = await line.get(`/ordermanagement/v1/orders/${id}`);
  return answer.status === 200 ? (JSON.parse(answer.text) as Order) : null;
}

function compareParts(
  found: Findings,
  what: string,
  wanted: readonly Step[],
  there: readonly { readonly id: string; readonly amount: number }[],
): void {
  for (const step of wanted) {
    const match = there.filter((part) => part.id === step.id);
    if (match.length === 0) found.lost.push(`${what}: ${step.kind} ${step.id}`);
    if (match.length > 1) found.doubled.push(`${what}: ${step.kind} ${step.id}`);
    if (match.some((part) => part.amount !== step.amount)) found.wrong.push(`${what}: ${step.kind} ${step.id} amount`);
  }
  const known = new Set(wanted.map((step) => step.id));
  for (const part of there) if (!known.has(part.id)) found.doubled.push(`${what}: ${part.id}, which nobody was told`);
}

const sum = (steps: readonly Step[]): number => steps.reduce((total, step) => total + step.amount, 0);

/** Pre: settled. */
async function comparePurchase(line: Line, purchase: Purchase, found: Findings): Promise<void> {
  const what = purchase.reference;
  const placed = stepOf(purchase, 'order')?.id;
  if (placed == null) {
    const session = stepOf(purchase, 'session')?.id;
    if (session == null) return;
    const answer = await line.get(`/payments/v1/sessions/${session}`);
    if (answer.status !== 200) found.lost.push(`${what}: session ${session} answers ${answer.status}`);
    return;
  }
  const order = await readOrder(line, placed);
  if (order === null) {
    found.lost.push(`${what}: order ${placed}`);
    return;
  }
  const captures = stepsOf(purchase, 'capture');
  const refunds = stepsOf(purchase, 'refund');
  const capturesThere = order.captures.map((one) => ({ id: one.capture_id, amount: one.captured_amount }));
  compareParts(found, what, captures, capturesThere);
  const refundsThere = order.refunds.map((one) => ({ id: one.refund_id, amount: one.refunded_amount }));
  compareParts(found, what, refunds, refundsThere);
  const expected = {
    merchant_reference1: what,
    order_amount: purchase.amount,
    captured_amount: sum(captures),
    refunded_amount: sum(refunds),
    remaining_authorized_amount: purchase.amount - sum(captures),
  };
  for (const [name, value] of Object.entries(expected)) {
    const there = order[name as keyof typeof expected];
    if (there !== value) found.wrong.push(`${what}: ${name} is ${String(there)}, expected ${value}`);
  }
}

export async function comparePurchases(line: Line, purchases: readonly Purchase[], found: Findings): Promise<void> {
  await forEach(purchases, (purchase) => comparePurchase(line, purchase, found));
}

/** Sends acknowledged steps again: each must answer what it answered first. Answers how many were sent. */
export async function repeatSome(
  line: Line,
  purchases: readonly Purchase[],
  random: Random,
  most: number,
  found: Findings,
): Promise<number> {
  const candidates = purchases.flatMap((purchase) =>
    purchase.steps
      .filter((step) => step.id !== null && (step.key !== null || step.kind === 'order'))
      .map((step) => ({ purchase, step })),
  );
  const chosen = candidates.length <= most ? candidates : Array.from({ length: most }, () => random.pick(candidates));
  await forEach(chosen, async ({ purchase, step }) => {
    const answer = await line.post(step.path, step.body, step.key);
    const order = (): unknown => (JSON.parse(answer.text) as { order_id?: string }).order_id;
    const header = answer.headers[`${step.kind}-id`];
    const id = answer.status >= 300 ? `status ${answer.status}` : step.kind === 'order' ? order() : header;
    if (id !== step.id)
      found.doubled.push(`${purchase.reference}: ${step.kind} repeated answers ${String(id)}, first ${step.id}`);
  });
  return chosen.length;
}

/** What the operator's own commands say of the books. The server may be running. */
export function verifyBooks(installation: Installation, found: Findings): void {
  for (const what of ['ledger', 'audit']) {
    const { status, said } = installation.karv(what, 'verify');
    if (status !== 0) found.wrong.push(`karv ${what} verify: ${said}`);
  }
}

/** Counts and sums over the whole installation, asked of the engine itself. Pre: everything is settled. */
export function compareTotals(engine: Engine, data: string, journal: Journal, found: Findings): void {
  const acknowledged = (kind: Step['kind']): Step[] =>
    journal.purchases.flatMap((purchase) => stepsOf(purchase, kind)).filter((step) => step.id !== null);
  const captures = acknowledged('capture');
  const refunds = acknowledged('refund');
  const questions: readonly (readonly [string, number])[] = [
    ['select count(*) from orders', acknowledged('order').length],
    ['select count(*) from captures', captures.length],
    ['select count(*) from refunds', refunds.length],
    ['select cast(coalesce(sum(captured_amount), 0) as BIGINT) from captures', sum(captures)],
    ['select cast(coalesce(sum(captured_amount), 0) as BIGINT) from orders', sum(captures)],
    ['select cast(coalesce(sum(refunded_amount), 0) as BIGINT) from refunds', sum(refunds)],
    ['select count(*) from idempotency_keys', captures.length + refunds.length],
    [
      'select count(*) from (select authorization_id from orders group by authorization_id having count(*) > 1) as twice',
      0,
    ],
    [
      "select count(*) from (select session_id from authorizations where state in ('approved', 'spent')" +
        ' group by session_id having count(*) > 1) as twice',
      0,
    ],
  ];
  for (const [sql, expected] of questions) {
    const there = engine.count(data, sql);
    if (there < expected) found.lost.push(`${sql}: ${there}, expected ${expected}`);
    if (there > expected) found.doubled.push(`${sql}: ${there}, expected ${expected}`);
  }
}
