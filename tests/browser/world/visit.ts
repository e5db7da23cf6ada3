// One shopper's window: its size, what went wrong in any of its frames, pictures, and axe's opinion.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';

export const kPhone = 390;
export const kDesktop = 1280;
const kActionMs = 30_000;

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly width: number;
  /** Violations of the Content-Security-Policy, exceptions and console errors, from every frame and window. */
  readonly wrongs: string[];
  /** Errors in the console that the test causes itself. */
  expectErrors(pattern: RegExp): void;
}

function watchPage(page: Page, wrongs: string[], expected: RegExp[]): void {
  page.setDefaultTimeout(kActionMs);
  page.on('pageerror', (error) => wrongs.push(`exception ${error.message}`));
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === 'error' && !expected.some((one) => one.test(text))) wrongs.push(`console ${text}`);
  });
}

export function heightOf(width: number): number {
  return width < 600 ? 844 : 900;
}

/** How a window is set up. */
export const windowOf = (width: number) =>
  ({
    viewport: { width, height: heightOf(width) },
    hasTouch: width < 600,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    ignoreHTTPSErrors: false,
  }) as const;

export async function visit(browser: Browser, width: number): Promise<Visit> {
  const context = await browser.newContext(windowOf(width));
  const wrongs: string[] = [];
  const expected: RegExp[] = [];
  await context.exposeBinding('karvViolation', (_source, text: string) => wrongs.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (globalThis as unknown as { karvViolation: (text: string) => void }).karvViolation;
      report(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
  context.on('page', (page) => watchPage(page, wrongs, expected));
  const page = await context.newPage();
  return { page, context, width, wrongs, expectErrors: (pattern) => expected.push(pattern) };
}

async function axeIn(frame: Frame): Promise<string[]> {
  await frame.evaluate(axe.source);
  const violations = await frame.evaluate(async () => {
    const runner = (globalThis as unknown as { axe: typeof axe }).axe;
    const results = await runner.run(document, { iframes: false, resultTypes: ['violations'] });
    return results.violations.map((one) => ({
      id: one.id,
      nodes: one.nodes.map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '')),
    }));
  });
  return violations.map(({ id, nodes }) => `${new URL(frame.url()).pathname} ${id}: ${nodes.join(' | ')}`);
}

export async function picture(page: Page, folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

/** Takes a picture and holds every frame of the page against what we promise: axe, no sideways scroll, no errors. */
export async function inspect(visited: Visit, folder: string, name: string, page = visited.page): Promise<void> {
  await picture(page, folder, `${name}-${visited.width}`);
  for (const frame of page.frames()) {
    if (!frame.url().startsWith('https://')) continue;
    assert.deepEqual(await axeIn(frame), [], `axe in ${name} at ${visited.width}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${name} scrolls sideways at ${visited.width}`);
  assert.deepEqual(visited.wrongs, [], `errors in ${name} at ${visited.width}`);
}
