// The account in a browser, against a mocked origin.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { inspect, kWidths, launch, visit, type Visit } from './browser.ts';
import { kCode, startMockServer, type MockServer } from './mock_server.ts';

let server: MockServer;
let browser: Browser;

beforeEach(async () => {
  server = await startMockServer();
  browser = await launch(server);
});
afterEach(async () => {
  await browser?.close();
  await server?.close();
});

async function signIn(visited: Visit): Promise<Page> {
  const { page } = visited;
  visited.expectErrors(/customer\/v1\/me/);
  await page.goto(`${server.pay}/account/`);
  await page.getByLabel('E-mail').fill('test.person@example.com');
  await page.getByRole('button', { name: 'Send the code' }).click();
  await page.getByLabel('Code from the e-mail').fill(kCode);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Purchases' }).waitFor();
  return page;
}

for (const width of kWidths) {
  describe(`at ${width} px`, () => {
    test('sign in by a mailed code, wrong input included', async () => {
      const visited = await visit(browser, width);
      const { page } = visited;
      visited.expectErrors(/customer\/v1\/(me|login)/);
      await page.goto(`${server.pay}/account/`);
      await page.getByLabel('E-mail').fill('nobody');
      await page.getByRole('button', { name: 'Send the code' }).click();
      await page.getByText('Enter your e-mail address').waitFor();
      await inspect(visited, 'account-sign-in');
      await page.getByLabel('E-mail').fill('test.person@example.com');
      await page.keyboard.press('Enter');
      await page.getByLabel('Code from the e-mail').fill('111111');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('This code is no longer good').waitFor();
      await inspect(visited, 'account-code');
      await page.getByLabel('Code from the e-mail').fill(kCode);
      await page.keyboard.press('Enter');
      await page.getByText('Next payment').waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      await inspect(visited, 'account-purchases');
      await visited.context.close();
    });

    test('an installment is paid now, and the page changes in place', async () => {
      const visited = await visit(browser, width);
      const page = await signIn(visited);
      await page.getByRole('link', { name: /Nordlys/ }).click();
      await page.getByRole('heading', { name: 'Nordlys Ceramics' }).waitFor();
      await inspect(visited, 'account-purchase');
      visited.expectErrors(/installments/);
      await page.getByRole('button', { name: /^Pay now: €49.66/ }).click();
      await page.getByRole('radio', { name: /4444/ }).check();
      await page.getByRole('button', { name: 'Pay €49.66 now' }).click();
      await page.getByText('The bank did not approve this card').waitFor();
      await inspect(visited, 'account-pay-declined');
      await page.getByRole('radio', { name: /1111/ }).check();
      await page.getByRole('button', { name: 'Pay €49.66 now' }).click();
      await page.getByText('Paid. Thank you.').waitFor();
      await inspect(visited, 'account-paid');
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
      assert.equal(await page.getByRole('button', { name: /^Pay now: €49.66/ }).count(), 0);
      await page.getByText('€24.66 left').waitFor();
      await visited.context.close();
    });

    test('a card is replaced through the frame of the vault', async () => {
      const visited = await visit(browser, width);
      const page = await signIn(visited);
      await page.getByRole('link', { name: 'Cards' }).click();
      await page.getByRole('heading', { name: 'Your cards' }).waitFor();
      await inspect(visited, 'account-cards');
      await page.getByRole('button', { name: 'Replace: visa 1111' }).click();
      const frame = page.frameLocator('dialog iframe');
      await frame.getByLabel('Card number').pressSequentially('5555555555554444');
      await frame.getByLabel('Expiry date').pressSequentially('12/40');
      await frame.getByLabel('Security code').fill('123');
      await frame.getByLabel('Name on card').fill('Test Person');
      await inspect(visited, 'account-replace-card');
      await page.getByRole('button', { name: 'Save the card' }).click();
      await page.getByText('The new card is saved.').waitFor();
      assert.deepEqual(server.seen.at(-1)?.body, { ticket: 'account', replaces: 'c1' });
      await visited.context.close();
    });

    test('a card is removed after a question', async () => {
      const visited = await visit(browser, width);
      const page = await signIn(visited);
      await page.getByRole('link', { name: 'Cards' }).click();
      await page.getByRole('button', { name: 'Remove: visa 1111' }).click();
      const question = page.getByRole('dialog');
      await question.getByText('Nothing more is charged to it.').waitFor();
      await inspect(visited, 'account-remove-card');
      await question.getByRole('button', { name: 'Close' }).last().click();
      await page.getByRole('button', { name: 'Remove: visa 1111' }).click();
      await question.getByRole('button', { name: 'Remove' }).click();
      await page.getByText('The card is removed.').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Remove: visa 1111' }).count(), 0);
      await visited.context.close();
    });
  });
}

describe('live', () => {
  test('what happens elsewhere shows by itself, also after the stream was cut', async () => {
    const visited = await visit(browser, 1280);
    const page = await signIn(visited);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('€74.32 left').waitFor();
    server.payElsewhere('0192-a', 'i2');
    await page.getByText('€24.66 left').waitFor();
    await page.getByText('Your purchase at Nordlys Ceramics has just changed.').waitFor({ state: 'attached' });
    visited.expectErrors(/events/);
    server.dropStreams();
    await page.getByText(/Not connected; as of/).waitFor();
    server.payElsewhere('0192-a', 'i3');
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(await page.getByText('€24.66 left').count(), 0);
    await visited.context.close();
  });

  test('signing out leads to the sign-in page and leaves nothing of the account', async () => {
    const visited = await visit(browser, 1280);
    const page = await signIn(visited);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    assert.equal(await page.getByText('Nordlys').count(), 0);
    await visited.context.close();
  });

  test('a purchase of somebody else, and an address that is none, are answered calmly', async () => {
    const visited = await visit(browser, 1280);
    const page = await signIn(visited);
    await page.goto(`${server.pay}/account/#/purchases/0192-x`);
    await page.getByRole('heading', { name: 'This purchase is not in your account' }).waitFor();
    await page.goto(`${server.pay}/account/#/purchases/%3Cscript%3E`);
    await page.getByRole('heading', { name: 'Purchases' }).waitFor();
    assert.deepEqual(visited.wrongs, []);
    await visited.context.close();
  });

  test('the language can be chosen and stays chosen', async () => {
    const visited = await visit(browser, 390);
    const page = await signIn(visited);
    await page.getByLabel('Language').selectOption('sv');
    await page.getByRole('heading', { name: 'Köp' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Köp' }).waitFor();
    await inspect(visited, 'account-swedish');
    await page.getByLabel('Språk').selectOption('de');
    await page.getByRole('heading', { name: 'Käufe' }).waitFor();
    await inspect(visited, 'account-german');
    await visited.context.close();
  });
});
