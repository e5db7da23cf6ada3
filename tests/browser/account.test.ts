// Cards in the account: a new one takes the place of the old one, and what is still open is paid with it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import * as account from './steps/account.ts';
import { buyInThreeParts, capture } from './steps/purchase.ts';
import { kApproved } from './steps/scene.ts';
import { testCard } from './world/addresses.ts';
import { Stage } from './world/stage.ts';
import { kPhone } from './world/visit.ts';

let stage: Stage;
before(async () => void (stage = await Stage.open()));
after(() => stage?.close());

test('a replaced card pays the next installment of an open agreement', async () => {
  await stage.as('replace', kPhone, async (shopper) => {
    const { page, look } = shopper;
    const purchased = await buyInThreeParts(shopper, () => undefined);
    await capture(shopper, purchased, () => undefined);
    await account.signIn(shopper);
    await page.getByRole('link', { name: 'Cards' }).click();
    await page.getByRole('button', { name: /^Replace: .* 1111$/ }).click();
    const frame = page.frameLocator('dialog iframe');
    await frame.getByLabel('Card number').pressSequentially(testCard('approve_mastercard'));
    await frame.getByLabel('Expiry date').pressSequentially('1240');
    await frame.getByLabel('Security code').pressSequentially(kApproved.code);
    await frame.getByLabel('Name on card').fill('Mira Brandt');
    await look('30-replace-card');
    await page.getByRole('button', { name: 'Save the card' }).click();
    await page.getByText('The new card is saved.').waitFor();
    await page.getByRole('button', { name: /^Replace: .* 4444$/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Replace: .* 1111$/ }).count(), 0, 'the old card is gone');
    await look('31-cards');
    await page.getByRole('link', { name: 'Purchases' }).click();
    await account.openPurchase(shopper);
    await account.payNext(shopper, '4444');
    await page.getByText('€116.33 left').waitFor();
    const [purchase] = await account.purchases(page);
    assert.equal(purchase?.card?.last4, '4444', 'the agreement moved to the new card');
    assert.equal(
      purchase.payments.some(({ last4, amount }) => last4 === '4444' && amount === 11633),
      true,
    );
  });
});

test('a removed card is gone from the account, and what is open can be paid with another one', async () => {
  await stage.as('remove', kPhone, async (shopper) => {
    const { page, look } = shopper;
    const purchased = await buyInThreeParts(shopper, () => undefined);
    await capture(shopper, purchased, () => undefined);
    await account.signIn(shopper);
    await page.getByRole('link', { name: 'Cards' }).click();
    const remove = page.getByRole('button', { name: /^Remove: .* 1111$/ });
    await remove.click();
    await page.getByRole('dialog', { name: 'Remove this card' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await remove.click();
    await look('32-remove-card');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('The card is removed.').waitFor();
    assert.equal(await remove.count(), 0, 'the card is gone');
    await look('33-no-cards');
    await page.getByRole('link', { name: 'Purchases' }).click();
    await account.openPurchase(shopper);
    await look('34-open-without-a-card');
  });
});
