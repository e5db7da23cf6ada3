// What a process was allowed, and what of it it used, read from one trace of its system calls. Rules for files are what
// it asked Landlock for, in its own words; the list of system calls is the one it is built with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './paths.ts';

export interface Used {
  readonly calls: Set<string>;
  readonly opened: Set<string>;
  readonly written: Set<string>;
  /** TCP ports. */
  readonly bound: Set<string>;
  readonly connected: Set<string>;
}
export interface Trace {
  /** Files and folders with a rule. */
  readonly rules: ReadonlySet<string>;
  readonly all: Used;
  /** From where the rules for files hold; calls: from where the list of them holds. */
  readonly confined: Used;
}

/** In front of a command, which stays our own child: writes every system call of all its threads to a file. */
export const traced = (file: string): string[] => [
  'strace',
  ...['-D', '-f', '-q', '-y', '-s', '4096', '-e', 'signal=none', '-o', file],
];

/** Waits until the tracer has written the end. */
export async function hasEnded(file: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (/\+\+\+ (exited|killed)[^\n]*\n$/.test(readFileSync(file, 'utf8').slice(-400))) return;
    await sleep(50);
  }
  throw new Error(`${file} has no end`);
}

/** The allow-list of src/apps/common/confinement, by name. */
export function listedCalls(): Set<string> {
  const text = readFileSync(join(root, 'src/apps/common/confinement/system_call_list.h'), 'utf8');
  const groups = ['kFiles', 'kSockets', 'kMemoryAndThreads', 'kSignalsAndTime', 'kWhoAmI'];
  const found = groups.flatMap((group) => {
    const words = new RegExp(`constexpr std::array ${group} = \\{([^}]*)\\}`).exec(text)?.[1];
    if (words === undefined) throw new Error(`there is no list ${group}`);
    return [...words.matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
  });
  return new Set(found);
}

const kAboutFile =
  /^(?:open|openat|stat|lstat|newfstatat|statx|access|faccessat2?|readlink|readlinkat|unlink|rename|mkdir)\(/;

/** The path that a line is about; a relative one is below the folder that the line names. */
function pathOf(line: string): string | undefined {
  const path = /"([^"]*)"/.exec(line)?.[1];
  if (path === undefined || path === '') return undefined;
  const folder = /^\w+\((?:AT_FDCWD|\d+)<([^>]*)>/.exec(line)?.[1] ?? '/';
  return path.startsWith('/') ? path : join(folder, path);
}

const nothing = (): Used => ({
  calls: new Set(),
  opened: new Set(),
  written: new Set(),
  bound: new Set(),
  connected: new Set(),
});

function note(used: Used, call: string, line: string): void {
  const path = kAboutFile.test(line) ? pathOf(line) : undefined;
  if (path !== undefined) {
    used.opened.add(path);
    if (/O_WRONLY|O_RDWR|O_CREAT|^(unlink|rename|mkdir)/.test(line)) used.written.add(path);
  }
  const port = /sin6?_port=htons\((\d+)\)/.exec(line)?.[1];
  if (port !== undefined && call === 'bind') used.bound.add(port);
  if (port !== undefined && call === 'connect') used.connected.add(port);
}

export function readTrace(file: string): Trace {
  const rules = new Set<string>();
  const all = nothing();
  const confined = nothing();
  let ruled = false;
  let filtered = false;
  for (const whole of readFileSync(file, 'utf8').split('\n')) {
    const line = whole.replace(/^\d+ +/, '');
    const call = /^(\w+)\(/.exec(line)?.[1] ?? /^<\.\.\. (\w+) resumed>/.exec(line)?.[1];
    if (call === undefined) continue;
    const rule = call === 'landlock_add_rule' ? /parent_fd=\d+<([^>]*)>/.exec(line)?.[1] : undefined;
    if (rule !== undefined) rules.add(rule);
    if (call === 'landlock_restrict_self') ruled = true;
    all.calls.add(call);
    note(all, call, line);
    if (ruled) note(confined, call, line);
    if (filtered) confined.calls.add(call);
    if (call === 'seccomp' && line.includes('FILTER')) filtered = true;
  }
  return { rules, all, confined };
}

/** Rules under which nothing was opened. */
export function unusedFiles({ rules, confined }: Trace): string[] {
  const paths = [...confined.opened];
  return [...rules].filter((rule) => !paths.some((path) => path === rule || path.startsWith(`${rule}/`)));
}
