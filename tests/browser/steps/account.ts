// The shopper's account.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Scene } from './scene.ts';

export interface Installment {
  readonly number: number;
  readonly due_date: string;
  readonly amount: number;
  readonly paid_amount: number;
  readonly canceled_amount: number;
  readonly status: string;
}

export interface Purchase {
  readonly order_id: string;
  readonly plan: string;
  readonly status: string;
  readonly created_at: string;
  readonly outstanding_amount: number;
  readonly card: { brand: string; last4: string } | null;
  readonly installments: readonly Installment[];
  readonly payments: readonly { amount: number; paid_at: string; brand: string; last4: string }[];
  readonly refunds: readonly { amount: number; refunded_at: string; to_card_amount: number }[];
}

export async function signIn({ page, karv, sandbox, email, look }: Scene): Promise<void> {
  await page.goto(karv.account);
  await page.getByLabel('E-mail').fill(email);
  await look('13-sign-in');
  await page.getByRole('button', { name: 'Send the code' }).click();
  await page.getByLabel('Code from the e-mail').fill(await sandbox.nextCode(email));
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Purchases' }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await look('14-purchases');
}

/** What the account's own interface says, asked by the signed-in page. */
export async function purchases(page: Page): Promise<Purchase[]> {
  const answer = await page.evaluate(async () => {
    const response = await fetch('/customer/v1/purchases', { headers: { Accept: 'application/json' } });
    return (await response.json()) as { purchases: unknown[] };
  });
  return answer.purchases as Purchase[];
}

export async function openPurchase({ page, look }: Scene): Promise<void> {
  await page.getByRole('link', { name: /Nordlys/ }).click();
  await page.getByRole('heading', { name: 'Payment plan' }).waitFor();
  await look('15-agreement');
}

/** How often each state stands in the payment plan: { Paid: 1, Upcoming: 2 }. */
export async function stateCounts(page: Page): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const state of await page.locator('.parts .badge').allInnerTexts()) {
    counts[state.trim()] = (counts[state.trim()] ?? 0) + 1;
  }
  return counts;
}

/** Pays the first installment that can be paid, with the saved card whose last digits are given. */
export async function payNext({ page, look }: Scene, last4: string): Promise<void> {
  await page
    .getByRole('button', { name: /^Pay now/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: new RegExp(last4) }).check();
  await dialog.getByRole('button', { name: /^Pay .* now$/ }).click();
  await page.getByText('Paid. Thank you.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await look('16-installment-paid');
}

const kMark = 'karvMark';

/** Marks the page; a page that was loaded again has lost its mark. */
export async function markPage(page: Page): Promise<void> {
  await page.evaluate((name) => ((window as unknown as Record<string, boolean>)[name] = true), kMark);
}

export async function assertNotReloaded(page: Page): Promise<void> {
  const marked = await page.evaluate((name) => (window as unknown as Record<string, boolean>)[name] === true, kMark);
  assert.ok(marked, 'the page was loaded again: it did not change in place');
}
