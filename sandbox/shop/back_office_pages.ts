// What the shop's staff sees: orders, Karv's record of one, the four things that can be done with it, and what Karv
// answered. A demo needs no login; a real back office has one, and the page says so.
import { randomUUID } from 'node:crypto';
import { html, type Html } from '../web/html.ts';
import { shortTime } from '../web/sandbox_page.ts';
import { shopPage } from './layout.ts';
import { formatAmount, plainAmount } from './money.ts';
import type { Action, Order } from './orders.ts';

type KarvOrder = Readonly<Record<string, unknown>>;

export function ordersPage(orders: readonly Order[]): string {
  return shopPage(
    { title: 'Back office' },
    html`<h1>Orders</h1>
      <p>A real back office sits behind a login. Orders are kept until the sandbox stops.</p>
      ${orders.length === 0 ? html`<p class="empty">No orders yet. <a href="/">Buy something</a>.</p>` : orderTable(orders)}`,
  );
}

function orderTable(orders: readonly Order[]): Html {
  return html`<div class="scroll" role="region" aria-label="Orders" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">Order</th>
          <th scope="col">Placed (UTC)</th>
          <th scope="col">Customer</th>
          <th scope="col" class="amount">Amount</th>
        </tr>
      </thead>
      <tbody>
        ${orders.map(
          (order) =>
            html`<tr>
              <th scope="row"><a href="/back-office/orders/${order.number}">${order.number}</a></th>
              <td class="time">${shortTime(order.placedAt)}</td>
              <td>${order.billing.given_name} ${order.billing.family_name}</td>
              <td class="amount">${formatAmount(order.basket.order_amount)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function orderPage(order: Order, karv: KarvOrder | null, problem: string | null): string {
  const last = order.steps.at(-1);
  return shopPage(
    { title: `Order ${order.number}` },
    html`<p><a href="/back-office">All orders</a></p>
      <h1>Order ${order.number}</h1>
      ${problem !== null && html`<p class="problem">${problem}</p>`}
      ${last !== undefined && html`<p class="${last.ok ? 'status good' : 'problem'}">${last.what}: ${last.answer}</p>`}
      ${karv !== null && recordOf(karv)}
      <section class="actions" aria-label="What can be done">
        ${amountForm(order, 'capture', 'Capture', amountOf(karv, 'remaining_authorized_amount') ?? order.basket.order_amount)}
        ${amountForm(order, 'refund', 'Refund', refundable(karv))}
        ${plainForm(order, 'release', 'Release the rest', 'Gives back what is not captured.')}
        ${plainForm(order, 'cancel', 'Cancel the order', 'Only while nothing is captured.')}
      </section>
      <section>
        <h2 id="steps">What Karv answered</h2>
        <div class="scroll" role="region" aria-labelledby="steps" tabindex="0">
          <table>
            <thead>
              <tr>
                <th scope="col">Time (UTC)</th>
                <th scope="col">Call</th>
                <th scope="col">Answer</th>
              </tr>
            </thead>
            <tbody>
              ${order.steps.toReversed().map(
                (step) =>
                  html`<tr>
                    <td class="time">${shortTime(step.at)}</td>
                    <td>${step.what}</td>
                    <td>${step.ok ? '' : 'Refused: '}${step.answer}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>
        ${
          karv !== null &&
          html`<details>
            <summary>The whole record</summary>
            <pre tabindex="0" role="region" aria-label="Karv's record of the order">
${JSON.stringify(karv, null, 2)}</pre>
          </details>`
        }
      </section>`,
  );
}

function recordOf(karv: KarvOrder): Html {
  const amounts = [
    ['Ordered', 'order_amount'],
    ['Captured', 'captured_amount'],
    ['Refunded', 'refunded_amount'],
    ['Still authorized', 'remaining_authorized_amount'],
  ] as const;
  return html`<dl class="figures-row">
    <div>
      <dt>Status</dt>
      <dd>${text(karv['status'])}</dd>
    </div>
    ${amounts.map(
      ([label, name]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${amountText(karv[name])}</dd>
        </div>`,
    )}
  </dl>`;
}

function amountForm(order: Order, action: Action, label: string, suggested: number): Html {
  return html`<form method="post" action="/back-office/orders/${order.number}/${action}">
    <h2>${label}</h2>
    <input type="hidden" name="key" value="${randomUUID()}" />
    <label for="${action}-amount">Amount in euro</label>
    <input
      id="${action}-amount"
      name="amount"
      inputmode="decimal"
      autocomplete="off"
      required
      value="${plainAmount(suggested)}"
    />
    <button>${label}</button>
  </form>`;
}

function plainForm(order: Order, action: Action, label: string, explanation: string): Html {
  return html`<form method="post" action="/back-office/orders/${order.number}/${action}">
    <h2>${label}</h2>
    <input type="hidden" name="key" value="${randomUUID()}" />
    <p>${explanation}</p>
    <button class="quiet">${label}</button>
  </form>`;
}

function refundable(karv: KarvOrder | null): number {
  return Math.max(0, (amountOf(karv, 'captured_amount') ?? 0) - (amountOf(karv, 'refunded_amount') ?? 0));
}

function amountOf(karv: KarvOrder | null, name: string): number | null {
  const value = karv?.[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function amountText(value: unknown): string {
  return typeof value === 'number' && Number.isSafeInteger(value) ? formatAmount(value) : 'not told';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'not told';
}
