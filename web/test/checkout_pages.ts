// The checkout in a shop's page, end to end in a browser, against mocked origins.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { inspect, kWidths, launch, visit, type Visit } from './browser.ts';
import { kCode, startMockServer, type MockServer } from './mock_server.ts';

let server: MockServer;
let browser: Browser;

before(async () => {
  server = await startMockServer();
  browser = await launch(server);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const inline = (page: Page): FrameLocator => page.frameLocator('#payment iframe');
const overlay = (page: Page): FrameLocator => page.frameLocator('dialog iframe');
const vaultFrame = (page: Page): FrameLocator => overlay(page).frameLocator('iframe');
const said = async (page: Page, name: string): Promise<unknown> => {
  await page.waitForFunction((key) => document.body.dataset[key] !== undefined, name);
  return JSON.parse((await page.evaluate((key) => document.body.dataset[key], name)) ?? 'null') as unknown;
};

async function openShop(width: number, scenario: string, more = ''): Promise<Visit> {
  const visited = await visit(browser, width);
  await visited.page.goto(`${server.shop}/?token=${server.token(scenario)}${more}`);
  return visited;
}

/** The key closes the frame that has it, and with it whoever would confirm the key press: nobody waits for that. */
function pressEscape(page: Page): void {
  page.keyboard.press('Escape').catch(() => undefined);
}

/**
 * Presses the shop's button until the overlay is there. Chromium's hit testing learns where a frame is a moment after the
 * page was laid out or scrolled; a press that comes sooner ends in the frame that was there before. People are slower.
 */
async function buy(page: Page): Promise<void> {
  for (let press = 0; press < 5 && (await page.locator('dialog').count()) === 0; press++) {
    await page.locator('#buy').scrollIntoViewIfNeeded();
    await page.waitForTimeout(250);
    await page.locator('#buy').click();
    await page.waitForTimeout(100);
  }
}

async function identify(page: Page): Promise<void> {
  await overlay(page).getByRole('button', { name: 'Send the code' }).click();
  await overlay(page).getByLabel('Code from the e-mail').fill(kCode);
  await overlay(page).getByRole('button', { name: 'Continue' }).click();
}

async function typeCard(page: Page, number = '4111111111111111', code = '123'): Promise<void> {
  const card = vaultFrame(page);
  await card.getByLabel('Card number').pressSequentially(number);
  await card.getByLabel('Expiry date').pressSequentially('1240');
  await card.getByLabel('Security code').fill(code);
  await card.getByLabel('Name on card').fill('Test Person');
  await overlay(page).getByRole('button', { name: 'Continue' }).click();
}

for (const width of kWidths) {
  describe(`at ${width} px`, () => {
    test('a plan chosen in the shop leads through e-mail, card and review to an authorization', async () => {
      const visited = await openShop(width, 'ok');
      const { page } = visited;
      assert.deepEqual(await said(page, 'loaded'), { show_form: true });
      assert.equal(await inline(page).locator('input:checked').count(), 0, 'nothing is preselected');
      assert.equal(await inline(page).locator('input[type=radio]').first().inputValue(), 'pay_now');
      await page.waitForFunction(() => Number(document.body.dataset['height']) > 300);
      await inspect(visited, 'inline');

      await inline(page).getByLabel('Pay in 3 parts').check();
      await inspect(visited, 'inline-chosen');
      await page.evaluate(() => scrollTo(0, 200));
      const scrolled = await page.evaluate(() => scrollY);
      await buy(page);
      await overlay(page).getByRole('heading', { name: 'Your e-mail' }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.style.overflow), 'hidden');
      assert.equal(await overlay(page).locator('h1:focus').count(), 1, 'the step has the focus');
      assert.equal(
        await overlay(page).getByRole('textbox', { name: 'E-mail' }).inputValue(),
        'test.person@example.com',
      );
      await inspect(visited, 'overlay-email');

      await overlay(page).getByRole('button', { name: 'Send the code' }).click();
      await overlay(page).getByLabel('Code from the e-mail').fill('000000');
      visited.expectErrors(/identify\/verify/);
      await overlay(page).getByRole('button', { name: 'Continue' }).click();
      await overlay(page).getByText('4 attempts are left').waitFor();
      await inspect(visited, 'overlay-code-wrong');
      await overlay(page).getByLabel('Code from the e-mail').fill('123 456');
      await page.keyboard.press('Enter');

      await vaultFrame(page).getByLabel('Card number').waitFor();
      await inspect(visited, 'overlay-card');
      await overlay(page).getByRole('button', { name: 'Continue' }).click();
      await vaultFrame(page).getByText('Enter the card number.').waitFor();
      const frame = page.frames().find((one) => one.url().includes('/frame/v1/card'));
      await frame?.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight, null, { polling: 50 });
      await inspect(visited, 'overlay-card-errors');
      await typeCard(page);

      const pay = overlay(page).getByRole('button', { name: 'Pay €49.68 now' });
      await pay.waitFor();
      await inspect(visited, 'overlay-review');
      await pay.click();
      await overlay(page).getByRole('heading', { name: 'All done' }).waitFor();
      await inspect(visited, 'overlay-done');
      assert.deepEqual(await said(page, 'result'), {
        approved: true,
        authorization_token: 'auth-1',
        finalize_required: false,
        show_form: true,
      });
      assert.equal(await page.locator('dialog').count(), 0);
      assert.equal(await page.evaluate(() => document.documentElement.style.overflow), '');
      assert.equal(await page.evaluate(() => scrollY), scrolled);
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'buy');

      const posts = server.seen.filter(({ headers }) => headers.host?.startsWith('pay.'));
      assert.ok(
        posts.every(({ body }) => !JSON.stringify(body).includes('4111')),
        'no card number for the payment server',
      );
      await visited.context.close();
    });

    test('plan step: all plans with their costs, and a reminder when none is chosen', async () => {
      const visited = await openShop(width, 'ok');
      const { page } = visited;
      await said(page, 'loaded');
      await buy(page);
      await overlay(page).getByRole('button', { name: 'Continue' }).click();
      await overlay(page).getByText('Choose how you would like to pay.').waitFor();
      await inspect(visited, 'overlay-plan');
      await visited.context.close();
    });

    test('pay in 30 days needs no card and says that nothing is charged now', async () => {
      const visited = await openShop(width, 'ok');
      const { page } = visited;
      await said(page, 'loaded');
      await inline(page).getByLabel('Pay in 30 days').check();
      await buy(page);
      await identify(page);
      await overlay(page).getByRole('button', { name: 'Confirm: €0.00 charged now' }).waitFor();
      await inspect(visited, 'overlay-review-30');
      await visited.context.close();
    });

    test('a declined card leads back to the card with a reason that blames nobody', async () => {
      const visited = await openShop(width, `declined-${width}`);
      const { page } = visited;
      await said(page, 'loaded');
      await inline(page).getByLabel('Pay now').check();
      await buy(page);
      await identify(page);
      await typeCard(page);
      await overlay(page).getByRole('button', { name: 'Pay €149.00 now' }).click();
      await overlay(page).getByText('does not cover this amount').waitFor();
      await vaultFrame(page).getByLabel('Card number').waitFor();
      await inspect(visited, 'overlay-declined');
      await typeCard(page, '5555555555554444');
      await overlay(page).getByRole('button', { name: 'Pay €149.00 now' }).click();
      assert.equal(((await said(page, 'result')) as { approved: boolean }).approved, true);
      await visited.context.close();
    });

    test('a refusal is clear, and the shop hears that the form is done with', async () => {
      const visited = await openShop(width, 'refused');
      const { page } = visited;
      await said(page, 'loaded');
      await inline(page).getByLabel('Pay in 30 days').check();
      await buy(page);
      await identify(page);
      await overlay(page)
        .getByRole('button', { name: /^Confirm/ })
        .click();
      await overlay(page).getByRole('heading', { name: 'This way of paying is not possible here' }).waitFor();
      await inspect(visited, 'overlay-refused');
      await overlay(page).getByRole('button', { name: 'Choose another way to pay' }).click();
      assert.deepEqual(await said(page, 'result'), {
        approved: false,
        show_form: false,
        error: { code: 'REFUSED', message: 'x' },
      });
      await visited.context.close();
    });

    test('saved cards can be chosen', async () => {
      const visited = await openShop(width, 'saved');
      const { page } = visited;
      await said(page, 'loaded');
      await inline(page).getByLabel('Pay now').check();
      await buy(page);
      await identify(page);
      await overlay(page).getByRole('radio', { name: /4444/ }).check();
      await inspect(visited, 'overlay-saved-cards');
      await overlay(page).getByRole('button', { name: 'Continue' }).click();
      await overlay(page).getByRole('button', { name: 'Pay €149.00 now' }).click();
      await said(page, 'result');
      const confirm = server.seen.findLast(({ path }) => path.endsWith('/confirm'));
      assert.deepEqual((confirm?.body as { card: unknown }).card, { card_id: 'c2' });
      await visited.context.close();
    });
  });
}

describe('bad weather', () => {
  test('Escape in the overlay and in the card frame closes with approved false and show_form true', async () => {
    const visited = await openShop(1280, 'ok');
    const { page } = visited;
    await said(page, 'loaded');
    await buy(page);
    await overlay(page).getByRole('heading', { name: 'How would you like to pay?' }).waitFor();
    pressEscape(page);
    assert.deepEqual(await said(page, 'result'), { approved: false, show_form: true });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'buy');

    await page.evaluate(() => delete document.body.dataset['result']);
    await inline(page).getByLabel('Pay now').check();
    await buy(page);
    await identify(page);
    await vaultFrame(page).getByLabel('Card number').focus();
    pressEscape(page);
    assert.deepEqual(await said(page, 'result'), { approved: false, show_form: true });
    assert.deepEqual(visited.wrongs, []);
    await visited.context.close();
  });

  test('Tab stays in the overlay: the page behind cannot be reached', async () => {
    const visited = await openShop(1280, 'ok');
    const { page } = visited;
    await said(page, 'loaded');
    await buy(page);
    await overlay(page).getByRole('heading', { name: 'How would you like to pay?' }).waitFor();
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const where = await page.evaluate(() => document.activeElement?.tagName);
      assert.ok(where === 'IFRAME' || where === 'BODY' || where === 'DIALOG', `focus on ${where}`);
    }
    await visited.context.close();
  });

  test('a confirmation whose answer was lost is asked again with the same intent', async () => {
    const visited = await openShop(1280, 'lost');
    visited.expectErrors(/confirm/);
    const { page } = visited;
    await said(page, 'loaded');
    await inline(page).getByLabel('Pay in 30 days').check();
    await buy(page);
    await identify(page);
    await overlay(page)
      .getByRole('button', { name: /^Confirm/ })
      .click();
    await overlay(page).getByText('you will not be charged twice').waitFor();
    await inspect(visited, 'overlay-unknown');
    await overlay(page)
      .getByRole('button', { name: /^Confirm/ })
      .click();
    await said(page, 'result');
    const intents = server.seen
      .filter(({ path }) => path.endsWith('/confirm'))
      .slice(-2)
      .map(({ headers }) => headers['idempotency-key']);
    assert.match(String(intents[0]), /^[0-9a-f-]{36}$/);
    assert.equal(intents[0], intents[1]);
    await visited.context.close();
  });

  test('a spent card ticket is replaced by a fresh form', async () => {
    const visited = await openShop(1280, 'spent');
    visited.expectErrors(/frame\/v1\/card/);
    const { page } = visited;
    await said(page, 'loaded');
    await inline(page).getByLabel('Pay now').check();
    await buy(page);
    await identify(page);
    await typeCard(page);
    await overlay(page).locator('iframe[src*="ticket=t2"]').waitFor();
    await typeCard(page);
    await overlay(page).getByRole('button', { name: 'Pay €149.00 now' }).waitFor();
    await visited.context.close();
  });

  test('the vault says that the code is wrong: the field shows it, the values stay', async () => {
    const visited = await openShop(1280, 'ok');
    visited.expectErrors(/frame\/v1\/card/);
    const { page } = visited;
    await said(page, 'loaded');
    await inline(page).getByLabel('Pay now').check();
    await buy(page);
    await identify(page);
    await typeCard(page, '4111111111111111', '999');
    await vaultFrame(page).getByText('The security code has 3 digits.').waitFor();
    await vaultFrame(page).getByLabel('Security code').fill('123');
    await page.keyboard.press('Enter');
    await overlay(page).getByRole('button', { name: 'Pay €149.00 now' }).waitFor();
    await visited.context.close();
  });

  for (const [scenario, loaded] of [
    ['red', { show_form: false }],
    ['ended', { show_form: false, error: { code: 'SESSION_ENDED' } }],
    ['flaky', { show_form: false, error: { code: 'NETWORK' } }],
  ] as const) {
    test(`load answers ${JSON.stringify(loaded)} in scenario ${scenario}`, async () => {
      const visited = await openShop(1280, scenario);
      visited.expectErrors(/checkout\/v1\/session/);
      assert.deepEqual(await said(visited.page, 'loaded'), loaded);
      await visited.context.close();
    });
  }

  test('an order that changed in the shop ends the overlay in words', async () => {
    const visited = await openShop(1280, 'mismatch');
    visited.expectErrors(/checkout\/v1\/session/);
    const { page } = visited;
    await said(page, 'loaded');
    await buy(page);
    await overlay(page).getByText('The order in the shop has changed').waitFor();
    await inspect(visited, 'overlay-ended');
    await overlay(page).getByRole('button', { name: 'Close' }).last().click();
    assert.deepEqual(await said(page, 'result'), {
      approved: false,
      show_form: true,
      error: { code: 'AMOUNT_CHANGED' },
    });
    await visited.context.close();
  });

  test('a category without plans has no form; the compatibility file works alike', async () => {
    const visited = await openShop(1280, 'ok', '&category=direct_debit&script=klarna-compat.js');
    assert.deepEqual(await said(visited.page, 'loaded'), { show_form: false });
    assert.deepEqual(visited.wrongs, []);
    await visited.context.close();
  });

  test('the card page refuses to stand alone', async () => {
    const visited = await visit(browser, 1280);
    await visited.page.goto(`${server.vault}/frame/v1/card?ticket=t1`);
    await visited.page.getByText('This form cannot be used here.').waitFor();
    assert.ok(await visited.page.getByLabel('Card number').isDisabled());
    await visited.context.close();
  });
});

describe('languages', () => {
  for (const [scenario, title] of [
    ['swedish', 'Hur vill du betala?'],
    ['german', 'Wie möchten Sie bezahlen?'],
  ] as const) {
    test(`the session's locale decides: ${scenario}`, async () => {
      const visited = await openShop(390, scenario);
      const { page } = visited;
      await said(page, 'loaded');
      await inspect(visited, `inline-${scenario}`);
      await buy(page);
      await overlay(page).getByRole('heading', { name: title }).waitFor();
      await inspect(visited, `overlay-${scenario}`);
      await visited.context.close();
    });
  }
});
