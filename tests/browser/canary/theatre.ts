// Where the canary card is played: the processes under our own hand, a browser, and the searches over what they leave.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshEmail, type Card, type Scene } from '../steps/scene.ts';
import { kArtifacts, kRoot, type Addresses } from '../world/addresses.ts';
import { openBrowser, openProfile, type OwnBrowser } from '../world/browser.ts';
import { binFolder, startKarv } from '../world/karv.ts';
import { Sandbox } from '../world/sandbox.ts';
import { kDesktop, visit, windowOf } from '../world/visit.ts';
import { needlesOf } from './needles.ts';
import { Processes, programsFor, type Program } from './processes.ts';
import { filesBelow, isSanitized, searchFiles, searchMemory, searchText, type Find } from './search.ts';
import { searchStore } from './stores.ts';

const kForgottenWithinMs = 30_000;

/** The folder of a karv-vault without AddressSanitizer, which would keep freed memory as it was; null if none is built. */
function plainVault(bin: string): string | null {
  const given = process.env['KARV_PLAIN_VAULT']; // by ./dev test, which has just built it
  const folders = given ? [given] : [bin, join(kRoot, 'build/dev/bin'), join(kRoot, 'build/release/bin')];
  const built = folders.filter((folder) => existsSync(join(folder, 'karv-vault')));
  return built.find((folder) => !isSanitized(join(folder, 'karv-vault'))) ?? null;
}

/** What Playwright says about a failure repeats what was typed. */
function withoutCard(error: unknown, { number }: Card): Error {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Error(text.replaceAll(number, '(the canary)'));
}

export class Theatre {
  readonly karv: Addresses;
  readonly sandbox: Sandbox;
  readonly processes: Processes;
  /** Whether the vault that plays can be searched for what it freed. */
  readonly vaultIsPlain: boolean;
  readonly #programs: readonly Program[];
  readonly #browser: OwnBrowser;
  readonly #card: Card;

  private constructor(parts: { karv: Addresses; browser: OwnBrowser; card: Card; bin: string; vault: string | null }) {
    const { karv, browser, card, bin, vault } = parts;
    this.karv = karv;
    this.#browser = browser;
    this.#card = card;
    this.sandbox = new Sandbox(karv);
    this.processes = new Processes(karv.folder);
    this.vaultIsPlain = vault !== null;
    this.#programs = programsFor(karv.folder, { server: bin, vault: vault ?? bin });
  }

  /** `karv dev` makes the installation and is stopped; the same installation is then run process by process. */
  static async open(card: Card): Promise<Theatre> {
    const made = await startKarv();
    const karv = made.addresses;
    if (!(await made.stop({ keep: true }))) throw new Error('karv dev did not stop well');
    const bin = binFolder();
    const browser = await openBrowser(karv.ca_file);
    const theatre = new Theatre({ karv, browser, card, bin, vault: plainVault(bin) });
    try {
      for (const program of theatre.#programs) await theatre.processes.start(program);
    } catch (error) {
      await theatre.close();
      throw error;
    }
    return theatre;
  }

  async restart(name: Program['name']): Promise<void> {
    const program = this.#programs.find((one) => one.name === name);
    if (program !== undefined) await this.processes.start(program);
  }

  /** Plays as a new shopper with the canary card. No pictures: the number stands on the screen. */
  async as(play: (scene: Scene) => Promise<void>): Promise<void> {
    const { page, context } = await visit(this.#browser.browser, kDesktop);
    const { karv, sandbox } = this;
    try {
      await play({ page, karv, sandbox, email: freshEmail(), card: this.#card, look: async () => undefined });
    } catch (error) {
      throw withoutCard(error, this.#card);
    } finally {
      await context.close();
    }
  }

  /** The same in a browser that keeps a profile; `look` sees that once the browser has ended. */
  async inProfile(play: (scene: Scene) => Promise<void>, look: (profile: string) => void): Promise<void> {
    const home = mkdtempSync(join(tmpdir(), 'karv-profile-'));
    const { karv, sandbox } = this;
    try {
      const context = await openProfile(karv.ca_file, home, windowOf(kDesktop));
      try {
        const page = await context.newPage();
        await play({ page, karv, sandbox, email: freshEmail(), card: this.#card, look: async () => undefined });
      } finally {
        await context.close();
      }
      look(join(home, 'profile'));
    } catch (error) {
      throw withoutCard(error, this.#card);
    } finally {
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  /** A backup of both stores, as an operator makes it while they serve; answers its folder. */
  backUp(): string {
    const folder = join(this.karv.folder, 'backup');
    const config = (name: string): string[] => [`--${name}`, join(this.karv.folder, `${name}.toml`)];
    const command = ['backup', 'create', ...config('server'), ...config('vault'), '--to', folder];
    const made = spawnSync(join(binFolder(), 'karv'), command, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`karv backup create: ${made.stdout}${made.stderr}`);
    return folder;
  }

  /** The card in the files below a folder. */
  searchBelow(folder: string, needles = needlesOf(this.#card)): Find[] {
    return searchFiles(filesBelow([folder]), needles);
  }

  /** What stands in files and behind interfaces: data folder (stores, logs, core dumps), artifacts, mails, journals. */
  async searchOutside(): Promise<Find[]> {
    const needles = needlesOf(this.#card);
    const folders = [this.karv.folder, kArtifacts].filter((folder) => existsSync(folder));
    const files = filesBelow(folders);
    const finds = searchFiles(files, needles);
    for (const name of ['server.db', 'vault.db']) {
      finds.push(...searchStore(join(this.karv.folder, name), this.#card.code));
    }
    for (const path of ['/sandbox/mail/messages', '/sandbox/network/messages?limit=2000', '/shop/api/orders']) {
      const text = await this.sandbox.get(path);
      finds.push(...searchText(path, text, needles));
    }
    return finds;
  }

  searchMemoryOf(name: Program['name'], needles = needlesOf(this.#card)): Find[] {
    return searchMemory(this.processes.pid(name), needles).finds;
  }

  /** Milliseconds until the vault's memory holds nothing of the card. Errors: what is there after 30 seconds. */
  async vaultForgets(): Promise<number> {
    const begin = performance.now();
    for (;;) {
      const finds = this.searchMemoryOf('karv-vault');
      const passed = performance.now() - begin;
      if (finds.length === 0) return passed;
      if (passed > kForgottenWithinMs) {
        throw new Error(
          `after 30 s in the vault's memory: ${finds.map((one) => `${one.needle} (${one.where})`).join('; ')}`,
        );
      }
      await sleep(500);
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.processes.endAll();
  }
}
