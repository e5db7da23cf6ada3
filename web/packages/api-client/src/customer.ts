// /customer/v1 as the account sees it. Types are written by hand until they are generated from the specification.
import { createCall } from './http.ts';
import type { CardTicket, OrderLine, SavedCard } from './shared.ts';

export type InstallmentStatus = 'planned' | 'due' | 'overdue' | 'paid' | 'canceled' | 'processing';

export interface Installment {
  installment_id: string;
  number: number;
  due_date: string;
  amount: number;
  paid_amount: number;
  canceled_amount: number;
  status: InstallmentStatus;
  card_payable: boolean;
}

export interface Refund {
  refund_id: string;
  amount: number;
  refunded_at: string;
  to_card_amount: number;
}

export interface PaymentMade {
  amount: number;
  paid_at: string;
  brand: string;
  last4: string;
}

export interface Purchase {
  order_id: string;
  merchant_name: string;
  reference: string;
  plan: string;
  purchase_currency: string;
  order_amount: number;
  captured_amount: number;
  refunded_amount: number;
  outstanding_amount: number;
  status: string;
  created_at: string;
  order_lines: OrderLine[];
  card: { brand: string; last4: string } | null;
  installments: Installment[];
  refunds: Refund[];
  payments: PaymentMade[];
}

export interface Me {
  email: string;
  cards: SavedCard[];
}

const kPayTimeoutMs = 40_000;

export interface CustomerClient {
  login(email: string): Promise<void>;
  verify(email: string, code: string): Promise<{ email: string }>;
  logout(): Promise<void>;
  me(): Promise<Me>;
  purchases(): Promise<{ purchases: Purchase[] }>;
  purchase(orderId: string): Promise<Purchase>;
  pay(installmentId: string, cardId: string | undefined, intent: string): Promise<{ status: 'paid' | 'processing' }>;
  cardTicket(): Promise<CardTicket>;
  saveCard(ticket: string, replaces: string | undefined): Promise<SavedCard>;
  removeCard(cardId: string): Promise<void>;
}

/** Where the account listens for changes; an EventSource sends the cookie by itself. */
export const kEventsPath = '/customer/v1/events';

export function createCustomerClient(): CustomerClient {
  // The header that a foreign page cannot send without being asked first (CORS), beside the cookie's SameSite.
  const call = createCall('/customer/v1', () => ({ 'Karv-Request': '1' }));
  return {
    login: (email) => call('POST', '/login', { body: { email } }),
    verify: (email, code) => call('POST', '/login/verify', { body: { email, code } }),
    logout: () => call('POST', '/logout', { body: {} }),
    me: () => call('GET', '/me'),
    purchases: () => call('GET', '/purchases'),
    purchase: (orderId) => call('GET', `/purchases/${encodeURIComponent(orderId)}`),
    pay: (installmentId, cardId, intent) =>
      call('POST', `/installments/${encodeURIComponent(installmentId)}/pay`, {
        body: cardId === undefined ? {} : { card_id: cardId },
        headers: { 'Idempotency-Key': intent },
        timeoutMs: kPayTimeoutMs,
      }),
    cardTicket: () => call('POST', '/card-ticket', { body: {} }),
    saveCard: (ticket, replaces) =>
      call('POST', '/cards', { body: replaces === undefined ? { ticket } : { ticket, replaces } }),
    removeCard: (cardId) => call('DELETE', `/cards/${encodeURIComponent(cardId)}`),
  };
}
