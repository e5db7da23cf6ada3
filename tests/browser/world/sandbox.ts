// The sandbox's interfaces for programs: mails, the card network's journal and switches, the shop's orders. Programs
// reach 127.0.0.1 and verify the name; *.localhost is known to browsers only.
import { TestClient } from '@karv/sandbox/testing/https.ts';
import type { JournalLine } from '@karv/sandbox/network/journal.ts';
import type { Mail } from '@karv/sandbox/mail/mailbox.ts';
import type { Behaviour } from '@karv/sandbox/network/cards.ts';
import type { Addresses } from './addresses.ts';
import { eventually } from './eventually.ts';

export interface ShopOrder {
  readonly number: string;
  readonly order_id: string;
  readonly order_amount: number;
  readonly placed_at: string;
  readonly steps: readonly { at: string; what: string; ok: boolean; answer: string }[];
  readonly karv: Readonly<Record<string, unknown>> | null;
}

export class Sandbox {
  readonly #client: TestClient;
  readonly #seen = new Set<string>();

  constructor(addresses: Pick<Addresses, 'shop' | 'ca_file'>) {
    this.#client = new TestClient(Number(new URL(addresses.shop).port), addresses.ca_file);
  }

  async get(path: string): Promise<string> {
    const answer = await this.#client.get(path);
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}`);
    return answer.text;
  }

  async mails(to?: string): Promise<Mail[]> {
    const query = to === undefined ? '' : `?to=${encodeURIComponent(to)}`;
    return (JSON.parse(await this.get(`/sandbox/mail/messages${query}`)) as { messages: Mail[] }).messages;
  }

  /** The code of the newest mail to the address that was not asked for before. */
  async nextCode(to: string): Promise<string> {
    return eventually(`a mail with a code to ${to}`, async () => {
      for (const mail of await this.mails(to)) {
        const code = /(?<!\d)\d{6}(?!\d)/.exec(mail.text)?.[0];
        if (this.#seen.has(mail.id) || code === undefined || !/code/i.test(mail.subject)) continue;
        this.#seen.add(mail.id);
        return code;
      }
      return undefined;
    });
  }

  /** Newest first. */
  async messages(): Promise<JournalLine[]> {
    const text = await this.get('/sandbox/network/messages?limit=2000');
    return (JSON.parse(text) as { messages: JournalLine[] }).messages;
  }

  async nextOnCanaryCards(behaviour: Behaviour, count = 1): Promise<void> {
    const answer = await this.#client.post('/sandbox/network/next', { behaviour, count });
    if (answer.status !== 200) throw new Error(`the card network did not take ${behaviour}: ${answer.text}`);
  }

  async order(number: string): Promise<ShopOrder> {
    return JSON.parse(await this.get(`/shop/api/orders/${number}`)) as ShopOrder;
  }

  async orders(): Promise<ShopOrder[]> {
    return (JSON.parse(await this.get('/shop/api/orders')) as { orders: ShopOrder[] }).orders;
  }
}
