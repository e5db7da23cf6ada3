// One card that exists nowhere else goes through a purchase, a decline, a time-out and crashes of the vault. Afterwards
// it is looked for everywhere but in the shopper's browser and the card network's memory.
import { after, before, describe, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeCanary } from './canary/card.ts';
import { codeAsWord } from './canary/needles.ts';
import { filesBelow } from './canary/search.ts';
import { sealedCards } from './canary/stores.ts';
import { Theatre } from './canary/theatre.ts';
import * as checkout from './steps/checkout.ts';
import { playPurchase } from './steps/purchase.ts';
import type { Scene } from './steps/scene.ts';
import * as shop from './steps/shop.ts';
import { verifyLedger } from './timeline.ts';
import { eventually } from './world/eventually.ts';
import { keepLogs } from './world/karv.ts';

const card = makeCanary();
const isRoot = process.getuid?.() === 0;
// By ./dev test and in CI a plain vault is built first: there the search of its memory is never left out.
const plainVaultIsDue = process.env['CI'] === 'true' || process.env['KARV_PLAIN_VAULT'] !== undefined;
let theatre: Theatre;
let failed = false;

before(async () => {
  theatre = await Theatre.open(card);
  if (!isRoot) loud('Not root: the memory of the processes was NOT searched.');
  if (!theatre.vaultIsPlain)
    loud(
      'Only a vault with AddressSanitizer is built: its memory was NOT searched. `./dev test browser` builds a plain one.',
    );
});
before(() => {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
  if (/^[|/]/.test(pattern)) loud(`Core dumps of this machine go to ${pattern}: they were NOT searched.`);
});
after(async () => {
  await theatre?.close();
  if (theatre === undefined) return;
  if (failed) keepLogs(theatre.karv.folder);
  rmSync(theatre.karv.folder, { recursive: true, force: true });
});

function loud(text: string): void {
  process.stderr.write(`\n*** ${text}\n\n`);
}

/** After each use: the payment server never had the card, the vault has let go of it. */
async function nobodyHoldsIt(context: TestContext): Promise<void> {
  if (!isRoot) return;
  assert.deepEqual(theatre.searchMemoryOf('karv-server'), [], "the card is in the payment server's memory");
  if (!theatre.vaultIsPlain) return;
  context.diagnostic(`the vault's memory was free of it after ${Math.round(await theatre.vaultForgets())} ms`);
}

function step(name: string, play: (context: TestContext) => Promise<void>): void {
  test(name, async (context) => {
    try {
      await play(context);
    } catch (error) {
      failed = true;
      throw error;
    }
  });
}

/** Up to the button that decides, paying now. */
async function toReview(scene: Scene): Promise<void> {
  await scene.page.goto(`${scene.karv.shop}/products/kopp-mug`);
  await scene.page.getByRole('button', { name: 'Add to cart' }).click();
  await shop.openCheckout(scene);
  await checkout.choosePlan(scene, 'Pay now');
  await checkout.buy(scene.page);
  await checkout.identify(scene);
  await checkout.vaultFrame(scene.page).getByLabel('Card number').waitFor();
  await checkout.typeCard(scene.page, scene.card);
  await checkout.submitCard(scene.page);
}

const last4 = card.number.slice(-4);
async function messagesOf(mti: string): Promise<string[]> {
  const messages = await theatre.sandbox.messages();
  return messages
    .filter((line) => line.mti === mti && line.card?.last4 === last4)
    .map((line) => line.original_reference ?? line.retrieval_reference ?? '');
}

/** Confirms a payment whose hold is never answered, and does something to the vault while it waits. */
async function interruptHold(signal: NodeJS.Signals): Promise<void> {
  await theatre.as(async (scene) => {
    await toReview(scene);
    await theatre.sandbox.nextOnCanaryCards('timeout');
    const before = await messagesOf('0100');
    await checkout
      .overlay(scene.page)
      .getByRole('button', { name: /^Pay €/ })
      .click();
    const reference = await eventually('the hold reaches the card network', async () =>
      (await messagesOf('0100')).find((one) => !before.includes(one)),
    );
    await theatre.processes.end('karv-vault', signal);
    await theatre.restart('karv-vault');
    await eventually(
      `the hold ${reference} is reversed`,
      async () => (await confirmedReversals()).includes(reference) || undefined,
      60_000,
    );
  });
}

async function confirmedReversals(): Promise<string[]> {
  const messages = await theatre.sandbox.messages();
  return messages
    .filter(({ mti, direction }) => direction === 'out' && (mti === '0430' || mti === '0410'))
    .map((line) => line.original_reference ?? line.retrieval_reference ?? '');
}

describe('the canary card', () => {
  step('is played on a vault whose memory can be searched', async (context) => {
    if (!theatre.vaultIsPlain && !plainVaultIsDue) return context.skip('no karv-vault without sanitizers is built');
    assert.ok(theatre.vaultIsPlain, 'no karv-vault without sanitizers: its memory would not be searched');
  });
  step('goes through a whole purchase', async (context) => {
    await theatre.as(async (scene) => void (await playPurchase(scene, () => undefined)));
    await nobodyHoldsIt(context);
  });
  step('is declined', async (context) => {
    await theatre.as(async (scene) => {
      await toReview(scene);
      await theatre.sandbox.nextOnCanaryCards('decline_51');
      assert.equal(await checkout.confirm(scene.page, /^Pay €/), false);
      await checkout.overlay(scene.page).getByText('does not cover this amount').waitFor();
    });
    await nobodyHoldsIt(context);
  });
  step('is not answered in time, and reversed', async (context) => {
    await theatre.as(async (scene) => {
      await toReview(scene);
      await theatre.sandbox.nextOnCanaryCards('timeout');
      const before = (await confirmedReversals()).length;
      assert.equal(await checkout.confirm(scene.page, /^Pay €/), false);
      await eventually(
        'a reversal is confirmed',
        async () => (await confirmedReversals()).length > before || undefined,
      );
    });
    await nobodyHoldsIt(context);
  });
  step('is in the vault when that is killed, and settled when it is back', async (context) => {
    await interruptHold('SIGKILL');
    await nobodyHoldsIt(context);
  });
  step('is in the vault when that aborts: no core dump', async (context) => {
    await interruptHold('SIGABRT');
    const cores = filesBelow([theatre.karv.folder]).filter((path) => /\/core[^/]*$/.test(path));
    assert.deepEqual(cores, []);
    await nobodyHoldsIt(context);
  });
  step('left a ledger that verifies', async () => {
    assert.match(
      verifyLedger({ ...theatre.karv, processes: { 'karv-server': theatre.processes.pid('karv-server') } }),
      / 0 findings$/,
    );
  });
});

describe('afterwards the canary card is nowhere', () => {
  test('in memory that can be searched: what must be there is found', { skip: !isRoot }, (context) => {
    const known = [{ name: 'a name from its configuration', bytes: Buffer.from(theatre.karv.vault, 'latin1') }];
    for (const name of ['karv-server', 'karv-vault'] as const)
      assert.ok(theatre.searchMemoryOf(name, known).length > 0, `${name} seems to know nothing`);
    const simulated = theatre.searchMemoryOf('karv-sandbox').length;
    context.diagnostic(`in the memory of the card network's simulator, which may have it: ${simulated} times`);
  });
  step('in no file, store, log, mail, journal or core dump', async () => {
    assert.deepEqual(await theatre.searchOutside(), []);
  });
  step('nor is its code a word of its own in a log', async () => {
    for (const path of filesBelow([join(theatre.karv.folder, 'logs')])) {
      assert.deepEqual(readFileSync(path, 'utf8').match(codeAsWord(card.code)), null, path);
    }
  });
  step('but as ciphertext in the vault', async () => {
    assert.ok(sealedCards(join(theatre.karv.folder, 'vault.db'), last4) > 0, 'the vault keeps no such card');
  });
});
