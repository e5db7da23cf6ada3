// Debian's Chromium as a shopper has it: certificate errors are errors. The development authority is imported into the
// certificate store of a home folder made for this browser; nothing else tells it to trust anything.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';

const kQuiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
];

export interface OwnBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

function trust(home: string, authority: string): void {
  const store = join(home, '.pki/nssdb');
  mkdirSync(store, { recursive: true });
  const certutil = (...given: string[]) => execFileSync('certutil', ['-d', `sql:${store}`, ...given]);
  certutil('-N', '--empty-password');
  certutil('-A', '-t', 'C,,', '-n', 'Karv development authority', '-i', authority);
}

const settings = (home: string, more: readonly string[]) => {
  const root = process.getuid?.() === 0; // Chromium's sandbox refuses to run as root
  return {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [...kQuiet, ...(root ? ['--no-sandbox'] : []), ...more],
    env: { ...process.env, HOME: home },
  };
};

/** A browser whose profile is kept below `home`, as a shopper's own is: what it writes there can be looked at. */
export async function openProfile(authority: string, home: string, options: object): Promise<BrowserContext> {
  trust(home, authority);
  return chromium.launchPersistentContext(join(home, 'profile'), { ...settings(home, []), ...options });
}

/** `more`: further switches, as for a host that is reached elsewhere. */
export async function openBrowser(authority: string, more: readonly string[] = []): Promise<OwnBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'karv-browser-'));
  const tidy = (): void => rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  try {
    trust(home, authority);
    const browser = await chromium.launch(settings(home, more));
    return {
      browser,
      close: async () => {
        await browser.close();
        tidy();
      },
    };
  } catch (error) {
    tidy();
    throw error;
  }
}
