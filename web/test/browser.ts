// Debian's Chromium with what every page test needs: violations and errors collected from all frames, axe in all
// frames, screenshots by width.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Frame, type Page } from 'playwright-core';
import type { MockServer } from './mock_server.ts';

const kArtifacts = join(import.meta.dirname, '../../artifacts/web');
export const kWidths = [390, 1280] as const;

export async function launch(server: MockServer): Promise<Browser> {
  const root = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [`--ignore-certificate-errors-spki-list=${server.spki}`, ...(root ? ['--no-sandbox'] : [])],
  });
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  width: number;
  /** Violations of the Content-Security-Policy, exceptions, and console errors, from every frame. */
  wrongs: string[];
  /** Network errors that the test causes itself. */
  expectErrors(pattern: RegExp): void;
}

export async function visit(browser: Browser, width: number, options: { locale?: string } = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    hasTouch: width < 600,
    reducedMotion: 'reduce',
    locale: options.locale ?? 'en-GB',
    timezoneId: 'Europe/Stockholm',
  });
  const wrongs: string[] = [];
  const expected: RegExp[] = [];
  await context.exposeBinding('karvViolation', (_source, text: string) => wrongs.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (globalThis as unknown as { karvViolation: (text: string) => void }).karvViolation;
      report(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on('pageerror', (error) => wrongs.push(`exception ${error.message}`));
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === 'error' && !expected.some((one) => one.test(text))) wrongs.push(`console ${text}`);
  });
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

/** Takes a picture, and lets axe look at every one of our frames as it stands now. */
export async function inspect(visited: Visit, name: string): Promise<void> {
  const { page, width, wrongs } = visited;
  mkdirSync(kArtifacts, { recursive: true });
  await page.screenshot({ path: join(kArtifacts, `${name}-${width}.png`), animations: 'disabled' });
  for (const frame of page.frames()) {
    if (!/(pay|vault)\.localhost/.test(frame.url())) continue;
    assert.deepEqual(await axeIn(frame), [], `axe in ${name} at ${width}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${name} scrolls sideways at ${width}`);
  assert.deepEqual(wrongs, [], `errors in ${name} at ${width}`);
}
