// Looking for needles in streams of bytes: files, and the memory of processes.
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Needle } from './needles.ts';

const kChunk = 4 * 1024 * 1024;

interface Range {
  readonly begin: number;
  readonly end: number;
}

export interface Find {
  readonly where: string;
  readonly needle: string;
}

/** Searches [begin, end) of an open file; where reading fails, that chunk is passed over. Returns the bytes read. */
function searchRange(
  file: number,
  range: Range,
  needles: readonly Needle[],
  found: (needle: Needle, offset: number) => void,
): number {
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  const buffer = Buffer.alloc(Math.min(kChunk, range.end - range.begin));
  let read = 0;
  for (let at = range.begin; at < range.end;) {
    let size: number;
    try {
      size = readSync(file, buffer, 0, Math.min(buffer.length, range.end - at), at);
    } catch {
      size = 0;
    }
    if (size === 0) {
      at += buffer.length;
      continue;
    }
    read += size;
    const chunk = buffer.subarray(0, size);
    for (const needle of needles) {
      for (let hit = chunk.indexOf(needle.bytes); hit >= 0; hit = chunk.indexOf(needle.bytes, hit + 1)) {
        found(needle, at + hit);
      }
    }
    const last = at + size >= range.end;
    at += last ? size : Math.max(1, size - overlap);
  }
  buffer.fill(0);
  return read;
}

/** Every regular file below the folders; links are not followed, they are looked at as text. */
export function filesBelow(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

export function searchFiles(files: readonly string[], needles: readonly Needle[]): Find[] {
  const finds: Find[] = [];
  for (const path of files) {
    const file = openSync(path, 'r');
    try {
      const end = lstatSync(path).size;
      searchRange(file, { begin: 0, end }, needles, (needle) => finds.push({ where: path, needle: needle.name }));
    } finally {
      closeSync(file);
    }
  }
  return finds;
}

export function searchText(where: string, text: string, needles: readonly Needle[]): Find[] {
  const bytes = Buffer.from(text, 'utf8');
  return needles.filter((one) => bytes.includes(one.bytes)).map((one) => ({ where, needle: one.name }));
}

interface Mapping extends Range {
  readonly name: string;
}

// Where AddressSanitizer keeps what it knows about memory (one byte for eight): terabytes of address space, no data.
const kShadow = { begin: 0x7fff7000, end: 0x10007fff8000 };
const kPage = 4096;

/** What a process has in memory now: readable mappings of which something is there. */
function mappingsOf(pid: number): Mapping[] {
  const mappings: Mapping[] = [];
  let current: (Mapping & { readable: boolean }) | null = null;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (head) {
      const [, begin = '', end = '', rights = '', name = ''] = head;
      current = { begin: parseInt(begin, 16), end: parseInt(end, 16), name, readable: rights.startsWith('r') };
    }
    const there = /^(?:Rss|Swap):\s+(\d+) kB$/.exec(line);
    if (!there || current === null || !current.readable || Number(there[1]) === 0) continue;
    const shadow = current.begin >= kShadow.begin && current.end <= kShadow.end;
    if (!shadow && !/^\[v(var|syscall)/.test(current.name) && mappings.at(-1)?.begin !== current.begin)
      mappings.push(current);
  }
  return mappings;
}

/** The parts of a mapping whose pages are in memory or swapped out; the rest was never touched. */
function presentRanges(pagemap: number, mapping: Range): Range[] {
  const ranges: { begin: number; end: number }[] = [];
  const buffer = Buffer.alloc(64 * 1024);
  for (let at = mapping.begin; at < mapping.end;) {
    const wanted = Math.min(buffer.length, ((mapping.end - at) / kPage) * 8);
    const size = readSync(pagemap, buffer, 0, wanted, (at / kPage) * 8);
    if (size === 0) break;
    for (let i = 0; i < size; i += 8, at += kPage) {
      if (((buffer[i + 7] ?? 0) & 0xc0) === 0) continue; // bit 63 present, bit 62 swapped
      const last = ranges.at(-1);
      if (last?.end === at) last.end = at + kPage;
      else ranges.push({ begin: at, end: at + kPage });
    }
  }
  return ranges;
}

export interface MemorySearch {
  readonly finds: Find[];
  readonly bytesRead: number;
}

/** Searches the memory of a running process. Pre: root, or the right to trace it. */
export function searchMemory(pid: number, needles: readonly Needle[]): MemorySearch {
  const finds: Find[] = [];
  let bytesRead = 0;
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    for (const mapping of mappingsOf(pid)) {
      const where = `${pid} ${mapping.name || 'anonymous'}`;
      for (const range of presentRanges(pagemap, mapping)) {
        bytesRead += searchRange(memory, range, needles, (needle, offset) =>
          finds.push({ where: `${where} at ${offset.toString(16)}`, needle: needle.name }),
        );
      }
    }
  } finally {
    closeSync(memory);
    closeSync(pagemap);
  }
  if (bytesRead === 0) throw new Error(`nothing could be read from the memory of ${pid}`);
  return { finds, bytesRead };
}

/** Whether a program was built with AddressSanitizer, which keeps freed memory as it was. */
export function isSanitized(program: string): boolean {
  return readFileSync(program).includes('__asan_init');
}

export function programOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/exe`);
}
