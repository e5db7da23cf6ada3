// The payment pages as a browser receives them: what runs in them, who may hold them, and what happens when somebody
// changes one on its way. A proxy with the server's own certificate does the changing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readApproved } from './pages/approved.ts';
import { comparePages, type Alarm } from './pages/compare.ts';
import { PageWatch } from './pages/seen.ts';
import * as checkout from './steps/checkout.ts';
import { freshEmail, kApproved, type Scene } from './steps/scene.ts';
import * as shop from './steps/shop.ts';
import { kArtifacts } from './world/addresses.ts';
import { openBrowser, type OwnBrowser } from './world/browser.ts';
import { eventually } from './world/eventually.ts';
import { binFolder, startKarv, type Karv } from './world/karv.ts';
import { Sandbox } from './world/sandbox.ts';
import { scriptsOf, type Finding } from './world/scripts.ts';
import { tamperWith, type Passing, type Tampering } from './world/tampering.ts';
import { heightOf, kDesktop, picture } from './world/visit.ts';

let karv: Karv;
let pay: Tampering;
let vault: Tampering;
let clone: Tampering; // the shop again, under an origin that nobody registered
let own: OwnBrowser;

before(async () => {
  karv = await startKarv();
  const { addresses } = karv;
  [pay, vault, clone] = [
    await tamperWith(addresses, 'pay'),
    await tamperWith(addresses, 'vault'),
    await tamperWith(addresses, 'shop'),
  ];
  const through = (url: string, proxy: Tampering): string => `MAP ${new URL(url).host} 127.0.0.1:${proxy.port}`;
  const rules = [through(addresses.pay, pay), through(addresses.vault, vault)].join(',');
  own = await openBrowser(addresses.ca_file, [`--host-resolver-rules=${rules}`, '--short-reporting-delay']);
});
after(async () => {
  await own?.close();
  for (const proxy of [pay, vault, clone]) await proxy?.close();
  assert.ok((await karv?.stop()) ?? true, 'everything stopped well');
});

/** A window in which nothing runs but the pages' own scripts. */
async function asShopper(play: (scene: Scene, watch: PageWatch) => Promise<void>, at?: string): Promise<void> {
  const context = await own.browser.newContext({
    viewport: { width: kDesktop, height: heightOf(kDesktop) },
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const addresses = at === undefined ? karv.addresses : { ...karv.addresses, shop: at };
  const sandbox = new Sandbox(karv.addresses);
  const look = async (): Promise<void> => undefined;
  try {
    const watch = new PageWatch(page);
    await play({ page, karv: addresses, sandbox, email: freshEmail(), card: kApproved, look }, watch);
  } finally {
    pay.change = vault.change = undefined;
    await context.close();
  }
}

/** Up to the step where the card form stands, or would. */
async function toCard(scene: Scene): Promise<void> {
  const { page } = scene;
  await page.goto(`${scene.karv.shop}/products/kopp-mug`);
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await shop.openCheckout(scene);
  await checkout.choosePlan(scene, 'Pay now');
  await checkout.buy(page);
  await checkout.identify(scene);
  await checkout.overlay(page).locator('iframe.vault-frame').waitFor();
}
const formIsThere = (page: Page): Promise<void> => checkout.vaultFrame(page).getByLabel('Card number').waitFor();
const started = (page: Page): Promise<number> => checkout.vaultFrame(page).locator('body.started').count();

async function alarmsOf(scene: Scene, watch: PageWatch): Promise<Alarm[]> {
  await formIsThere(scene.page);
  await scene.page.waitForTimeout(500);
  return comparePages(await watch.seen(), readApproved(karv.addresses), ['checkout', 'card-frame']);
}

/** One row of what the vault counts, once it is there. */
async function reported(what: string, matches: (finding: Finding) => boolean): Promise<Finding> {
  return eventually(what, async () => (await scriptsOf(karv.addresses)).findings.find(matches), 60_000);
}

const isForm = ({ path }: Passing): boolean => path.startsWith('/frame/v1/card?');
const onForm = (change: (answer: Passing) => void) => (answer: Passing) => {
  if (isForm(answer)) change(answer);
};
const rewrite = (answer: Passing, from: string | RegExp, to: string): void => {
  const text = answer.body.toString('utf8');
  assert.notEqual(text.replace(from, to), text, `${answer.path} has no ${String(from)}`);
  answer.body = Buffer.from(text.replace(from, to));
};
const alterScript = (answer: Passing): void => {
  if (answer.path.endsWith('/assets/card.js')) answer.body = Buffer.concat([answer.body, Buffer.from(';')]);
};
const kinds = (alarms: readonly Alarm[]): string[] => [...new Set(alarms.map(({ alarm }) => alarm))];

describe('the payment pages as the browser received them', () => {
  test('control 77: the approved pages raise no alarm, and the vault hears what ran', async () => {
    await asShopper(async (scene, watch) => {
      await toCard(scene);
      assert.deepEqual(await alarmsOf(scene, watch), []);
      await picture(scene.page, join(kArtifacts, 'browser'), 'payment-pages');
      await eventually('the vault has heard of both scripts', async () => {
        const { scripts } = await scriptsOf(karv.addresses);
        const seen = (page: string): boolean => scripts.some((one) => one.page === page && one.seen > 0);
        return (seen('card-frame') && seen('checkout')) || undefined;
      });
      assert.equal((await scriptsOf(karv.addresses)).alarms, 0);
    });
  });

  test('control 77: a dropped Content-Security-Policy is an alarm', async () => {
    await asShopper(async (scene, watch) => {
      vault.change = onForm(({ headers }) => delete headers['content-security-policy']);
      await toCard(scene);
      const alarms = await alarmsOf(scene, watch);
      assert.deepEqual(kinds(alarms), ['header_changed']);
      assert.equal(alarms[0]?.detail, 'content-security-policy: not sent');
    });
  });

  test('control 77: an added script is an alarm', async () => {
    await asShopper(async (scene, watch) => {
      vault.change = onForm((answer) => rewrite(answer, '</body>', '<script>window.added = 1;</script></body>'));
      await toCard(scene);
      const alarms = await alarmsOf(scene, watch);
      assert.deepEqual(kinds(alarms), ['script_added']);
      assert.equal(alarms[0]?.page, 'card-frame');
      // control 40: it did not run, and the vault was told.
      const frame = await checkout.frameAt(scene.page, `${karv.addresses.vault}/frame/`);
      assert.equal(await frame.evaluate(() => 'added' in window), false, 'an inline script ran in the card form');
      await reported('the blocked script', ({ kind, blocked }) => kind === 'unlisted_script' && blocked === 'inline');
    });
  });

  test('control 77: a changed hash is an alarm', async () => {
    await asShopper(async (scene, watch) => {
      vault.change = alterScript;
      await toCard(scene);
      const alarms = await alarmsOf(scene, watch);
      assert.deepEqual(kinds(alarms), ['script_changed']);
      assert.match(alarms[0]?.detail ?? '', /^\/frame\/v1\/assets\/card\.js sha384-/);
    });
  });

  test('control 77: a changed source of the card frame is an alarm', async () => {
    await asShopper(async (scene, watch) => {
      pay.change = (answer) => {
        if (answer.path.endsWith('/card-ticket')) rewrite(answer, '/frame/v1/card?', '/frame/v1/elsewhere?');
      };
      await toCard(scene);
      await scene.page.waitForTimeout(1000);
      const seen = await watch.seen();
      const alarms = comparePages(seen, readApproved(karv.addresses), ['checkout']);
      assert.deepEqual(kinds(alarms), ['frame_changed']);
      assert.match(alarms[0]?.detail ?? '', /\/frame\/v1\/elsewhere/);
    });
  });
});

describe('the frames around the card form', () => {
  test('control 40: a foreign page around the checkout gets no card form until its origin is registered', async () => {
    const foreign = `https://shop.localhost:${clone.port}`;
    const karvCommand = (...given: string[]): string =>
      execFileSync(join(binFolder(), 'karv'), [...given, '--config', karv.addresses.server_config], {
        encoding: 'utf8',
      });
    await asShopper(async (scene) => {
      await toCard(scene);
      await checkout.frameAt(scene.page, 'chrome-error:'); // what Chromium puts in a refused frame's place
      assert.equal(await checkout.vaultFrame(scene.page).getByLabel('Card number').count(), 0, 'a form is shown');
    }, foreign);
    const { merchant_id: merchant } = JSON.parse(karvCommand('merchant', 'list').split('\n')[0] ?? '') as {
      merchant_id: string;
    };
    const origin = ['--merchant', merchant, '--origin', foreign];
    karvCommand('merchant', 'origin', 'add', ...origin);
    await asShopper(async (scene) => {
      await toCard(scene);
      await formIsThere(scene.page);
    }, foreign);
    karvCommand('merchant', 'origin', 'remove', ...origin);
  });

  test('control 40: the card form has no sandbox token that it could do without', async () => {
    const tokens = ['allow-scripts', 'allow-same-origin', 'allow-forms'];
    await asShopper(async (scene) => {
      const { page } = scene;
      await toCard(scene);
      const frame = checkout.overlay(page).locator('iframe.vault-frame');
      assert.equal(await frame.getAttribute('sandbox'), tokens.join(' '));
      /** Loads the form anew under these tokens; whether Enter in an empty form names what is missing. */
      const works = async (given: readonly string[]): Promise<boolean> => {
        await frame.evaluate((element, sandbox) => {
          element.setAttribute('sandbox', sandbox);
          element.setAttribute('src', element.getAttribute('src')?.replace(/#.*/, `#lang=en&${Date.now()}`) ?? '');
          (element.parentNode as Node).insertBefore(element, element.nextSibling);
        }, given.join(' '));
        await page.waitForTimeout(1500);
        await checkout.vaultFrame(page).getByLabel('Card number').press('Enter');
        await page.waitForTimeout(300);
        return (await checkout.vaultFrame(page).getByText('Enter the card number.').count()) > 0;
      };
      assert.equal(await works(tokens), true, 'the form does not work with all of its tokens');
      for (const left of tokens)
        assert.equal(await works(tokens.filter((one) => one !== left)), false, `the form works without ${left}`);
    });
  });
});

describe('a changed byte', () => {
  test('control 40: a script that the page was changed to ask for does not run', async () => {
    let changed = '';
    await asShopper(async (scene) => {
      vault.change = (answer) => {
        if (!isForm(answer)) return;
        const listed = readApproved(karv.addresses).scripts.find(({ page }) => page === 'card-frame')?.integrity ?? '';
        changed = `sha384-${createHash('sha384').update('another script').digest('base64')}`;
        rewrite(answer, listed, changed);
      };
      await toCard(scene);
      await formIsThere(scene.page);
      await reported(
        'the blocked script',
        ({ kind, blocked, directive }) =>
          kind === 'unlisted_script' && directive === 'script-src-elem' && blocked.endsWith('/frame/v1/assets/card.js'),
      );
      assert.notEqual(changed, '');
      assert.equal(await started(scene.page), 0, 'the changed script ran');
    });
  });

  // The last: it waits longer than the sandbox keeps a mail server's line that nobody uses.
  test("control 40: a changed byte of the card frame's script does not run, and is reported", async () => {
    await asShopper(async (scene) => {
      vault.change = alterScript;
      await toCard(scene);
      await formIsThere(scene.page);
      await reported('a form whose script did not run', ({ kind }) => kind === 'script_not_started');
      assert.equal(await started(scene.page), 0, 'the changed script ran');
    });
  });
});
