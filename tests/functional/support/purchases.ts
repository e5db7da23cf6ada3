// The steps of a purchase as a shop would make them, and the shapes of what comes back (api-spec has the whole truth).
import type { Answer, Client, Sending } from './client.ts';

export interface Line {
  readonly name: string;
  readonly quantity: number;
  readonly unit_price: number;
  readonly total_amount: number;
  readonly tax_rate?: number;
  readonly total_tax_amount?: number;
}
export interface Purchase {
  readonly purchase_country: string;
  readonly purchase_currency: string;
  readonly locale: string;
  readonly order_amount: number;
  readonly order_tax_amount: number;
  readonly order_lines: readonly Line[];
  readonly [member: string]: unknown;
}
export interface Capture {
  readonly capture_id: string;
  readonly klarna_reference: string;
  readonly captured_amount: number;
  readonly refunded_amount: number;
}
export interface Order {
  readonly order_id: string;
  readonly status: string;
  readonly fraud_status: string;
  readonly order_amount: number;
  readonly original_order_amount: number;
  readonly captured_amount: number;
  readonly refunded_amount: number;
  readonly remaining_authorized_amount: number;
  readonly order_lines: readonly Line[];
  readonly captures: readonly Capture[];
  readonly refunds: readonly { readonly refund_id: string; readonly refunded_amount: number }[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly merchant_reference1?: string;
  readonly merchant_reference2?: string;
}
export type Category = 'pay_now' | 'pay_later' | 'pay_over_time';

/** Swedish kronor in öre, 25 % tax within the price. Pre: divisible by 5. */
export function purchase(amount = 100_000, more: Readonly<Record<string, unknown>> = {}): Purchase {
  const line = {
    type: 'physical',
    reference: '19-402-SWE',
    name: 'Battery lantern',
    quantity: 1,
    quantity_unit: 'pcs',
    unit_price: amount,
    tax_rate: 2500,
    total_amount: amount,
    total_discount_amount: 0,
    total_tax_amount: amount / 5,
  };
  return {
    purchase_country: 'SE',
    purchase_currency: 'SEK',
    locale: 'sv-SE',
    order_amount: amount,
    order_tax_amount: amount / 5,
    order_lines: [line],
    ...more,
  };
}

let shoppers = 0;
/** Somebody who never bought before. */
export function newShopper(): string {
  shoppers += 1;
  return `shopper${process.pid}x${shoppers}@example.com`;
}

export async function openSession(client: Client, wanted: Purchase = purchase()): Promise<string> {
  return expectStatus(await client.post('/payments/v1/sessions', wanted), 200).json<{ session_id: string }>()
    .session_id;
}

export function authorize(
  client: Client,
  session: string,
  category: Category = 'pay_later',
  more: { email?: string; test_card?: string } = {},
): Promise<Answer> {
  return client.post(`/sandbox/v1/sessions/${session}/authorize`, {
    payment_method_category: category,
    email: newShopper(),
    ...more,
  });
}

export interface Authorized {
  readonly session: string;
  readonly token: string;
}
export async function authorized(
  client: Client,
  category: Category = 'pay_later',
  wanted: Purchase = purchase(),
  more: { email?: string; test_card?: string } = {},
): Promise<Authorized> {
  const session = await openSession(client, wanted);
  const answer = expectStatus(await authorize(client, session, category, more), 200);
  const decision = answer.json<{ approved: boolean; authorization_token?: string }>();
  if (decision.authorization_token === undefined) throw new Error(`not approved: ${answer.text}`);
  return { session, token: decision.authorization_token };
}

export async function placedOrder(
  client: Client,
  category: Category = 'pay_later',
  wanted: Purchase = purchase(),
  more: { email?: string; test_card?: string } = {},
): Promise<string> {
  const { token } = await authorized(client, category, wanted, more);
  const placed = expectStatus(await client.post(`/payments/v1/authorizations/${token}/order`, wanted), 200);
  return placed.json<{ order_id: string }>().order_id;
}

export const orderPath = (order: string): string => `/ordermanagement/v1/orders/${order}`;

export async function readOrder(client: Client, order: string): Promise<Order> {
  return expectStatus(await client.get(orderPath(order)), 200).json<Order>();
}

/** Captures an amount; answers the capture's id. */
export async function capture(client: Client, order: string, amount: number, sending: Sending = {}): Promise<string> {
  const answer = await client.post(`${orderPath(order)}/captures`, { captured_amount: amount }, sending);
  return expectStatus(answer, 201).header('Capture-Id');
}

export async function refund(client: Client, order: string, amount: number, sending: Sending = {}): Promise<string> {
  const answer = await client.post(`${orderPath(order)}/refunds`, { refunded_amount: amount }, sending);
  return expectStatus(answer, 201).header('Refund-Id');
}

export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  return answer;
}
