// The issuers' books: what is held, completed, reversed, charged and refunded, per operation of the acquirer.
//
// What it is not: it knows no messages, no behaviours and no card numbers (only fingerprints).
// Amounts are whole minor units of at most twelve digits (DE4), so a JavaScript number holds every sum exactly.
// Invariants, checked after every posting: 0 <= completed + reversed <= held, 0 <= refunded <= completed or charged.
import { BoundedMap } from '../common/bounded_map.ts';

export type Kind = 'check' | 'hold' | 'charge' | 'refund' | 'payout' | 'completion';

/** DE39 values that the books decide. */
export type BookAnswer = '00' | '12' | '13' | '25' | '94';

export interface NewOperation {
  readonly reference: string;
  /** Message type, trace number and time: what a reversal quotes in DE90. */
  readonly messageKey: string;
  readonly fingerprint: string;
  readonly brand: string;
  readonly last4: string;
  readonly currency: string;
  readonly amount: number;
  readonly approvalCode: string;
}

interface Operation extends NewOperation {
  readonly kind: Kind;
  readonly approved: boolean;
  readonly parent: Operation | null;
  completed: number;
  reversed: number;
  refunded: number;
}

export interface Quoted {
  readonly reference: string;
  readonly currency: string;
  readonly amount: number;
  /** Null when the message carries no card number. */
  readonly fingerprint: string | null;
}

export class Books {
  readonly #operations: BoundedMap<string, Operation>;
  readonly #byMessage: BoundedMap<string, Operation>;
  /** Reversals that came before what they reverse: the original must not take effect when it arrives after all. */
  readonly #overtaken: BoundedMap<string, true>;

  constructor(limit = 100_000) {
    this.#operations = new BoundedMap(limit);
    this.#byMessage = new BoundedMap(limit);
    this.#overtaken = new BoundedMap(limit);
  }

  /** True when a new operation may use this reference. */
  isFree(reference: string): boolean {
    return this.#operations.get(reference) === undefined;
  }

  wasOvertaken(messageKey: string): boolean {
    return this.#overtaken.get(messageKey) === true;
  }

  postHold(operation: NewOperation): void {
    this.#add(operation, operation.amount === 0 ? 'check' : 'hold', true, null);
  }

  postCharge(operation: NewOperation): void {
    this.#add(operation, 'charge', true, null);
  }

  postPayout(operation: NewOperation): void {
    this.#add(operation, 'payout', true, null);
  }

  /** Remembers a refused operation, so that its reversal is known and changes nothing. */
  noteDeclined(operation: NewOperation, kind: Kind): void {
    this.#add(operation, kind, false, null);
  }

  /** Whose card an approved operation is on; undefined when there is none of this reference. */
  fingerprintOf(reference: string): string | undefined {
    const operation = this.#operations.get(reference);
    return operation?.approved === true ? operation.fingerprint : undefined;
  }

  /** Completes a hold in part or in full, never beyond what is left of it. */
  postCompletion(completion: NewOperation, quoted: Quoted, approvalCode: string): BookAnswer {
    const hold = this.#quoted(quoted);
    if (hold?.kind !== 'hold' || hold.approvalCode !== approvalCode) return '25';
    if (hold.currency !== quoted.currency) return '12';
    if (quoted.amount === 0 || quoted.amount > remainingOf(hold)) return '13';
    hold.completed += quoted.amount;
    check(hold);
    this.#add(
      { ...completion, fingerprint: hold.fingerprint, brand: hold.brand, last4: hold.last4 },
      'completion',
      true,
      hold,
    );
    return '00';
  }

  /** What a refund would be answered; quotes a charge, a hold that was completed, or one of its completions. */
  decideRefund(quoted: Quoted): BookAnswer {
    const original = this.#quoted(quoted);
    if (original === undefined || ['check', 'refund', 'payout'].includes(original.kind)) return '25';
    if (original.currency !== quoted.currency) return '12';
    return quoted.amount === 0 || quoted.amount > refundableOf(original) ? '13' : '00';
  }

  postRefund(refund: NewOperation, quoted: Quoted): void {
    const original = this.#quoted(quoted);
    if (original === undefined || this.decideRefund(quoted) !== '00') throw new Error('refund was not decided');
    for (let one: Operation | null = original; one !== null; one = one.parent) {
      one.refunded += refund.amount;
      check(one);
    }
    this.#add(refund, 'refund', true, original);
  }

  /** Reverses what is left of the operation that the message key names. 25 when it is unknown; saying it twice is 00. */
  postReversal(messageKey: string, fingerprint: string | null): BookAnswer {
    const original = this.#byMessage.get(messageKey);
    if (original === undefined) {
      this.#overtaken.set(messageKey, true);
      return '25';
    }
    if (fingerprint !== null && fingerprint !== original.fingerprint) return '25';
    if (original.kind === 'completion') return '12';
    if (!original.approved) return '00';
    const undone = original.kind === 'refund' ? original.amount - original.reversed : remainingOf(original);
    original.reversed += undone;
    if (original.kind === 'refund') {
      for (let one = original.parent; one !== null; one = one.parent) one.refunded -= undone;
    }
    check(original);
    return '00';
  }

  /** The newest operations that moved or held money, as the page and the tests read them. */
  view(limit: number): BookLine[] {
    return this.#operations
      .newestFirst(Infinity)
      .filter((one) => one.approved && ['hold', 'charge', 'check', 'payout'].includes(one.kind))
      .slice(0, limit)
      .map((one) => ({
        retrieval_reference: one.reference,
        kind: one.kind,
        card: { brand: one.brand, last4: one.last4 },
        currency: one.currency,
        held: one.kind === 'hold' ? one.amount : 0,
        completed: one.completed,
        reversed: one.reversed,
        charged: one.kind === 'charge' ? one.amount : 0,
        refunded: one.refunded,
        paid_out: one.kind === 'payout' ? one.amount - one.reversed : 0,
        remaining: one.kind === 'hold' ? remainingOf(one) : 0,
      }));
  }

  #quoted(quoted: Quoted): Operation | undefined {
    const original = this.#operations.get(quoted.reference);
    if (original?.approved !== true) return undefined;
    return quoted.fingerprint === null || quoted.fingerprint === original.fingerprint ? original : undefined;
  }

  #add(operation: NewOperation, kind: Kind, approved: boolean, parent: Operation | null): void {
    const added = { ...operation, kind, approved, parent, completed: 0, reversed: 0, refunded: 0 };
    this.#operations.set(operation.reference, added);
    this.#byMessage.set(operation.messageKey, added);
  }
}

export interface BookLine {
  readonly retrieval_reference: string;
  readonly kind: Kind;
  readonly card: { readonly brand: string; readonly last4: string };
  readonly currency: string;
  readonly held: number;
  readonly completed: number;
  readonly reversed: number;
  readonly charged: number;
  readonly refunded: number;
  readonly paid_out: number;
  readonly remaining: number;
}

/** What a completion may still take, or a reversal still free. */
function remainingOf(one: Operation): number {
  return one.amount - one.completed - one.reversed - (one.kind === 'charge' ? one.refunded : 0);
}

function refundableOf(one: Operation): number {
  switch (one.kind) {
    case 'hold':
      return one.completed - one.refunded;
    case 'charge':
      return one.amount - one.reversed - one.refunded;
    case 'completion':
      return Math.min(one.amount - one.refunded, one.parent === null ? 0 : refundableOf(one.parent));
    default:
      return 0;
  }
}

function check(one: Operation): void {
  const moved = one.kind === 'hold' ? one.completed : one.amount;
  const sound =
    one.completed >= 0 && one.refunded >= 0 && one.completed + one.reversed <= one.amount && one.refunded <= moved;
  if (!sound) throw new Error(`the books of a ${one.kind} do not add up`);
}
