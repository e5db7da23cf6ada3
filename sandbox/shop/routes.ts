// The shop's addresses: pages for people, /shop/api for its own checkout script and for tests.
import { randomBytes, randomUUID } from 'node:crypto';
import {
  badValue,
  HttpError,
  json,
  notFound,
  page,
  redirect,
  type Answer,
  type Call,
  type Route,
} from '../web/http.ts';
import { ordersPage, orderPage } from './back_office_pages.ts';
import { basketOf, Carts, itemsOf, maxQuantity, type CartItem } from './cart.ts';
import { findProduct } from './catalog.ts';
import { parseAddress } from './market.ts';
import { Unreachable } from './merchant_client.ts';
import { parseAmount } from './money.ts';
import { OrderError, type Action, type Order, type Orders } from './orders.ts';
import { cartPage, checkoutPage, confirmationPage, countOf, frontPage, productPage } from './pages.ts';
import type { ScriptSource } from './script.ts';

const cookieName = '__Host-nordlys';
const actions: readonly Action[] = ['capture', 'refund', 'cancel', 'release'];

export interface ShopParts {
  readonly orders: Orders;
  readonly scripts: ScriptSource;
}

export function shopRoutes({ orders, scripts }: ShopParts): Route[] {
  const carts = new Carts();
  const cartOf = (call: Call): CartItem[] => carts.items(visitorOf(call));
  return [
    { method: 'GET', pattern: '/', handle: (call) => page(frontPage(countOf(cartOf(call)))) },
    {
      method: 'GET',
      pattern: '/products/:sku',
      handle: (call) => page(productPage(productOf(call.params['sku']), countOf(cartOf(call)))),
    },
    { method: 'GET', pattern: '/cart', handle: (call) => page(cartPage(cartOf(call), basketOf(cartOf(call)))) },
    ...cartChanges(carts),
    { method: 'GET', pattern: '/checkout', handle: (call) => showCheckout(cartOf(call), scripts) },
    { method: 'GET', pattern: '/confirmation/:number', handle: (call) => confirm(call, carts, orders) },
    ...backOffice(orders),
    ...checkoutApi(carts, orders),
    ...orderApi(orders),
  ];
}

function cartChanges(carts: Carts): Route[] {
  return [
    {
      method: 'POST',
      pattern: '/cart/add',
      handle: (call) => {
        const product = productOf(call.body.form().get('sku') ?? '');
        const visitor = visitorOf(call) ?? randomBytes(24).toString('base64url');
        carts.add(visitor, product.sku);
        return redirect('/cart', { 'Set-Cookie': `${cookieName}=${visitor}; Path=/; Secure; HttpOnly; SameSite=Lax` });
      },
    },
    {
      method: 'POST',
      pattern: '/cart/set',
      handle: (call) => {
        const form = call.body.form();
        const product = productOf(form.get('sku') ?? '');
        const visitor = visitorOf(call);
        if (visitor !== null) carts.set(visitor, product.sku, quantityOf(Number(form.get('quantity') ?? NaN), 0));
        return redirect('/cart');
      },
    },
  ];
}

async function showCheckout(items: readonly CartItem[], scripts: ScriptSource): Promise<Answer> {
  if (items.length === 0) return redirect('/cart');
  const basket = basketOf(items);
  try {
    const script = await scripts.find();
    const problem = script === null ? 'Payment is not available: Karv does not hand out karv.js and its hash.' : null;
    return page(checkoutPage({ items, basket, script, problem }));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return page(checkoutPage({ items, basket, script: null, problem: `Payment is not available. ${error.message}` }));
  }
}

async function confirm(call: Call, carts: Carts, orders: Orders): Promise<Answer> {
  const order = orders.find(call.params['number'] ?? '');
  const visitor = visitorOf(call);
  if (order === undefined || visitor === null || order.visitor !== visitor) throw notFound('This order');
  carts.empty(visitor);
  await orders.acknowledge(order);
  return page(confirmationPage(order));
}

function backOffice(orders: Orders): Route[] {
  return [
    { method: 'GET', pattern: '/back-office', handle: () => page(ordersPage(orders.newestFirst())) },
    {
      method: 'GET',
      pattern: '/back-office/orders/:number',
      handle: async (call) => {
        const order = orderOf(orders, call);
        const { karv, problem } = await readOrder(orders, order);
        return page(orderPage(order, karv, problem));
      },
    },
    ...actions.map((action): Route => ({
      method: 'POST',
      pattern: `/back-office/orders/:number/${action}`,
      handle: async (call) => {
        const order = orderOf(orders, call);
        const form = call.body.form();
        const amount = takesAmount(action) ? parseAmount(form.get('amount') ?? '') : null;
        if (takesAmount(action) && amount === null) throw badValue('The amount must look like 12.50.');
        await orders.act(order, action, amount, keyOf(form.get('key')));
        return redirect(`/back-office/orders/${order.number}`);
      },
    })),
  ];
}

function checkoutApi(carts: Carts, orders: Orders): Route[] {
  return [
    {
      method: 'POST',
      pattern: '/shop/api/checkouts',
      handle: async (call) => {
        const visitor = visitorOf(call);
        const { items: wanted } = call.body.object();
        const items = wanted === undefined ? carts.items(visitor) : parseItems(wanted);
        if (items.length === 0) throw badValue('There is nothing to buy: items is empty, or the cart is.');
        const checkout = await answered(orders.openCheckout(basketOf(items), visitor));
        return json(
          {
            checkout_id: checkout.id,
            session_id: checkout.sessionId,
            client_token: checkout.clientToken,
            payment_method_categories: checkout.categories,
            ...checkout.basket,
          },
          201,
        );
      },
    },
    {
      method: 'POST',
      pattern: '/shop/api/orders',
      handle: async (call) => {
        const { checkout_id: id, authorization_token: token, billing_address: given } = call.body.object();
        const checkout = typeof id === 'string' ? orders.findCheckout(id) : undefined;
        if (checkout === undefined || checkout.visitor !== visitorOf(call)) throw notFound('This checkout');
        if (typeof token !== 'string' || !/^[\w.~-]{1,512}$/.test(token))
          throw badValue('authorization_token is no token.');
        const billing = parseAddress(given);
        if ('wrong' in billing) throw badValue(`billing_address.${billing.wrong} is missing or not valid.`);
        const order = await answered(orders.place(checkout, token, billing));
        return json(
          { number: order.number, order_id: order.orderId, confirmation_url: `/confirmation/${order.number}` },
          201,
        );
      },
    },
  ];
}

function orderApi(orders: Orders): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/shop/api/orders',
      handle: () => json({ orders: orders.newestFirst().map(summaryOf) }),
    },
    {
      method: 'GET',
      pattern: '/shop/api/orders/:number',
      handle: async (call) => {
        const order = orderOf(orders, call);
        const { karv, problem } = await readOrder(orders, order);
        return json({ ...summaryOf(order), steps: order.steps, karv, problem });
      },
    },
    {
      method: 'POST',
      pattern: '/shop/api/orders/:number/acknowledge',
      handle: async (call) => {
        const order = orderOf(orders, call);
        await orders.acknowledge(order);
        return json(summaryOf(order));
      },
    },
    ...actions.map((action): Route => ({
      method: 'POST',
      pattern: `/shop/api/orders/:number/${action}`,
      handle: async (call) => {
        const order = orderOf(orders, call);
        const { amount, idempotency_key: key } = call.body.object();
        const result = await orders.act(order, action, takesAmount(action) ? minorAmount(amount) : null, keyOf(key));
        const { captureId: capture_id, refundId: refund_id, status, message, body } = result;
        return json({ status, message, capture_id, refund_id, karv: body }, result.ok ? 200 : status);
      },
    })),
  ];
}

function summaryOf(order: Order): Record<string, unknown> {
  return {
    number: order.number,
    order_id: order.orderId,
    order_amount: order.basket.order_amount,
    placed_at: order.placedAt,
    acknowledged: order.acknowledged,
  };
}

async function readOrder(orders: Orders, order: Order) {
  try {
    return { karv: await orders.read(order), problem: null };
  } catch (error) {
    if (!(error instanceof OrderError)) throw error;
    return { karv: null, problem: error.message };
  }
}

async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OrderError) throw new HttpError(error.status, 'KARV_REFUSED', error.message);
    throw error;
  }
}

function visitorOf(call: Call): string | null {
  const value = call.cookies.get(cookieName);
  return value !== undefined && /^[\w-]{32}$/.test(value) ? value : null;
}

function productOf(sku: string | undefined) {
  const product = findProduct(sku ?? '');
  if (product === undefined) throw notFound('This product');
  return product;
}

function orderOf(orders: Orders, call: Call): Order {
  const order = orders.find(call.params['number'] ?? '');
  if (order === undefined) throw notFound('This order');
  return order;
}

function takesAmount(action: Action): boolean {
  return action === 'capture' || action === 'refund';
}

function minorAmount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 200_000_000) {
    throw badValue('amount must be a whole number of cents.');
  }
  return value;
}

/** The caller's name for its intent, so that trying again is not doing again; a new one when it gave none. */
function keyOf(value: unknown): string {
  if (value === undefined || value === null) return randomUUID();
  if (typeof value !== 'string' || !/^[\w-]{8,64}$/.test(value))
    throw badValue('The idempotency key must be 8 to 64 letters, digits, - or _.');
  return value;
}

function parseItems(value: unknown): CartItem[] {
  if (!Array.isArray(value) || value.length > 20) throw badValue('items must be a list of at most 20.');
  const wanted = value.map((one: unknown, i) => {
    const { sku, quantity = 1 } = (typeof one === 'object' && one !== null ? one : {}) as Readonly<
      Record<string, unknown>
    >;
    if (typeof sku !== 'string' || findProduct(sku) === undefined) throw badValue(`items[${i}].sku is no product.`);
    return { sku, quantity: quantityOf(quantity, 1, `items[${i}].quantity`) };
  });
  return itemsOf(wanted);
}

function quantityOf(value: unknown, least: number, name = 'The quantity'): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > maxQuantity) {
    throw badValue(`${name} must be a whole number from ${least} to ${maxQuantity}.`);
  }
  return value;
}
