// The card frame's page: wires the form to the page around it. The security boundary is this page's origin; nothing
// that is typed here is ever sent to the parent.
import { startCardForm } from './card_form.ts';
import { connectParent, parentOrigin } from './parent.ts';
import { textsFor } from './texts.ts';

function start(): void {
  document.body.classList.add('started'); // card.css tells when this did not happen
  const origin = parentOrigin(document);
  const ticket = new URLSearchParams(location.search).get('ticket');
  const language = new URLSearchParams(location.hash.slice(1)).get('lang') ?? navigator.language;
  if (origin === null || !ticket || window.parent === window) {
    const message = document.getElementById('form-error');
    if (message) message.textContent = textsFor(language).texts.misplaced;
    for (const input of document.querySelectorAll('input')) input.disabled = true;
    return;
  }
  const parent = connectParent(origin, (kind) => {
    if (kind === 'card.submit') void form.submit();
    if (kind === 'card.focus') form.focus();
  });
  const form = startCardForm(document, ticket, language, parent);

  const height = (): number => Math.ceil(document.querySelector('main')?.getBoundingClientRect().height ?? 0);
  new ResizeObserver(() => parent.tell('card.height', { height: height() })).observe(document.body);
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') parent.tell('card.escape');
  });
  // A page that is left, or kept by the browser for "back", holds nothing.
  addEventListener('pagehide', () => form.clear());
  parent.tell('card.ready', { height: height() });
}

start();
