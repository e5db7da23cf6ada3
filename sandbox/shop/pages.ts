// What a shopper sees: products, cart, checkout, confirmation.
import { html, type Html } from '../web/html.ts';
import { maxQuantity, type Basket, type CartItem } from './cart.ts';
import { products, type Product } from './catalog.ts';
import { shopPage } from './layout.ts';
import { demoPerson, type Address } from './market.ts';
import { formatAmount } from './money.ts';
import type { Order } from './orders.ts';
import type { PaymentScript } from './script.ts';

export function frontPage(cartCount: number): string {
  return shopPage(
    { title: 'Things for outside', cartCount },
    html`<section class="hero">
        <h1>Few things, made to stay out.</h1>
        <p>Six pieces we would pack ourselves. Pay now, in 30 days, or in 3 parts.</p>
      </section>
      <ul class="grid">
        ${products.map(
          (product) =>
            html`<li class="card">
              <a href="/products/${product.sku}">
                <img src="/assets/${product.sku}.svg" alt="" width="400" height="300" />
                <h2>${product.name}</h2>
              </a>
              <p>${product.line}</p>
              <p class="price">${formatAmount(product.price)}</p>
            </li>`,
        )}
      </ul>`,
  );
}

export function productPage(product: Product, cartCount: number): string {
  return shopPage(
    { title: product.name, cartCount },
    html`<article class="product">
      <img src="/assets/${product.sku}.svg" alt="" width="400" height="300" />
      <div>
        <h1>${product.name}</h1>
        <p class="lead">${product.line}</p>
        <p>${product.text}</p>
        <p class="price">${formatAmount(product.price)} <small>incl. tax</small></p>
        <form method="post" action="/cart/add">
          <input type="hidden" name="sku" value="${product.sku}" />
          <button>Add to cart</button>
        </form>
      </div>
    </article>`,
  );
}

export function cartPage(items: readonly CartItem[], basket: Basket): string {
  const cartCount = countOf(items);
  if (items.length === 0) {
    return shopPage(
      { title: 'Cart' },
      html`<section class="narrow">
        <h1>Your cart is empty</h1>
        <p><a class="button" href="/">See the things</a></p>
      </section>`,
    );
  }
  return shopPage(
    { title: 'Cart', cartCount },
    html`<section class="narrow">
      <h1>Cart</h1>
      <ul class="items">
        ${items.map(
          ({ product, quantity }) =>
            html`<li>
              <img src="/assets/${product.sku}.svg" alt="" width="96" height="72" />
              <div class="what">
                <a href="/products/${product.sku}">${product.name}</a>
                <form method="post" action="/cart/set">
                  <input type="hidden" name="sku" value="${product.sku}" />
                  <label for="quantity-${product.sku}">Quantity<span class="hidden"> of ${product.name}</span></label>
                  <input
                    id="quantity-${product.sku}"
                    name="quantity"
                    type="number"
                    min="0"
                    max="${maxQuantity}"
                    value="${quantity}"
                    required
                  />
                  <button class="quiet">Update<span class="hidden"> ${product.name}</span></button>
                </form>
              </div>
              <span class="amount">${formatAmount(product.price * quantity)}</span>
            </li>`,
        )}
      </ul>
      ${totals(basket)}
      <p class="end"><a class="button" href="/checkout">To checkout</a></p>
    </section>`,
  );
}

export interface CheckoutView {
  readonly items: readonly CartItem[];
  readonly basket: Basket;
  /** Null with the reason when Karv hands out no script. */
  readonly script: PaymentScript | null;
  readonly problem: string | null;
}

export function checkoutPage({ items, basket, script, problem }: CheckoutView): string {
  const head = html`${script !== null && html`<script src="${script.src}" integrity="${script.integrity}" crossorigin="anonymous" defer></script>`}
    <script type="module" src="/assets/checkout.js"></script>`;
  return shopPage(
    { title: 'Checkout', cartCount: countOf(items), head },
    html`<h1>Checkout</h1>
      <div class="checkout">
        <form id="checkout" novalidate>
          <fieldset>
            <legend>Who and where</legend>
            <div class="fields">${addressFields(demoPerson)}</div>
          </fieldset>
          <section aria-labelledby="payment-title">
            <h2 id="payment-title">Payment</h2>
            <p id="payment-status" class="status" role="status"></p>
            <div id="karv-payments"></div>
            <noscript><p class="problem">Paying needs JavaScript.</p></noscript>
          </section>
          <p id="problem" class="problem" role="alert">${problem}</p>
          <button id="pay" type="submit" disabled>Buy for ${formatAmount(basket.order_amount)}</button>
        </form>
        <aside aria-labelledby="summary-title">
          <h2 id="summary-title">Your order</h2>
          ${lines(basket)} ${totals(basket)}
          <p><a href="/cart">Change the cart</a></p>
        </aside>
      </div>`,
  );
}

function addressFields(person: Address): Html[] {
  const fields = [
    { name: 'email', label: 'E-mail', type: 'email', autocomplete: 'email', wide: true },
    { name: 'given_name', label: 'First name', type: 'text', autocomplete: 'given-name', wide: false },
    { name: 'family_name', label: 'Last name', type: 'text', autocomplete: 'family-name', wide: false },
    { name: 'street_address', label: 'Street and number', type: 'text', autocomplete: 'street-address', wide: true },
    { name: 'postal_code', label: 'Postal code', type: 'text', autocomplete: 'postal-code', wide: false },
    { name: 'city', label: 'City', type: 'text', autocomplete: 'address-level2', wide: false },
  ] as const;
  return fields.map(
    (field) =>
      html`<div class="${field.wide ? 'field wide' : 'field'}">
        <label for="${field.name}">${field.label}</label>
        <input
          id="${field.name}"
          name="${field.name}"
          type="${field.type}"
          autocomplete="${field.autocomplete}"
          value="${person[field.name]}"
          required
          maxlength="${field.name === 'postal_code' ? 10 : 99}"
          aria-describedby="problem"
        />
      </div>`,
  );
}

export function confirmationPage(order: Order): string {
  return shopPage(
    { title: 'Thank you' },
    html`<section class="narrow">
      <h1>Thank you, ${order.billing.given_name}.</h1>
      <p class="lead">
        Your order is <strong class="order-number">${order.number}</strong>. We will pack it as soon as we exist.
      </p>
      ${lines(order.basket)} ${totals(order.basket)}
      <p>Payment dates and refunds are in your account with Karv.</p>
      <p>
        <a class="button" href="/">Back to the shop</a>
        <a class="button quiet" href="/back-office/orders/${order.number}">See it in the back office</a>
      </p>
    </section>`,
  );
}

function lines(basket: Basket): Html {
  return html`<ul class="lines">
    ${basket.order_lines
      .filter((line) => line.type === 'physical')
      .map(
        (line) =>
          html`<li>
            <span>${line.quantity} × ${line.name}</span><span class="amount">${formatAmount(line.total_amount)}</span>
          </li>`,
      )}
  </ul>`;
}

function totals(basket: Basket): Html {
  const shipping = basket.order_lines.find((line) => line.type === 'shipping_fee')?.total_amount ?? 0;
  return html`<dl class="totals">
    <div>
      <dt>Shipping</dt>
      <dd>${shipping === 0 ? 'free' : formatAmount(shipping)}</dd>
    </div>
    <div class="total">
      <dt>Total</dt>
      <dd>${formatAmount(basket.order_amount)}</dd>
    </div>
    <div>
      <dt>Tax included</dt>
      <dd>${formatAmount(basket.order_tax_amount)}</dd>
    </div>
  </dl>`;
}

export function countOf(items: readonly CartItem[]): number {
  return items.reduce((sum, item) => sum + item.quantity, 0);
}
