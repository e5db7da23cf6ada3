// What a browser received of the payment pages: headers, scripts with their hashes, frames. The window must be one in
// which nothing else runs (no init scripts, no axe): whatever runs in a page's own world is taken for the page's.
import { createHash } from 'node:crypto';
import type { CDPSession, Frame, Page, Response } from 'playwright-core';
import type { SeenPage, SeenScript } from './compare.ts';

const hashOf = (text: string | Buffer): string => `sha384-${createHash('sha384').update(text).digest('base64')}`;
const pathOf = (url: string): string => (url === '' ? 'inline' : new URL(url).pathname);

/** What the page's own text says: every script element, with the hash that it asks for or has. */
function namedScripts(html: string, base: string): SeenScript[] {
  const scripts: SeenScript[] = [];
  for (const [, attributes = '', text = ''] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)) {
    const src = /\bsrc="([^"]*)"/i.exec(attributes)?.[1];
    const integrity = /\bintegrity="([^"]*)"/i.exec(attributes)?.[1] ?? '';
    if (src === undefined) scripts.push({ path: 'inline', integrity: hashOf(text) });
    else scripts.push({ path: pathOf(new URL(src, base).href), integrity });
  }
  return scripts;
}

/** What ran in the frame's own world, whatever put it there. A frame of another site has a process of its own. */
async function ranIn(frame: Frame): Promise<SeenScript[]> {
  let session: CDPSession;
  try {
    session = await frame.page().context().newCDPSession(frame);
  } catch {
    return []; // it shares its parent's process, which is none of Karv's pages then
  }
  const parsed: { id: string; url: string }[] = [];
  session.on('Debugger.scriptParsed', ({ scriptId, url, executionContextAuxData }) => {
    const world = executionContextAuxData as { isDefault?: boolean } | undefined;
    if (world?.isDefault === true) parsed.push({ id: scriptId, url });
  });
  await session.send('Debugger.enable');
  const scripts: SeenScript[] = [];
  for (const { id, url } of parsed) {
    const { scriptSource } = await session.send('Debugger.getScriptSource', { scriptId: id });
    const documentItself = url !== '' && new URL(url).pathname === new URL(frame.url()).pathname;
    scripts.push({ path: documentItself ? 'inline' : pathOf(url), integrity: hashOf(scriptSource) });
  }
  await session.detach();
  return scripts;
}

async function framesIn(frame: Frame): Promise<{ source: string; sandbox: string }[]> {
  const frames = [];
  for (const child of frame.childFrames()) {
    const { origin, pathname } = new URL(child.url());
    const element = await child.frameElement();
    frames.push({ source: origin + pathname, sandbox: (await element.getAttribute('sandbox')) ?? '' });
  }
  return frames;
}

export class PageWatch {
  readonly #page: Page;
  readonly #documents: Response[] = [];
  readonly #scripts: Response[] = [];

  constructor(page: Page) {
    this.#page = page;
    page.on('response', (response) => {
      const kind = response.request().resourceType();
      if (kind === 'document') this.#documents.push(response);
      if (kind === 'script') this.#scripts.push(response);
    });
  }

  /** Everything so far, of the frames that are there now. */
  async seen(): Promise<SeenPage[]> {
    const pages: SeenPage[] = [];
    for (const frame of this.#page.frames()) {
      if (frame.url().startsWith('https://')) pages.push(await this.#seenIn(frame));
    }
    return pages;
  }

  async #seenIn(frame: Frame): Promise<SeenPage> {
    const { origin, pathname } = new URL(frame.url());
    const document = this.#documents.findLast((response) => response.frame() === frame);
    const html = document === undefined ? '' : await document.text();
    const received: SeenScript[] = [];
    for (const response of this.#scripts.filter((one) => one.frame() === frame && one.status() === 200))
      received.push({ path: pathOf(response.url()), integrity: hashOf(await response.body()) });
    return {
      origin,
      path: pathname,
      headers: (await document?.allHeaders()) ?? {},
      scripts: [...namedScripts(html, frame.url()), ...received, ...(await ranIn(frame))],
      frames: await framesIn(frame),
    };
  }
}
