// The purchase from the front page to the refund, on a phone and on a desktop; axe and the console have no objection to
// any page on the way.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { playPurchase } from './steps/purchase.ts';
import { verifyLedger } from './timeline.ts';
import { Stage } from './world/stage.ts';
import { kDesktop, kPhone } from './world/visit.ts';

let stage: Stage;
before(async () => void (stage = await Stage.open()));
after(() => stage?.close());

describe('a purchase in 3 parts', () => {
  for (const width of [kPhone, kDesktop]) {
    test(`is bought, captured, paid early and refunded at ${width} px`, async () => {
      await stage.as('purchase', width, async (shopper) => {
        await playPurchase(shopper, () => undefined);
        for (const path of ['/sandbox/mail', '/sandbox/network', '/back-office']) {
          await shopper.page.goto(shopper.karv.shop + path);
          await shopper.look(`20-${path.split('/').at(-1)}`);
        }
      });
      assert.match(verifyLedger(stage.karv.addresses), / 0 findings$/);
    });
  }
});
