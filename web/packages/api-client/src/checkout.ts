// /checkout/v1 as the checkout page sees it. Types are written by hand until they are generated from the specification.
import { createCall } from './http.ts';
import type { CardTicket, OrderLine, SavedCard } from './shared.ts';

export type PlanName = 'pay_now' | 'pay_in_30' | 'pay_in_3';

export interface PlannedInstallment {
  number: number;
  due_date: string;
  due_today: boolean;
  amount: number;
}

export interface Plan {
  plan: PlanName;
  credit: boolean;
  available: boolean;
  reason: string | null;
  total_amount: number;
  needs_card: boolean;
  installments: PlannedInstallment[];
  late: string;
  terms_url: string;
  terms_hash: string;
}

export interface PaymentSession {
  session_id: string;
  merchant_name: string;
  purchase_country: string;
  purchase_currency: string;
  locale: string;
  order_amount: number;
  order_lines: OrderLine[];
  status: string;
  email: string | null;
  show_form: boolean;
  plans: Plan[];
}

export interface Identity {
  identity_token: string;
  saved_cards: SavedCard[];
}

export interface ConfirmRequest {
  plan: PlanName;
  terms_hash: string;
  card: null | { ticket: string } | { card_id: string };
}

export type ConfirmAnswer =
  | { approved: true; authorization_token: string; finalize_required: boolean }
  | { approved: false; show_form: boolean; error: { code: string; message: string } }
  | { approved: false; next_action: { type: string } };

/** A card decision can take the card network's whole deadline and its late answer. */
const kConfirmTimeoutMs = 40_000;

export interface CheckoutClient {
  session(): Promise<PaymentSession>;
  handOver(data: Record<string, unknown>): Promise<void>;
  identify(email: string): Promise<void>;
  verify(email: string, code: string): Promise<Identity>;
  cardTicket(): Promise<CardTicket>;
  /** `intent` is one UUID per decision of the shopper; a repeated call with it must not charge twice. */
  confirm(request: ConfirmRequest, intent: string): Promise<ConfirmAnswer>;
}

export function createCheckoutClient(clientToken: string): CheckoutClient {
  let identityToken: string | undefined;
  const call = createCall('/checkout/v1', () => ({
    Authorization: `Bearer ${clientToken}`,
    ...(identityToken === undefined ? {} : { 'Karv-Identity': identityToken }),
  }));
  return {
    session: () => call('GET', '/session'),
    handOver: (data) => call('POST', '/session', { body: data }),
    identify: (email) => call('POST', '/identify', { body: { email } }),
    async verify(email, code) {
      const identity = await call<Identity>('POST', '/identify/verify', { body: { email, code } });
      identityToken = identity.identity_token;
      return identity;
    },
    cardTicket: () => call('POST', '/card-ticket', { body: {} }),
    confirm: (request, intent) =>
      call('POST', '/confirm', {
        body: request,
        headers: { 'Idempotency-Key': intent },
        timeoutMs: kConfirmTimeoutMs,
      }),
  };
}
