// Plays one purchase against a Karv that is up, in headless Chromium, and prints what happened. `karv dev --once` runs
// this; by hand: KARV_DEV_DIR=var/dev node tests/browser/play.ts
//
// Exit codes: 0 everything was as expected; 1 something was not: what, and a picture of the page.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { freshEmail, kApproved, type Scene } from './steps/scene.ts';
import { playPurchase } from './steps/purchase.ts';
import { addCardMessages, addTransfers, Timeline, verifyLedger } from './timeline.ts';
import { kArtifacts, kRoot, readAddresses, type Addresses } from './world/addresses.ts';
import { openBrowser } from './world/browser.ts';
import { Sandbox } from './world/sandbox.ts';
import { heightOf, kDesktop, kPhone, picture, visit, type Visit } from './world/visit.ts';

const kPictures = join(kArtifacts, 'purchase');

/** Pictures of a page as a desktop and as a phone show it. */
async function bothSizes(page: Page, name: string): Promise<void> {
  await picture(page, kPictures, `${name}-${kDesktop}`);
  await page.setViewportSize({ width: kPhone, height: heightOf(kPhone) });
  await page.waitForTimeout(150);
  await picture(page, kPictures, `${name}-${kPhone}`);
  await page.setViewportSize({ width: kDesktop, height: heightOf(kDesktop) });
}

async function play(karv: Addresses, visited: Visit): Promise<string> {
  const begin = Date.now();
  const timeline = new Timeline();
  const sandbox = new Sandbox(karv);
  const tell = (who: string, text: string): void => {
    timeline.note(who, text);
    process.stdout.write(`  ${who}: ${text}\n`);
  };
  const scene: Scene = {
    page: visited.page,
    karv,
    sandbox,
    email: freshEmail(),
    card: kApproved,
    look: (name, page = visited.page) => bothSizes(page, name),
  };
  visited.expectErrors(/\/customer\/v1\/me/); // 401 before signing in
  await playPurchase(scene, tell);
  assert.deepEqual(visited.wrongs, [], 'no page broke its Content-Security-Policy or met an error');
  const verdict = verifyLedger(karv);
  timeline.note('ledger', verdict);
  await addCardMessages(timeline, sandbox, begin);
  addTransfers(timeline, karv, begin);
  for (const who of ['card network', 'ledger']) assert.ok(timeline.count(who) > 2, `nothing was heard of the ${who}`);
  return timeline.print();
}

async function main(): Promise<number> {
  const karv = readAddresses(process.env['KARV_DEV_DIR'] ?? join(kRoot, 'var/dev'));
  const { browser, close } = await openBrowser(karv.ca_file);
  try {
    const visited = await visit(browser, kDesktop);
    try {
      process.stdout.write('Playing one purchase in headless Chromium\n');
      const story = await play(karv, visited);
      process.stdout.write(`\nTimeline (UTC)\n${story}\n\nThe purchase went as it should. Pictures: ${kPictures}\n`);
      return 0;
    } catch (error) {
      await picture(visited.page, kPictures, 'failure').catch(() => undefined);
      const notes = visited.wrongs.length === 0 ? '' : `\nIn the browser's console:\n  ${visited.wrongs.join('\n  ')}`;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(
        `The purchase failed.\n${text}${notes}\nAt ${visited.page.url()}\nPicture: ${kPictures}/failure.png\n`,
      );
      return 1;
    }
  } finally {
    await close();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
