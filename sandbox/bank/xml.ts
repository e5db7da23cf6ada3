// Just enough XML for the bank's messages, read strictly: elements, attributes, text, the five named entities and
// character references. No document types, no processing instructions but the declaration, no CDATA: a message that has
// them is refused. Written from the XML recommendation, on purpose without looking at Karv's reader.

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
}

export class XmlError extends Error {}

const maxDepth = 24;
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function parseXml(source: string): Element {
  return new Parser(source).document();
}

class Parser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  document(): Element {
    this.#skip(/^<\?xml [^?<>]*\?>/);
    this.#skip(/^\s*/);
    const root = this.#element(1);
    this.#skip(/^\s*/);
    if (this.#at !== this.#source.length) throw new XmlError('something stands behind the root');
    return root;
  }

  #skip(pattern: RegExp): string {
    // A window is enough for every pattern here, and keeps a long document from being sliced again and again.
    const found = pattern.exec(this.#source.slice(this.#at, this.#at + 1024))?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #element(depth: number): Element {
    if (depth > maxDepth) throw new XmlError('too deep');
    const name = this.#open();
    const attributes = new Map<string, string>();
    for (;;) {
      const attribute = /^\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/.exec(
        this.#source.slice(this.#at, this.#at + 1024),
      );
      if (attribute === null) break;
      this.#at += attribute[0].length;
      const key = attribute[1] ?? '';
      if (attributes.has(key)) throw new XmlError('an attribute stands twice');
      attributes.set(key, unescape(attribute[2] ?? attribute[3] ?? ''));
    }
    const end = this.#skip(/^\s*\/?>/).trim();
    if (end === '/>') return { name: local(name), attributes, children: [], text: '' };
    if (end !== '>') throw new XmlError('a tag does not end');
    return this.#content(name, attributes, depth);
  }

  #open(): string {
    const tag = this.#skip(/^<[A-Za-z_][\w.:-]*/);
    if (tag === '') throw new XmlError('an element was expected');
    return tag.slice(1);
  }

  #content(name: string, attributes: ReadonlyMap<string, string>, depth: number): Element {
    const children: Element[] = [];
    let text = '';
    for (;;) {
      const next = this.#source.indexOf('<', this.#at);
      if (next < 0) throw new XmlError('an element does not end');
      text += unescape(this.#source.slice(this.#at, next));
      this.#at = next;
      if (this.#source.startsWith('</', next)) break;
      children.push(this.#element(depth + 1));
    }
    const closing = this.#skip(/^<\/[A-Za-z_][\w.:-]*\s*>/);
    if (closing.slice(2, -1).trim() !== name) throw new XmlError('elements overlap');
    return { name: local(name), attributes, children, text: text.trim() };
  }
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&]{0,8};?)/g, (_, what: string) => {
    const reference = /^#(?:(\d{1,7})|x([0-9a-fA-F]{1,6}));$/.exec(what);
    if (reference !== null) {
      const code = parseInt(reference[1] ?? reference[2] ?? '', reference[1] === undefined ? 16 : 10);
      if (code < 0x20 || code > 0x10ffff) throw new XmlError('a reference to no character');
      return String.fromCodePoint(code);
    }
    const character = what.endsWith(';') ? named[what.slice(0, -1)] : undefined;
    if (character === undefined) throw new XmlError('an entity that is not known');
    return character;
  });
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** All elements at a path: "PmtInf/CdtTrfTxInf". */
export function all(from: Element, path: string): readonly Element[] {
  let found: readonly Element[] = [from];
  for (const name of path.split('/')) found = found.flatMap((one) => one.children.filter((each) => each.name === name));
  return found;
}

/** The only element at a path. Errors: XmlError when there is none, or more. */
export function one(from: Element, path: string): Element {
  const found = all(from, path);
  if (found.length !== 1 || found[0] === undefined) throw new XmlError(`${path} must be there once`);
  return found[0];
}
