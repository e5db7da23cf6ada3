// Karv in the shop's page: the plans inline, the overlay, the vault's frame inside it.
import assert from 'node:assert/strict';
import type { Frame, FrameLocator, Page } from 'playwright-core';
import { eventually } from '../world/eventually.ts';
import type { Card, Scene } from './scene.ts';

export const inline = (page: Page): FrameLocator => page.frameLocator('#karv-payments iframe');
export const overlay = (page: Page): FrameLocator => page.frameLocator('dialog iframe');
export const vaultFrame = (page: Page): FrameLocator => overlay(page).frameLocator('iframe');

/** Choosing credit is the shopper's doing: nothing is chosen before, and what is no credit stands first. */
export async function choosePlan({ page, look }: Scene, plan: string): Promise<void> {
  const radios = inline(page).locator('input[type=radio]');
  await radios.first().waitFor();
  assert.equal(await inline(page).locator('input:checked').count(), 0, 'a plan is preselected');
  assert.equal(await radios.first().inputValue(), 'pay_now', 'a credit plan stands first');
  await look('04-checkout');
  await inline(page).getByLabel(plan).check();
  await look('05-plan-chosen');
}

/**
 * Presses the shop's button until the overlay is there. Chromium learns where a frame is a moment after the page was
 * laid out or scrolled; a press that comes sooner ends in the frame that was there before. People are slower.
 */
export async function buy(page: Page): Promise<void> {
  for (let press = 0; press < 5 && (await page.locator('dialog').count()) === 0; press++) {
    await page.locator('#pay').scrollIntoViewIfNeeded();
    await page.waitForTimeout(250);
    await page
      .locator('#pay')
      .click({ timeout: 5_000 })
      .catch(() => undefined); // covered by the overlay by now
    await page.waitForTimeout(150);
  }
}

export async function askForCode({ page, email, look }: Scene): Promise<void> {
  await overlay(page).getByRole('heading', { name: 'Your e-mail' }).waitFor();
  await overlay(page).getByRole('textbox', { name: 'E-mail' }).fill(email);
  await look('06-email');
  await overlay(page).getByRole('button', { name: 'Send the code' }).click();
  await overlay(page).getByLabel('Code from the e-mail').waitFor();
}

export async function enterCode({ page }: Scene, code: string): Promise<void> {
  await overlay(page).getByLabel('Code from the e-mail').fill(code);
  await overlay(page).getByRole('button', { name: 'Continue' }).click();
}

export async function identify(scene: Scene): Promise<void> {
  await askForCode(scene);
  const code = await scene.sandbox.nextCode(scene.email);
  await scene.look('07-code');
  await enterCode(scene, code);
}

/** Types a card into the vault's frame, as a person does: key by key. */
export async function typeCard(page: Page, { number, code }: Card): Promise<void> {
  const card = vaultFrame(page);
  await card.getByLabel('Card number').pressSequentially(number);
  await card.getByLabel('Expiry date').pressSequentially('1240');
  await card.getByLabel('Security code').pressSequentially(code);
  await card.getByLabel('Name on card').fill('Mira Brandt');
}

export async function submitCard(page: Page): Promise<void> {
  await overlay(page).getByRole('button', { name: 'Continue' }).click();
  await overlay(page).getByRole('heading', { name: 'Check and confirm' }).waitFor();
}

export async function frameAt(page: Page, start: string): Promise<Frame> {
  return eventually(`a frame of ${start}`, async () => page.frames().find((frame) => frame.url().startsWith(start)));
}

/** What reading a frame's document answers: the error's name, or "readable". */
async function readFrame(from: Frame, selector: string): Promise<string> {
  return from.evaluate((wanted) => {
    const frame = document.querySelector<HTMLIFrameElement>(wanted);
    if (frame?.contentWindow == null) return `no ${wanted}`;
    if (frame.contentDocument !== null) return 'readable';
    try {
      return `readable: ${frame.contentWindow.document.title}`;
    } catch (error) {
      return (error as Error).name;
    }
  }, selector);
}

/** Neither the shop's page nor Karv's own can look into the frame where the card is typed. */
export async function assertCardIsOutOfReach({ page, karv }: Scene): Promise<void> {
  const vault = await frameAt(page, `${karv.vault}/`);
  const pay = vault.parentFrame();
  assert.ok(pay !== null, 'the card frame stands alone');
  assert.ok(pay.url().startsWith(`${karv.pay}/`), 'the card frame stands in a page of the payment server');
  assert.equal(await readFrame(pay, 'iframe'), 'SecurityError', 'the pay page can read the card frame');
  assert.equal(await readFrame(page.mainFrame(), 'dialog iframe'), 'SecurityError', 'the shop can read the pay frame');
  const fromShop = await page.evaluate(() => {
    const names: string[] = [];
    const look = (window: Window): void => {
      for (let i = 0; i < window.length; i++) {
        const child = window[i] as Window;
        try {
          names.push(`readable: ${child.document.title}`);
        } catch (error) {
          names.push((error as Error).name);
        }
        look(child);
      }
    };
    look(window);
    return names;
  });
  assert.ok(fromShop.length >= 3, `the shop sees ${fromShop.length} frames, not inline, overlay and card`);
  assert.deepEqual([...new Set(fromShop)], ['SecurityError'], 'the shop can read a frame');
}

/** Presses the button that decides; true when Karv approved. */
export async function confirm(page: Page, button: RegExp): Promise<boolean> {
  const deciding = page.waitForResponse((response) => response.url().endsWith('/checkout/v1/confirm'));
  await overlay(page).getByRole('button', { name: button }).click();
  const answer = (await (await deciding).json()) as { approved?: boolean };
  return answer.approved === true;
}
