// Using a page with nothing but a keyboard: where the focus is, through all frames, and Tab until it is where it should.
import type { Frame, Page } from 'playwright-core';

export interface Focus {
  readonly frame: Frame;
  readonly tag: string;
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

export async function focus(page: Page): Promise<Focus> {
  let frame = page.mainFrame();
  for (;;) {
    const handle = (await frame.evaluateHandle(() => document.activeElement)).asElement();
    const child = await handle?.contentFrame();
    if (child == null) break;
    frame = child;
  }
  const facts = await frame.evaluate(() => {
    const element = document.activeElement as HTMLInputElement | null;
    const label = element?.labels?.[0]?.textContent ?? element?.getAttribute('aria-label') ?? element?.textContent;
    return {
      tag: element?.tagName ?? '',
      id: element?.id ?? '',
      name: (label ?? '').trim().replace(/\s+/g, ' ').slice(0, 60),
      value: element?.tagName === 'INPUT' ? element.value : '',
    };
  });
  return { frame, ...facts };
}

const kFarthest = 60;

/** Presses Tab until the focus is on something that fits. Errors: the way that was gone. */
export async function tabTo(page: Page, what: string, fits: (focused: Focus) => boolean): Promise<Focus> {
  const way: string[] = [];
  for (let presses = 0; presses <= kFarthest; presses++) {
    const focused = await focus(page);
    if (fits(focused)) return focused;
    way.push(`${focused.tag}#${focused.id} ${focused.name}`);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never came to ${what}; it went ${way.join(' > ')}`);
}

/** Waits until the page has put the focus where it should be, without a key. */
export async function focusComesTo(page: Page, what: string, fits: (focused: Focus) => boolean): Promise<Focus> {
  let last: Focus | undefined;
  for (let tries = 0; tries < 100; tries++) {
    last = await focus(page).catch(() => undefined); // a frame that went meanwhile
    if (last !== undefined && fits(last)) return last;
    await page.waitForTimeout(100);
  }
  throw new Error(`the focus did not come to ${what}; it is on ${last?.tag}#${last?.id} ${last?.name}`);
}
