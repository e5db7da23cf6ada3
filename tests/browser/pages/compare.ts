// Holds the payment pages as a browser received them against what was approved: headers and frames (approved.json,
// changed by hand only) and scripts (the inventory that the build writes). Pure.
// Source: PCI DSS 4.0.1 requirements 6.4.3 and 11.6.1.
export interface SeenScript {
  /** Of its URL without the query; "inline" for one without. */
  readonly path: string;
  /** Of what arrived or ran; what the page asks for where nothing arrived; empty when it asks for nothing. */
  readonly integrity: string;
}

export interface SeenPage {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly scripts: readonly SeenScript[];
  readonly frames: readonly { readonly source: string; readonly sandbox: string }[];
}

export interface ApprovedPage {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly { readonly source: string; readonly sandbox: string }[];
}

export interface Approved {
  readonly pages: Readonly<Record<string, ApprovedPage>>;
  readonly scripts: readonly { readonly page: string; readonly path: string; readonly integrity: string }[];
  /** What {{pay}}, {{vault}} and {{shop}} stand for. */
  readonly origins: Readonly<Record<string, string>>;
}

export type AlarmKind = 'header_changed' | 'script_added' | 'script_changed' | 'frame_changed' | 'page_missing';

export interface Alarm {
  readonly alarm: AlarmKind;
  readonly page: string;
  readonly detail: string;
}

/** Policies are compared as sets of directives, and those as sets of words: their order means nothing. */
function regular(name: string, value: string): string {
  if (name !== 'content-security-policy') return value;
  const words = (directive: string): string => directive.trim().split(/\s+/).sort().join(' ');
  return value.split(';').map(words).filter(Boolean).sort().join('; ');
}

function comparePage(name: string, seen: SeenPage, approved: Approved): Alarm[] {
  const page = approved.pages[name] as ApprovedPage;
  const listed = approved.scripts.filter((script) => script.page === name);
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (_all, key: string) =>
      key === 'scripts' ? listed.map((one) => `'${one.integrity}'`).join(' ') : (approved.origins[key] ?? ''),
    );
  const alarms: Alarm[] = [];
  for (const [header, value] of Object.entries(page.headers)) {
    const wanted = regular(header, fill(value));
    const got = regular(header, seen.headers[header] ?? '');
    if (got !== wanted) alarms.push({ alarm: 'header_changed', page: name, detail: `${header}: ${got || 'not sent'}` });
  }
  const told = new Set<string>();
  for (const { path, integrity } of seen.scripts) {
    const known = listed.filter((script) => script.path === path);
    const detail = `${path} ${integrity || 'without a hash'}`;
    if (known.some((script) => script.integrity === integrity) || told.has(detail)) continue;
    told.add(detail);
    alarms.push({ alarm: known.length > 0 ? 'script_changed' : 'script_added', page: name, detail });
  }
  for (const { source, sandbox } of seen.frames) {
    const fine = page.frames.some((one) => fill(one.source) === source && one.sandbox === sandbox);
    if (!fine) alarms.push({ alarm: 'frame_changed', page: name, detail: `${source} sandbox="${sandbox}"` });
  }
  return alarms;
}

/** `wanted`: the pages that must have been seen. A page that is none of Karv's is left alone. */
export function comparePages(seen: readonly SeenPage[], approved: Approved, wanted: readonly string[]): Alarm[] {
  const alarms: Alarm[] = [];
  const met = new Set<string>();
  for (const page of seen) {
    if (page.origin !== approved.origins['pay'] && page.origin !== approved.origins['vault']) continue;
    const name = Object.keys(approved.pages).find((one) => approved.pages[one]?.path === page.path);
    if (name === undefined) continue;
    met.add(name);
    alarms.push(...comparePage(name, page, approved));
  }
  for (const name of wanted.filter((one) => !met.has(one)))
    alarms.push({ alarm: 'page_missing', page: name, detail: 'the browser did not get it' });
  return alarms;
}
