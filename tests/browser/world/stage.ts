// What the test files share: one Karv and one browser for a file, one shopper in a fresh window per test, and on a
// failure a picture of where it stood.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { freshEmail, kApproved, type Scene } from '../steps/scene.ts';
import { kArtifacts } from './addresses.ts';
import { openBrowser, type OwnBrowser } from './browser.ts';
import { startKarv, type Karv } from './karv.ts';
import { Sandbox } from './sandbox.ts';
import { inspect, picture, visit, type Visit } from './visit.ts';

const kPictures = join(kArtifacts, 'browser');

export interface Shopper extends Scene {
  readonly visited: Visit;
}

export class Stage {
  readonly karv: Karv;
  readonly #browser: OwnBrowser;
  readonly sandbox: Sandbox;

  private constructor(karv: Karv, browser: OwnBrowser) {
    this.karv = karv;
    this.#browser = browser;
    this.sandbox = new Sandbox(karv.addresses);
  }

  static async open(): Promise<Stage> {
    const karv = await startKarv();
    try {
      return new Stage(karv, await openBrowser(karv.addresses.ca_file));
    } catch (error) {
      await karv.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
    assert.ok(await this.karv.stop(), 'everything stopped well');
  }

  /** Plays as a new shopper. `name` names the pictures. */
  async as(name: string, width: number, play: (shopper: Shopper) => Promise<void>): Promise<void> {
    const visited = await visit(this.#browser.browser, width);
    visited.expectErrors(/\/customer\/v1\/me/); // 401 before signing in
    const shopper: Shopper = {
      visited,
      page: visited.page,
      karv: this.karv.addresses,
      sandbox: this.sandbox,
      email: freshEmail(),
      card: kApproved,
      look: (step, page = visited.page) => inspect(visited, kPictures, `${name}-${step}`, page),
    };
    try {
      await play(shopper);
      assert.deepEqual(visited.wrongs, [], 'no page broke its Content-Security-Policy or met an error');
    } catch (error) {
      await picture(visited.page, kPictures, `failure-${name}-${width}`).catch(() => undefined);
      throw error;
    } finally {
      await visited.context.close();
    }
  }
}
