// The clear digits on the screen: for a short time, in this page only. They are gone when the time is over, when the
// page is left or hidden, and on a key press; they cannot be selected, copied, dragged or printed.
import type { ShownCard } from './staff_api.ts';

/** "4111 1111 1111 1111"; hidden digits as dots. Amex and Diners in their own groups. */
export function grouped(number: string): string {
  const text = number.replaceAll('*', '•');
  if (text.length === 15) return `${text.slice(0, 4)} ${text.slice(4, 10)} ${text.slice(10)}`;
  return (text.match(/.{1,4}/gu) ?? []).join(' ');
}

/** Digit by digit, for a screen reader. */
export function spoken(number: string): string {
  const hidden = number.indexOf('*');
  if (hidden < 0) return [...number].join(' ');
  const end = number.lastIndexOf('*') + 1;
  const count = end - hidden;
  return [...number.slice(0, hidden), `${count} hidden digits,`, ...number.slice(end)].join(' ');
}

const kBrands: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'American Express',
  discover: 'Discover',
  jcb: 'JCB',
  diners: 'Diners Club',
  unionpay: 'UnionPay',
  maestro: 'Maestro',
};

export interface Shown {
  show(card: ShownCard, now: number): void;
  hide(): void;
}

export function startShown(page: Document, told: (text: string) => void): Shown {
  const find = (id: string): HTMLElement => page.getElementById(id)!;
  let ticking: ReturnType<typeof setInterval> | undefined;

  const hide = (): void => {
    if (ticking === undefined) return;
    clearInterval(ticking);
    ticking = undefined;
    for (const id of ['digits', 'spoken', 'expiry', 'countdown']) find(id).textContent = '';
    find('shown').hidden = true;
    told('The card is hidden again.');
  };
  const show = (card: ShownCard, now: number): void => {
    hide();
    const end = performance.now() + Math.min(card.hide_at - now, 60_000);
    find('shown-title').textContent = kBrands[card.brand] ?? 'The card';
    find('digits').textContent = grouped(card.number);
    find('spoken').textContent = spoken(card.number);
    find('expiry').textContent = card.expiry === '' ? '' : `Expires ${card.expiry}`;
    const tick = (): void => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left <= 0) return hide();
      find('countdown').textContent = `Hidden again in ${left} seconds. Looks left: ${card.looks_left}.`;
    };
    ticking = setInterval(tick, 250);
    find('shown').hidden = false;
    find('shown-title').focus();
    tick();
  };

  find('hide').addEventListener('click', hide);
  page.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
  });
  page.addEventListener('visibilitychange', () => {
    if (page.visibilityState === 'hidden') hide();
  });
  page.defaultView?.addEventListener('pagehide', hide);
  for (const name of ['copy', 'cut', 'dragstart', 'contextmenu', 'selectstart'])
    find('shown').addEventListener(name, (event) => event.preventDefault());
  return { show, hide };
}
