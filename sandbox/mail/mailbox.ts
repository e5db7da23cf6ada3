// The last mails, in memory, as they came: one is parsed when somebody looks at it. What it is not: durable, or a way to
// send.
import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';

const maxTextCharacters = 100_000;

export interface Mail {
  readonly id: string;
  /** The envelope's recipients: who would have got it, whatever its headers say. */
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly received_at: string;
}

interface Content {
  readonly subject: string;
  readonly text: string;
}
interface Received extends Omit<Mail, keyof Content> {
  /** Until somebody looks at it. */
  raw: Buffer | null;
  content: Promise<Content> | null;
}

export class Mailbox {
  readonly #mails: Received[] = [];
  readonly #limit: number;

  constructor(limit = 500) {
    this.#limit = limit;
  }

  add(mail: { readonly to: readonly string[]; readonly from: string; readonly raw: Buffer }): void {
    this.#mails.push({ id: randomUUID(), received_at: new Date().toISOString(), content: null, ...mail });
    if (this.#mails.length > this.#limit) this.#mails.shift();
  }

  /** Newest first; only those to an address when one is given (letter case does not matter). */
  list(to: string | null = null): Promise<Mail[]> {
    const wanted = to?.trim().toLowerCase();
    const found = this.#mails.filter(
      (mail) => wanted === undefined || mail.to.some((address) => address.toLowerCase() === wanted),
    );
    return Promise.all(found.reverse().map(parsed));
  }

  async find(id: string): Promise<Mail | undefined> {
    const mail = this.#mails.find((one) => one.id === id);
    return mail && parsed(mail);
  }

  clear(): void {
    this.#mails.length = 0;
  }
}

async function parsed(mail: Received): Promise<Mail> {
  const { id, to, from, received_at } = mail;
  mail.content ??= contentOf(mail.raw ?? Buffer.alloc(0));
  mail.raw = null;
  return { id, to, from, received_at, ...(await mail.content) };
}

/** What cannot be parsed is shown as the text it is. */
async function contentOf(raw: Buffer): Promise<Content> {
  try {
    const { subject, text } = await simpleParser(raw, {
      skipImageLinks: true,
      skipTextToHtml: true,
      maxHtmlLengthToParse: maxTextCharacters,
    });
    return { subject: (subject ?? '').slice(0, 500), text: (text ?? '').slice(0, maxTextCharacters) };
  } catch {
    return { subject: '(cannot be parsed)', text: raw.toString('latin1').slice(0, maxTextCharacters) };
  }
}
