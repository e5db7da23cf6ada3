// What the figures were measured on.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

/** How often a second the disk takes four kilobytes at the end of a file for good. */
export function syncsPerSecond(milliseconds = 2000): number {
  const folder = mkdtempSync(join(tmpdir(), 'karv-sync-'));
  const file = openSync(join(folder, 'log'), 'w');
  const block = Buffer.alloc(4096, 1);
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < milliseconds) {
    writeSync(file, block);
    fdatasyncSync(file);
    count += 1;
  }
  const seconds = (performance.now() - begin) / 1000;
  closeSync(file);
  rmSync(folder, { recursive: true });
  return count / seconds;
}

export function describeMachine() {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    kernel: release(),
    disk_syncs_per_second: Math.round(syncsPerSecond()),
    load_before: loadavg()[0] ?? 0,
    at: new Date().toISOString(),
  };
}
