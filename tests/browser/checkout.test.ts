// The checkout when things go another way: keyboard only, a card that is declined, a code that is wrong, second
// thoughts, no card at all.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import * as checkout from './steps/checkout.ts';
import { focus, focusComesTo, tabTo } from './steps/keyboard.ts';
import { kApproved } from './steps/scene.ts';
import * as shop from './steps/shop.ts';
import { testCard } from './world/addresses.ts';
import { Stage, type Shopper } from './world/stage.ts';
import { kDesktop, kPhone } from './world/visit.ts';

let stage: Stage;
before(async () => void (stage = await Stage.open()));
after(() => stage?.close());

const { overlay, vaultFrame, inline } = checkout;

async function atCheckout(shopper: Shopper): Promise<void> {
  await shopper.page.goto(`${shopper.karv.shop}/products/kopp-mug`);
  await shopper.page.getByRole('button', { name: 'Add to cart' }).click();
  await shop.openCheckout(shopper);
}

/** Up to the card form, plan chosen. */
async function toCard(shopper: Shopper, plan: string): Promise<void> {
  await atCheckout(shopper);
  await checkout.choosePlan(shopper, plan);
  await checkout.buy(shopper.page);
  await checkout.identify(shopper);
  await vaultFrame(shopper.page).getByLabel('Card number').waitFor();
}

describe('by keyboard alone', () => {
  test('a purchase in 3 parts is made from the front page to the confirmation', async () => {
    await stage.as('keyboard', kDesktop, async (shopper) => {
      const { page, karv, sandbox, email } = shopper;
      const { keyboard } = page;
      await page.goto(karv.shop);
      await tabTo(page, 'the tent', ({ name }) => name.startsWith('Hytte tent'));
      await keyboard.press('Enter');
      await page.waitForURL(/products/);
      await tabTo(page, 'Add to cart', ({ name }) => name === 'Add to cart');
      await keyboard.press('Enter');
      await page.waitForURL(/cart/);
      await tabTo(page, 'To checkout', ({ name }) => name === 'To checkout');
      await keyboard.press('Enter');
      await page.locator('#pay:not([disabled])').waitFor();
      await tabTo(page, 'the e-mail field', ({ id }) => id === 'email');
      await keyboard.press('Control+a');
      await keyboard.type(email);
      await tabTo(page, 'the plans', ({ id }) => id.startsWith('plan-'));
      await keyboard.press('Space');
      for (let i = 0; i < 3 && (await focus(page)).value !== 'pay_in_3'; i++) await keyboard.press('ArrowDown');
      assert.equal(await inline(page).locator('input:checked').inputValue(), 'pay_in_3');
      await tabTo(page, 'Buy', ({ id }) => id === 'pay');
      await keyboard.press('Enter');
      await focusComesTo(page, 'the first step', ({ tag, name }) => tag === 'H1' && name === 'Your e-mail');
      await tabTo(page, 'the e-mail', ({ name }) => name === 'E-mail');
      await keyboard.press('Enter');
      await focusComesTo(page, 'the code step', ({ tag, name }) => tag === 'H1' && name === 'Enter the code');
      await tabTo(page, 'the code', ({ name }) => name === 'Code from the e-mail');
      await keyboard.type(await sandbox.nextCode(email));
      await keyboard.press('Enter');
      const typed = await focusComesTo(page, 'the card number', ({ id }) => id === 'number');
      assert.ok(typed.frame.url().startsWith(`${karv.vault}/`), 'the card number is typed at the vault');
      await keyboard.type(testCard('approve_mastercard'));
      for (const text of ['1240', kApproved.code, 'Mira Brandt']) {
        await keyboard.press('Tab');
        await keyboard.type(text);
      }
      await keyboard.press('Enter');
      await focusComesTo(page, 'the review', ({ tag, name }) => tag === 'H1' && name === 'Check and confirm');
      await tabTo(page, 'Pay', ({ tag, name }) => tag === 'BUTTON' && /^Pay €116\.34 now$/.test(name));
      await keyboard.press('Enter');
      await page.waitForURL(/\/confirmation\//);
      await page.getByRole('heading', { name: /^Thank you/ }).waitFor();
    });
  });

  test('Escape leaves the overlay at any step: nothing is bought, the focus is back on the button', async () => {
    await stage.as('escape', kDesktop, async (shopper) => {
      const { page, sandbox } = shopper;
      const before = (await sandbox.orders()).length;
      await atCheckout(shopper);
      await inline(page).getByLabel('Pay now').check();
      await checkout.buy(page);
      await overlay(page).getByRole('heading', { name: 'Your e-mail' }).waitFor();
      page.keyboard.press('Escape').catch(() => undefined); // the frame that has the key goes with it
      await page.locator('dialog').waitFor({ state: 'detached' });
      await page.locator('#pay:focus').waitFor();
      await checkout.buy(page);
      await checkout.identify(shopper);
      await vaultFrame(page).getByLabel('Card number').focus();
      page.keyboard.press('Escape').catch(() => undefined);
      await page.locator('dialog').waitFor({ state: 'detached' });
      await page.locator('#pay:focus').waitFor();
      assert.equal((await sandbox.orders()).length, before, 'an order was placed');
    });
  });
});

describe('at 390 px', () => {
  test('a card without funds is declined in words, another one pays', async () => {
    await stage.as('declined', kPhone, async (shopper) => {
      const { page, look } = shopper;
      await toCard(shopper, 'Pay now');
      await checkout.typeCard(page, { ...kApproved, number: testCard('decline_51') });
      await checkout.submitCard(page);
      assert.equal(await checkout.confirm(page, /^Pay €/), false);
      await overlay(page).getByText('does not cover this amount').waitFor();
      await vaultFrame(page).getByLabel('Card number').waitFor();
      await look('08-declined');
      await checkout.typeCard(page, { ...kApproved, number: testCard('approve_mastercard') });
      await checkout.submitCard(page);
      assert.equal(await checkout.confirm(page, /^Pay €/), true);
      await shop.confirmedOrder(shopper);
    });
  });

  test('a wrong code leaves four attempts; the right one still works', async () => {
    await stage.as('wrong-code', kPhone, async (shopper) => {
      const { page, sandbox, email, visited, look } = shopper;
      await atCheckout(shopper);
      await inline(page).getByLabel('Pay in 30 days').check();
      await checkout.buy(page);
      await checkout.askForCode(shopper);
      const code = await sandbox.nextCode(email);
      visited.expectErrors(/identify\/verify/);
      await checkout.enterCode(shopper, code === '000000' ? '000001' : '000000');
      await overlay(page).getByText('4 attempts are left').waitFor();
      await look('07-wrong');
      await checkout.enterCode(shopper, code);
      await overlay(page).getByRole('heading', { name: 'Check and confirm' }).waitFor();
    });
  });

  test('pay in 30 days asks for no card and charges nothing now', async () => {
    await stage.as('pay-in-30', kPhone, async (shopper) => {
      const { page, sandbox, look } = shopper;
      const before = (await sandbox.messages()).filter(({ mti }) => !mti.startsWith('08')).length;
      await atCheckout(shopper);
      await checkout.choosePlan(shopper, 'Pay in 30 days');
      await checkout.buy(page);
      await checkout.identify(shopper);
      await overlay(page).getByRole('heading', { name: 'Check and confirm' }).waitFor();
      assert.equal(await overlay(page).locator('iframe').count(), 0, 'a card form is shown');
      await look('09-review');
      assert.equal(await checkout.confirm(page, /^Confirm: €0\.00 charged now$/), true);
      await shop.confirmedOrder(shopper);
      const messages = (await sandbox.messages()).filter(({ mti }) => !mti.startsWith('08'));
      assert.equal(messages.length, before, 'the card network was asked');
    });
  });
});
