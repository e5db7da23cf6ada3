// The card network, seen from a browser or a test: what went over the wire, the books, and two switches.
// Read-only but for the switches; nothing here can show a card number, because nothing here has one.
import { badValue, json, page, type Answer, type Route } from '../web/http.ts';
import { html, type Html } from '../web/html.ts';
import { sandboxPage, shortTime } from '../web/sandbox_page.ts';
import { behaviours, testCards, type Behaviour } from './cards.ts';
import type { BookLine } from './books.ts';
import type { JournalLine } from './journal.ts';
import type { CardNetwork } from './server.ts';

const maxLines = 2000;
const maxLateMs = 600_000;
const maxCount = 10_000;

export function networkRoutes(network: CardNetwork): Route[] {
  const { issuer } = network;
  const settings = (): Answer =>
    json({ late_ms: network.lateMs, next: issuer.cards.override, connections: network.connections });
  return [
    { method: 'GET', pattern: '/sandbox/network', handle: () => page(networkPage(network)) },
    {
      method: 'GET',
      pattern: '/sandbox/network/messages',
      handle: (call) => json({ messages: issuer.journal.newestFirst(limitOf(call.query)) }),
    },
    {
      method: 'GET',
      pattern: '/sandbox/network/books',
      handle: (call) => json({ operations: issuer.books.view(limitOf(call.query)) }),
    },
    { method: 'GET', pattern: '/sandbox/network/settings', handle: settings },
    {
      method: 'POST',
      pattern: '/sandbox/network/settings',
      handle: (call) => {
        network.lateMs = wholeNumber(call.body.object()['late_ms'], 'late_ms', 0, maxLateMs);
        return settings();
      },
    },
    {
      method: 'POST',
      pattern: '/sandbox/network/next',
      handle: (call) => {
        const { behaviour, count = 1 } = call.body.object();
        if (!isBehaviour(behaviour)) throw badValue(`behaviour must be one of ${behaviours.join(', ')}.`);
        issuer.cards.setOverride(behaviour, wholeNumber(count, 'count', 1, maxCount));
        return settings();
      },
    },
  ];
}

function isBehaviour(value: unknown): value is Behaviour {
  return behaviours.some((behaviour) => behaviour === value);
}

function wholeNumber(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw badValue(`${name} must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? '200';
  if (!/^\d{1,4}$/.test(text)) throw badValue(`limit must be a whole number up to ${maxLines}.`);
  return Math.min(Number(text), maxLines);
}

const meanings: Readonly<Record<string, string>> = {
  '0100': 'hold', '0110': 'hold answer', '0200': 'charge or refund', '0210': 'answer', '0220': 'completion',
  '0221': 'completion, repeated', '0230': 'completion answer', '0400': 'reversal', '0410': 'reversal answer',
  '0420': 'reversal advice', '0421': 'reversal advice, repeated', '0430': 'reversal advice answer',
  '0800': 'line', '0810': 'line answer',
}; // prettier-ignore

function networkPage(network: CardNetwork): string {
  const { issuer } = network;
  const { override } = issuer.cards;
  return sandboxPage(
    'Card network',
    '/sandbox/network',
    html`<h1>Card network</h1>
      <p>
        ${network.connections === 0 ? 'No vault is connected.' : `Connections from the vault: ${network.connections}.`}
        Late answers wait ${network.lateMs} ms.
        ${override !== null && `The next ${override.left} on canary cards: ${override.behaviour}.`}
      </p>
      <h2 id="messages">Messages, newest first</h2>
      ${messageTable(issuer.journal.newestFirst(100))}
      <h2 id="books">The issuers' books</h2>
      ${bookTable(issuer.books.view(50))}
      <h2 id="cards">Test cards</h2>
      <p>Any future expiry, any three digits as security code.</p>
      <div class="scroll" role="region" aria-labelledby="cards" tabindex="0">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Number</th>
              <th scope="col">Does</th>
            </tr>
          </thead>
          <tbody>
            ${testCards.map(
              (card) =>
                html`<tr>
                  <th scope="row">${card.name}</th>
                  <td class="figures">${card.number}</td>
                  <td>${card.behaviour}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`,
    'refresh.js',
  );
}

function messageTable(lines: readonly JournalLine[]): Html {
  if (lines.length === 0) return html`<p class="empty">Nothing yet.</p>`;
  return html`<div class="scroll" role="region" aria-labelledby="messages" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">Time (UTC)</th>
          <th scope="col">Type</th>
          <th scope="col">Card</th>
          <th scope="col">Amount</th>
          <th scope="col">Reference</th>
          <th scope="col">Approval</th>
          <th scope="col">Answer</th>
        </tr>
      </thead>
      <tbody>
        ${lines.map(
          (line) =>
            html`<tr>
              <td class="figures">${shortTime(line.time)}</td>
              <td>
                ${line.direction === 'in' ? '→' : '←'} ${line.mti} ${meaningOf(line)}${line.repeat && ' (seen before)'}
              </td>
              <td>${line.card !== null && `${line.card.brand} ····${line.card.last4}`}</td>
              <td class="figures">${line.amount !== null && `${line.amount} (${line.currency ?? ''})`}</td>
              <td class="figures">
                ${line.retrieval_reference}${line.original_reference !== null && html`<br />of ${line.original_reference}`}
              </td>
              <td class="figures">${line.approval_code}</td>
              <td>${line.response_code}${line.fault !== null && html`<br />${line.fault}`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function meaningOf(line: JournalLine): string {
  if (line.mti.startsWith('02') && line.processing_code === '200000')
    return line.direction === 'in' ? 'refund' : 'refund answer';
  return meanings[line.mti] ?? '';
}

function bookTable(lines: readonly BookLine[]): Html {
  if (lines.length === 0) return html`<p class="empty">Nothing yet.</p>`;
  const columns = ['held', 'completed', 'reversed', 'charged', 'refunded', 'paid_out', 'remaining'] as const;
  return html`<div class="scroll" role="region" aria-labelledby="books" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">Reference</th>
          <th scope="col">Kind</th>
          <th scope="col">Card</th>
          ${columns.map((column) => html`<th scope="col" class="amount">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${lines.map(
          (line) =>
            html`<tr>
              <th scope="row" class="figures">${line.retrieval_reference}</th>
              <td>${line.kind}</td>
              <td>${line.card.brand} ····${line.card.last4}</td>
              ${columns.map((column) => html`<td class="amount figures">${line[column]}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
