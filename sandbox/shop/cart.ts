// Carts: what lies in them, and the order lines that they become. Kept in memory per visitor, the oldest forgotten.
import { BoundedMap } from '../common/bounded_map.ts';
import { findProduct, type Product } from './catalog.ts';
import { market } from './market.ts';
import { taxWithin } from './money.ts';

export const maxQuantity = 20;
const shippingFee = 490;
const freeShippingFrom = 10_000;

export interface CartItem {
  readonly product: Product;
  readonly quantity: number;
}

/** An order line as the merchant API wants it. */
export interface OrderLine {
  readonly type: 'physical' | 'shipping_fee';
  readonly reference: string;
  readonly name: string;
  readonly quantity: number;
  readonly quantity_unit: string;
  readonly unit_price: number;
  readonly tax_rate: number;
  readonly total_amount: number;
  readonly total_discount_amount: number;
  readonly total_tax_amount: number;
}

export interface Basket {
  readonly order_amount: number;
  readonly order_tax_amount: number;
  readonly order_lines: readonly OrderLine[];
}

export class Carts {
  readonly #carts = new BoundedMap<string, ReadonlyMap<string, number>>(10_000);

  items(visitor: string | null): CartItem[] {
    const cart = visitor === null ? undefined : this.#carts.get(visitor);
    return itemsOf([...(cart ?? [])].map(([sku, quantity]) => ({ sku, quantity })));
  }

  /** Sets the quantity of one product; zero takes it out. */
  set(visitor: string, sku: string, quantity: number): void {
    const cart = new Map(this.#carts.get(visitor));
    cart.delete(sku);
    if (quantity > 0) cart.set(sku, Math.min(quantity, maxQuantity));
    this.#carts.set(visitor, cart);
  }

  add(visitor: string, sku: string): void {
    this.set(visitor, sku, (this.#carts.get(visitor)?.get(sku) ?? 0) + 1);
  }

  empty(visitor: string): void {
    this.#carts.set(visitor, new Map());
  }
}

/** Products with their quantities; unknown ones are left out. */
export function itemsOf(wanted: readonly { readonly sku: string; readonly quantity: number }[]): CartItem[] {
  return wanted.flatMap(({ sku, quantity }) => {
    const product = findProduct(sku);
    return product === undefined ? [] : [{ product, quantity }];
  });
}

export function basketOf(items: readonly CartItem[]): Basket {
  const lines = items.map(({ product, quantity }) =>
    orderLine('physical', product.sku, product.name, quantity, product.price),
  );
  const goods = sumOf(lines, 'total_amount');
  if (goods > 0 && goods < freeShippingFrom)
    lines.push(orderLine('shipping_fee', 'shipping', 'Shipping', 1, shippingFee));
  return {
    order_amount: sumOf(lines, 'total_amount'),
    order_tax_amount: sumOf(lines, 'total_tax_amount'),
    order_lines: lines,
  };
}

function orderLine(
  type: OrderLine['type'],
  reference: string,
  name: string,
  quantity: number,
  price: number,
): OrderLine {
  const total = quantity * price;
  return {
    type,
    reference,
    name,
    quantity,
    quantity_unit: 'pcs',
    unit_price: price,
    tax_rate: market.taxRate,
    total_amount: total,
    total_discount_amount: 0,
    total_tax_amount: taxWithin(total, market.taxRate),
  };
}

function sumOf(lines: readonly OrderLine[], member: 'total_amount' | 'total_tax_amount'): number {
  return lines.reduce((sum, line) => sum + line[member], 0);
}
