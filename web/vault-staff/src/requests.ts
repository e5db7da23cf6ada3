// Requests as people read them: exactly the words that are signed, one line each.
import type { RequestView } from './staff_api.ts';
import { readWords } from './words.ts';

const kLevels: Readonly<Record<string, string>> = {
  masked: 'the last four digits',
  partial: 'first digits and the last four',
  full: 'the whole number',
};
const kReasons: Readonly<Record<string, string>> = {
  dispute: 'a dispute',
  fraud_case: 'a fraud case',
  customer_request: 'the customer asks for it',
  legal_order: 'a legal order',
  incident: 'an incident',
};
const kStates: Readonly<Record<RequestView['state'], string>> = {
  requested: 'Waits for approval',
  approved: 'Approved',
  refused: 'Refused',
  expired: 'Time is over',
  used: 'Used up',
};

export interface Button {
  readonly name: string;
  readonly quiet?: boolean;
  readonly press: (request: RequestView) => void;
}

function add(parent: HTMLElement, tag: string, text: string, css = ''): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  if (css !== '') element.className = css;
  parent.append(element);
  return element;
}

function time(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

export function requestElement(request: RequestView, buttons: readonly Button[]): HTMLElement {
  const words = readWords(request.words);
  const article = document.createElement('article');
  article.dataset['request'] = request.request;
  add(article, 'h3', `${words.case_number}: ${kLevels[words.level] ?? words.level}`);
  add(article, 'p', kStates[request.state], `state ${request.state}`);
  const facts = document.createElement('dl');
  const fact = (name: string, text: string): void => {
    add(facts, 'dt', name);
    add(facts, 'dd', text);
  };
  fact('Asked by', `${request.requester}, ${time(words.at)}`);
  fact('Why', kReasons[words.reason] ?? words.reason);
  if (words.note !== '') fact('Note', words.note);
  fact('Card', words.card);
  fact('Looks', `${words.looks}, until ${time(words.expires_at)}`);
  article.append(facts);
  const row = document.createElement('div');
  row.className = 'buttons';
  for (const button of buttons) {
    const element = add(row, 'button', button.name, button.quiet === true ? 'quiet' : '') as HTMLButtonElement;
    element.type = 'button';
    element.addEventListener('click', () => button.press(request));
  }
  if (buttons.length > 0) article.append(row);
  return article;
}

/** A list under a heading; nothing when there is nothing. */
export function fillList(
  into: HTMLElement,
  title: string,
  requests: readonly RequestView[],
  buttonsOf: (request: RequestView) => readonly Button[],
): void {
  into.replaceChildren();
  if (requests.length === 0) return;
  add(into, 'h3', title, 'list-title');
  for (const request of requests) into.append(requestElement(request, buttonsOf(request)));
}
