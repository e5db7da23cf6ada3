// What went over the wire, for people and tests to read: masked, bounded, in memory.
import { BoundedMap } from '../common/bounded_map.ts';

export interface JournalLine {
  readonly id: number;
  readonly time: string;
  /** Seen from the network: in = from the acquirer. */
  readonly direction: 'in' | 'out';
  readonly mti: string;
  readonly processing_code: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
  readonly stan: string | null;
  readonly retrieval_reference: string | null;
  readonly original_reference: string | null;
  readonly approval_code: string | null;
  readonly response_code: string | null;
  readonly network_code: string | null;
  readonly card: { readonly brand: string; readonly last4: string } | null;
  /** True when the message is a repeat of one already seen. */
  readonly repeat: boolean;
  /** What was wrong with the message, in words without its content. */
  readonly fault: string | null;
}

export class Journal {
  readonly #lines = new BoundedMap<number, JournalLine>(2000);
  #next = 1;

  add(line: Omit<JournalLine, 'id' | 'time'>): void {
    const id = this.#next++;
    this.#lines.set(id, { id, time: new Date().toISOString(), ...line });
  }

  newestFirst(limit: number): JournalLine[] {
    return this.#lines.newestFirst(limit);
  }
}
