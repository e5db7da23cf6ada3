// Loads the payment pages of a running `karv dev` as a shopper does, up to the card form, and holds what the browser
// received against what was approved (PCI DSS 11.6.1 asks for this at least weekly). One JSON object a line.
//   node tests/browser/pages/check.ts [--data var/dev]
// Ends with 0: as approved; 1: alarms; 2: the pages could not be looked at.
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import * as checkout from '../steps/checkout.ts';
import { freshEmail, kApproved } from '../steps/scene.ts';
import * as shop from '../steps/shop.ts';
import { kRoot, readAddresses } from '../world/addresses.ts';
import { openBrowser } from '../world/browser.ts';
import { Sandbox } from '../world/sandbox.ts';
import { readApproved } from './approved.ts';
import { comparePages, type SeenPage } from './compare.ts';
import { PageWatch } from './seen.ts';

async function see(folder: string): Promise<{ seen: SeenPage[]; approved: ReturnType<typeof readApproved> }> {
  const karv = readAddresses(folder);
  const { browser, close } = await openBrowser(karv.ca_file);
  try {
    const page = await browser.newPage({ locale: 'en-GB' });
    const watch = new PageWatch(page);
    const look = async (): Promise<void> => undefined;
    const scene = { page, karv, sandbox: new Sandbox(karv), email: freshEmail(), card: kApproved, look };
    await page.goto(`${karv.shop}/products/kopp-mug`);
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await shop.openCheckout(scene);
    await checkout.choosePlan(scene, 'Pay now');
    await checkout.buy(page);
    await checkout.identify(scene);
    await checkout.vaultFrame(page).getByLabel('Card number').waitFor();
    return { seen: await watch.seen(), approved: readApproved(karv) };
  } finally {
    await close();
  }
}

const { values } = parseArgs({ options: { data: { type: 'string', default: 'var/dev' } } });
const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  const { seen, approved } = await see(resolve(kRoot, values.data));
  for (const { origin, path, scripts, frames } of seen) tell({ page: origin + path, scripts, frames });
  const alarms = comparePages(seen, approved, Object.keys(approved.pages));
  for (const alarm of alarms) tell(alarm);
  process.exitCode = alarms.length > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`the payment pages could not be looked at: ${String(error)}\n`);
  process.exitCode = 2;
}
