// The shop's business: opens payment sessions, places orders, captures, refunds, cancels, releases.
//
// What it is not: pages. Everything it knows is in memory; Karv's own record of an order is asked for when it is shown.
// An order is placed at most once per checkout: a second click, a reload or a retry gets the first one's result.
import { randomInt, randomUUID } from 'node:crypto';
import { BoundedMap } from '../common/bounded_map.ts';
import type { Log } from '../common/log.ts';
import type { Basket } from './cart.ts';
import { market, type Address } from './market.ts';
import {
  describe,
  Unreachable,
  type MerchantAnswer,
  type MerchantCall,
  type MerchantClient,
} from './merchant_client.ts';

export interface Checkout {
  readonly id: string;
  readonly visitor: string | null;
  readonly basket: Basket;
  readonly sessionId: string;
  readonly clientToken: string;
  readonly categories: readonly unknown[];
  /** The shop's number for the order: fixed here, so that asking Karv again is asking the same. */
  readonly number: string;
  /** The running or finished placing of the order. */
  placing: Promise<Order> | null;
}

/** One call to Karv about an order, as the back office shows it. */
export interface Step {
  readonly at: string;
  readonly what: string;
  readonly ok: boolean;
  readonly answer: string;
}

export interface Order {
  readonly number: string;
  readonly visitor: string | null;
  /** Karv's id of the order. */
  readonly orderId: string;
  readonly basket: Basket;
  readonly billing: Address;
  readonly placedAt: string;
  acknowledged: boolean;
  readonly steps: Step[];
}

export type Action = 'capture' | 'refund' | 'cancel' | 'release';

export interface ActionResult {
  /** 502 when no answer came. */
  readonly status: number;
  readonly ok: boolean;
  readonly message: string;
  readonly body: unknown;
  readonly captureId: string | null;
  readonly refundId: string | null;
}

/** Karv said no, or nothing; the message may be shown. */
export class OrderError extends Error {
  readonly status: number;
  readonly answer: MerchantAnswer | null;

  constructor(message: string, answer: MerchantAnswer | null) {
    super(message);
    this.status = answer === null ? 502 : answer.status >= 500 ? 502 : answer.status;
    this.answer = answer;
  }
}

const actionPaths: Readonly<Record<Action, string>> = {
  capture: 'captures',
  refund: 'refunds',
  cancel: 'cancel',
  release: 'release-remaining-authorization',
};
const maxSteps = 200;

export class Orders {
  readonly #client: MerchantClient;
  readonly #confirmationUrl: string;
  readonly #log: Log;
  readonly #checkouts = new BoundedMap<string, Checkout>(5_000);
  readonly #orders = new BoundedMap<string, Order>(5_000);

  constructor(client: MerchantClient, publicUrl: URL, log: Log) {
    this.#client = client;
    this.#confirmationUrl = `${publicUrl.origin}/confirmation`;
    this.#log = log;
  }

  /** Errors: OrderError. */
  async openCheckout(basket: Basket, visitor: string | null): Promise<Checkout> {
    const answer = await this.#ask({ method: 'POST', path: '/payments/v1/sessions', body: this.#purchase(basket) });
    const body = (answer.body ?? {}) as Readonly<Record<string, unknown>>;
    const { session_id: sessionId, client_token: clientToken, payment_method_categories: categories } = body;
    if (answer.status !== 200 || typeof sessionId !== 'string' || typeof clientToken !== 'string') {
      throw new OrderError(
        `Karv opened no payment session: ${describe(answer)}`,
        answer.status === 200 ? null : answer,
      );
    }
    const checkout: Checkout = {
      id: randomUUID(),
      visitor,
      basket,
      sessionId,
      clientToken,
      categories: Array.isArray(categories) ? categories : [],
      number: `NL-${String(randomInt(100_000_000)).padStart(8, '0')}`,
      placing: null,
    };
    this.#checkouts.set(checkout.id, checkout);
    return checkout;
  }

  findCheckout(id: string): Checkout | undefined {
    return this.#checkouts.get(id);
  }

  /** Errors: OrderError; then it may be tried again, with the same token or another. */
  place(checkout: Checkout, token: string, billing: Address): Promise<Order> {
    checkout.placing ??= this.#place(checkout, token, billing).catch((error: unknown) => {
      checkout.placing = null;
      throw error;
    });
    return checkout.placing;
  }

  async #place(checkout: Checkout, token: string, billing: Address): Promise<Order> {
    const { number } = checkout;
    const call: MerchantCall = {
      method: 'POST',
      path: `/payments/v1/authorizations/${encodeURIComponent(token)}/order`,
      body: { ...this.#purchase(checkout.basket), billing_address: billing, merchant_reference1: number },
    };
    // Placing is idempotent per token, so an answer that was lost is asked for once more.
    const answer = await this.#client.call(call).catch(() => this.#ask(call));
    const orderId = (answer.body as Record<string, unknown> | null)?.['order_id'];
    if (answer.status !== 200 || typeof orderId !== 'string') {
      throw new OrderError(`Karv did not take the order: ${describe(answer)}`, answer.status === 200 ? null : answer);
    }
    const order: Order = {
      number,
      visitor: checkout.visitor,
      orderId,
      basket: checkout.basket,
      billing,
      placedAt: new Date().toISOString(),
      acknowledged: false,
      steps: [],
    };
    note(order, 'place order', answer);
    this.#orders.set(number, order);
    this.#log('shop.order_placed');
    return order;
  }

  find(number: string): Order | undefined {
    return this.#orders.get(number);
  }

  newestFirst(limit = 200): Order[] {
    return this.#orders.newestFirst(limit);
  }

  /** Tells Karv once that the shop has the order; failing is noted and tried again at the next call. */
  async acknowledge(order: Order): Promise<void> {
    if (order.acknowledged) return;
    const path = `${orderPath(order)}/acknowledge`;
    const answer = await this.#tell(order, 'acknowledge', {
      method: 'POST',
      path,
      idempotencyKey: `ack-${order.orderId}`,
    });
    order.acknowledged = answer !== null && answer.status === 204;
  }

  /** Karv's own record. Errors: OrderError. */
  async read(order: Order): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#ask({ method: 'GET', path: orderPath(order) });
    if (answer.status !== 200 || answer.body === null)
      throw new OrderError(`Karv answered ${describe(answer)}`, answer);
    return answer.body as Readonly<Record<string, unknown>>;
  }

  /** Does one thing with the order. `key` names the intent: the same one twice is one capture or refund. */
  async act(order: Order, action: Action, amount: number | null, key: string): Promise<ActionResult> {
    const amountName = action === 'capture' ? 'captured_amount' : 'refunded_amount';
    const answer = await this.#tell(order, action, {
      method: 'POST',
      path: `${orderPath(order)}/${actionPaths[action]}`,
      ...(amount === null ? {} : { body: { [amountName]: amount } }),
      idempotencyKey: key,
    });
    const header = (name: string): string | null => {
      const value = answer?.headers[name];
      return typeof value === 'string' ? value : null;
    };
    return {
      status: answer?.status ?? 502,
      ok: answer !== null && answer.status >= 200 && answer.status < 300,
      message: order.steps.at(-1)?.answer ?? '',
      body: answer?.body ?? null,
      captureId: header('capture-id'),
      refundId: header('refund-id'),
    };
  }

  #purchase(basket: Basket): Record<string, unknown> {
    return {
      purchase_country: market.country,
      purchase_currency: market.currency,
      locale: market.locale,
      ...basket,
      merchant_urls: { confirmation: this.#confirmationUrl },
    };
  }

  async #ask(call: MerchantCall): Promise<MerchantAnswer> {
    try {
      return await this.#client.call(call);
    } catch (error) {
      if (error instanceof Unreachable) throw new OrderError(error.message, null);
      throw error;
    }
  }

  async #tell(order: Order, what: string, call: MerchantCall): Promise<MerchantAnswer | null> {
    try {
      const answer = await this.#client.call(call);
      note(order, what, answer);
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      note(order, what, null, error.message);
      return null;
    }
  }
}

function orderPath(order: Order): string {
  return `/ordermanagement/v1/orders/${encodeURIComponent(order.orderId)}`;
}

function note(order: Order, what: string, answer: MerchantAnswer | null, message = ''): void {
  const ids = ['capture-id', 'refund-id'].flatMap((name) => {
    const value = answer?.headers[name];
    return typeof value === 'string' ? [`${name} ${value}`] : [];
  });
  order.steps.push({
    at: new Date().toISOString(),
    what,
    ok: answer !== null && answer.status < 300,
    answer: answer === null ? message : [describe(answer), ...ids].join(', '),
  });
  if (order.steps.length > maxSteps) order.steps.shift();
}
