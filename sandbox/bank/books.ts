// The bank's memory: files by message id, what became of them, how the next ones are treated, and what was booked.
// What is shown has the last four of account numbers alone; a statement has them whole, as a bank's does.
import { BoundedMap } from '../common/bounded_map.ts';
import { writeCamt053, type Booking } from './camt053.ts';
import type { PaymentFile } from './pain001.ts';

// answer: takes a file and says so. reject: refuses it. reject_first: refuses its first entry. silence: takes it and
// hangs up. hang: takes it and never answers. drop: hangs up before it has read it. redirect: points elsewhere.
export const behaviours = ['answer', 'reject', 'reject_first', 'silence', 'hang', 'drop', 'redirect'] as const;
export type Behaviour = (typeof behaviours)[number];

export interface FileLine {
  readonly message_id: string;
  readonly received_at: string;
  readonly entries: number;
  readonly sum: string;
  readonly currency: string;
  readonly debtor: string;
  readonly creditors: readonly string[];
  /** How often a file of this id came. */
  times: number;
  status: string;
  reason: string;
  readonly rejected: { readonly end_to_end_id: string; readonly reason: string }[];
}

const maxFiles = 1000;
const maxBookings = 200_000;
const shownCreditors = 20;

export class Books {
  readonly #files = new BoundedMap<string, FileLine>(maxFiles);
  #next: Behaviour[] = [];
  /** What the next settling books, by account. */
  #waiting: { readonly account: string; readonly booking: Booking }[] = [];
  readonly #statements: string[] = [];
  /** The keys of senders by the name in their certificate: the first that is seen is the one that counts. */
  readonly #keys = new Map<string, string>();

  find(messageId: string): FileLine | undefined {
    return this.#files.get(messageId);
  }

  take(file: PaymentFile, behaviour: Behaviour): FileLine {
    const [first] = file.transfers;
    const partly = behaviour === 'reject_first' && first !== undefined;
    const line: FileLine = {
      message_id: file.messageId,
      received_at: new Date().toISOString(),
      entries: file.transfers.length,
      sum: String(file.sum),
      currency: file.currency,
      debtor: lastFour(file.debtor),
      creditors: file.transfers.slice(0, shownCreditors).map((each) => lastFour(each.creditor)),
      times: 1,
      status: behaviour === 'reject' ? 'RJCT' : partly ? 'PART' : 'ACTC',
      reason: behaviour === 'reject' ? 'AC04' : '',
      rejected: partly ? [{ end_to_end_id: first.endToEndId, reason: 'AC01' }] : [],
    };
    this.#files.set(file.messageId, line);
    if (line.status === 'RJCT') return line;
    for (const each of partly ? file.transfers.slice(1) : file.transfers) {
      this.#wait(file.debtor, {
        amount: -each.amount,
        currency: file.currency,
        account: each.creditor,
        name: each.name,
        remittance: each.remittance,
        endToEndId: each.endToEndId,
        messageId: file.messageId,
      });
    }
    return line;
  }

  /** Money that comes in. */
  credit(account: string, booking: Booking): void {
    this.#wait(account, booking);
  }

  #wait(account: string, booking: Booking): void {
    if (this.#waiting.length < maxBookings) this.#waiting.push({ account, booking });
  }

  /** Everything that was accepted is booked now, and stands in a statement of its account. */
  settle(): void {
    for (const line of this.view(maxFiles)) if (line.status === 'ACTC') line.status = 'ACSC';
    const accounts = new Set(this.#waiting.map((each) => each.account));
    for (const account of accounts) {
      const bookings = this.#waiting.filter((each) => each.account === account).map((each) => each.booking);
      this.offerStatement(writeCamt053(this.#statements.length + 1, account, bookings));
    }
    this.#waiting = [];
  }

  /** What is fetched as the next statement, whatever it is. */
  offerStatement(text: string): void {
    this.#statements.push(text);
  }

  /** The statement behind that number, if there is one. */
  statementAfter(number: number): { readonly number: number; readonly text: string } | undefined {
    const text = this.#statements[number];
    return text === undefined ? undefined : { number: number + 1, text };
  }

  view(limit: number): FileLine[] {
    return this.#files.newestFirst(limit);
  }

  setNext(behaviour: Behaviour, count: number): void {
    this.#next = new Array<Behaviour>(count).fill(behaviour);
  }

  nextBehaviour(): Behaviour {
    return this.#next.shift() ?? 'answer';
  }

  /** Whether this is the sender's key. */
  knowsKey(sender: string, key: string): boolean {
    const known = this.#keys.get(sender);
    if (known === undefined) this.#keys.set(sender, key);
    return known === undefined || known === key;
  }
}

function lastFour(number: string): string {
  return `••${number.slice(-4)}`;
}
