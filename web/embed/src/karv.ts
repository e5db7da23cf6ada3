// karv.js: puts Karv.Payments on the page and tells a shop that waits for it.
import { createPayments, type Payments } from './payments.ts';

interface KarvWindow {
  Karv?: { Payments: Payments };
  karvAsyncCallback?: unknown;
}

export function install(): Payments {
  const page = window as unknown as KarvWindow;
  // The first script wins, so that a page with both files has one state.
  page.Karv ??= { Payments: createPayments() };
  return page.Karv.Payments;
}

/** Calls a function that the shop put on the window to wait for the script. */
export function announce(name: string): void {
  const waiting = (window as unknown as Record<string, unknown>)[name];
  if (typeof waiting === 'function') setTimeout(waiting as () => void);
}
