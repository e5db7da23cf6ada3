// A whole purchase in three parts: from the shop's front page to its confirmation, the capture, an installment paid
// early, a refund of a part. Every step says what it expects; `tell` hears what happened.
import assert from 'node:assert/strict';
import { eventually } from '../world/eventually.ts';
import * as account from './account.ts';
import * as checkout from './checkout.ts';
import type { Scene } from './scene.ts';
import * as shop from './shop.ts';

export type Tell = (what: string, detail: string) => void;

export interface Purchased {
  readonly sessionId: string;
  readonly number: string;
}

/** Shop, cart, checkout in 3 parts, up to the shop's confirmation. */
export async function buyInThreeParts(scene: Scene, tell: Tell): Promise<Purchased> {
  const { page, look } = scene;
  await shop.fillCart(scene);
  const { sessionId } = await shop.openCheckout(scene);
  tell('session', `${sessionId} opened by the shop`);
  await checkout.choosePlan(scene, 'Pay in 3 parts');
  await checkout.buy(page);
  await checkout.identify(scene);
  await checkout.vaultFrame(page).getByLabel('Card number').waitFor();
  await look('08-card');
  await checkout.typeCard(page, scene.card);
  await checkout.assertCardIsOutOfReach(scene);
  await checkout.submitCard(page);
  await look('09-review');
  assert.ok(await checkout.confirm(page, /^Pay €116\.34 now$/), 'the payment was not approved');
  tell('authorization', 'approved: €349.00 in 3 parts, the first held on the card');
  await checkout.overlay(page).getByRole('heading', { name: 'All done' }).waitFor();
  await look('10-done');
  const number = await shop.confirmedOrder(scene);
  const { order_id: orderId, order_amount: amount } = await scene.sandbox.order(number);
  tell('order', `${number} placed, Karv's ${orderId}, ${(amount / 100).toFixed(2)} EUR`);
  return { sessionId, number };
}

export async function capture(scene: Scene, { number }: Purchased, tell: Tell): Promise<void> {
  const page = await scene.page.context().newPage();
  const answer = await shop.captureAll(scene, number, page);
  await page.close();
  const order = await scene.sandbox.order(number);
  assert.equal(order.karv?.['captured_amount'], 34900, 'captured in Karv’s record');
  tell('capture', answer);
}

/** Signs in, sees the agreement, pays the next installment, and sees the page change without a reload. */
export async function payInAccount(scene: Scene, tell: Tell): Promise<void> {
  const { page } = scene;
  await account.signIn(scene);
  await account.openPurchase(scene);
  const [bought] = await account.purchases(page);
  assert.deepEqual(
    bought?.installments.map(({ amount }) => amount),
    [11634, 11633, 11633],
    'thirds of 349.00, the larger one first',
  );
  assert.deepEqual(await account.stateCounts(page), { Paid: 1, Upcoming: 2 });
  const plan = bought?.installments.map(({ due_date, amount, status }) => `${due_date} ${amount / 100} ${status}`);
  tell('agreement', `pay_in_3: ${plan?.join('; ')}`);
  await account.markPage(page);
  await account.payNext(scene, scene.card.number.slice(-4));
  await page.getByText('€116.33 left').waitFor();
  assert.deepEqual(await account.stateCounts(page), { Paid: 2, Upcoming: 1 });
  await account.assertNotReloaded(page);
  tell('installment paid', 'part 2 of 3, €116.33, with the saved card, ahead of its date');
}

/** Refunds a part in another window and sees it arrive in the account, which nobody touches. */
export async function refundSeenLive(scene: Scene, { number }: Purchased, tell: Tell): Promise<void> {
  const { page } = scene;
  const office = await page.context().newPage();
  const answer = await shop.refund(scene, number, '50.00', office);
  await office.close();
  tell('refund', answer);
  await page.getByText('€66.33 left').waitFor();
  await page.getByText('€50.00 no longer owed').waitFor();
  await page.getByText('Taken off what is still open').waitFor();
  await account.assertNotReloaded(page);
  await scene.look('18-refund-in-account');
  tell('seen live', 'the account shows the refund without a reload: €66.33 left');
  const refunded = await eventually('the refund in the account', async () => (await account.purchases(page))[0]);
  assert.equal(refunded.refunds[0]?.to_card_amount, 0, 'what is still owed is canceled before money goes back');
}

export async function playPurchase(scene: Scene, tell: Tell): Promise<Purchased> {
  const purchased = await buyInThreeParts(scene, tell);
  await capture(scene, purchased, tell);
  await payInAccount(scene, tell);
  await refundSeenLive(scene, purchased, tell);
  return purchased;
}
