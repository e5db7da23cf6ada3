// The demo shop, as a shopper and as its staff use it.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Scene } from './scene.ts';

export interface Opened {
  readonly checkoutId: string;
  readonly sessionId: string;
}

export async function fillCart({ page, karv, look }: Scene, product = 'Hytte tent'): Promise<void> {
  await page.goto(karv.shop);
  await look('01-shop');
  await page.getByRole('link', { name: product }).click();
  await look('02-product');
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.getByRole('heading', { name: 'Cart', exact: true }).waitFor();
  await look('03-cart');
}

/** Goes to the checkout and waits for Karv's form. */
export async function openCheckout(scene: Scene): Promise<Opened> {
  const { page, email } = scene;
  const opening = page.waitForResponse((response) => response.url().endsWith('/shop/api/checkouts'));
  await page.getByRole('link', { name: 'To checkout' }).click();
  const answer = (await (await opening).json()) as { checkout_id?: string; session_id?: string };
  assert.ok(answer.session_id && answer.checkout_id, `the shop opened no session: ${JSON.stringify(answer)}`);
  await page.getByLabel('E-mail').fill(email);
  await page.locator('#pay:not([disabled])').waitFor();
  return { checkoutId: answer.checkout_id, sessionId: answer.session_id };
}

/** On the confirmation page; the shop's number of the order. */
export async function confirmedOrder({ page, look }: Scene): Promise<string> {
  await page.waitForURL(/\/confirmation\//);
  await page.getByRole('heading', { name: /^Thank you/ }).waitFor();
  await look('11-confirmation');
  return (await page.locator('.order-number').innerText()).trim();
}

async function inBackOffice(page: Page, karv: Scene['karv'], number: string): Promise<void> {
  await page.goto(`${karv.shop}/back-office/orders/${number}`);
  await page.getByRole('heading', { name: `Order ${number}` }).waitFor();
}

async function act(page: Page, button: string): Promise<string> {
  await page.getByRole('button', { name: button, exact: true }).click();
  const said = page.locator('.status.good, .problem').first();
  await said.waitFor();
  const text = await said.innerText();
  assert.ok(await page.locator('.status.good').count(), `${button} in the back office was refused: ${text}`);
  return text;
}

/** Captures all that is authorized. What Karv answered, as the back office shows it. */
export async function captureAll({ karv, look }: Scene, number: string, page: Page): Promise<string> {
  await inBackOffice(page, karv, number);
  const answer = await act(page, 'Capture');
  await look('12-captured', page);
  return answer;
}

/** Amount as the back office takes it: "50.00". */
export async function refund({ karv, look }: Scene, number: string, amount: string, page: Page): Promise<string> {
  await inBackOffice(page, karv, number);
  await page.getByLabel('Amount in euro').last().fill(amount);
  const answer = await act(page, 'Refund');
  await look('17-refunded', page);
  return answer;
}
