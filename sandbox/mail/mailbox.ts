// The last mails, in memory. What it is not: durable, or a way to send.
import { randomUUID } from 'node:crypto';

export interface Mail {
  readonly id: string;
  /** The envelope's recipients: who would have got it, whatever its headers say. */
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly received_at: string;
}

export class Mailbox {
  readonly #mails: Mail[] = [];
  readonly #limit: number;

  constructor(limit = 500) {
    this.#limit = limit;
  }

  add(mail: Omit<Mail, 'id' | 'received_at'>): void {
    this.#mails.push({ id: randomUUID(), received_at: new Date().toISOString(), ...mail });
    if (this.#mails.length > this.#limit) this.#mails.shift();
  }

  /** Newest first; only those to an address when one is given (letter case does not matter). */
  list(to: string | null = null): Mail[] {
    const wanted = to?.trim().toLowerCase();
    return this.#mails
      .filter((mail) => wanted === undefined || mail.to.some((address) => address.toLowerCase() === wanted))
      .reverse();
  }

  find(id: string): Mail | undefined {
    return this.#mails.find((mail) => mail.id === id);
  }

  clear(): void {
    this.#mails.length = 0;
  }
}
