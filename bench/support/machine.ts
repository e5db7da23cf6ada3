// What the figures were measured on.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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

/**
 * How much of the processors something else uses, 0 to 1, looked at for two seconds. Not the load average: that still
 * tells of the build that went before.
 */
export async function usedByOthers(): Promise<number> {
  const used = (): { busy: number; all: number } => {
    let busy = 0;
    let all = 0;
    for (const { times } of cpus()) {
      busy += times.user + times.nice + times.sys + times.irq;
      all += times.user + times.nice + times.sys + times.irq + times.idle;
    }
    return { busy, all };
  };
  const before = used();
  await sleep(2000);
  const after = used();
  return (after.busy - before.busy) / Math.max(1, after.all - before.all);
}

export async function describeMachine() {
  const others = await usedByOthers();
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    kernel: release(),
    disk_syncs_per_second: Math.round(syncsPerSecond()),
    used_by_others: others,
    at: new Date().toISOString(),
  };
}
