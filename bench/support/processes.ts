// Processor time and memory of other processes, from /proc (proc(5): stat, status). Clock ticks are 1/100 s on Linux for user space.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const ticksPerSecond = 100;

/** User and system time of these processes so far. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold blanks; the fields after it start with the third.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** What a process holds in memory, and the most it held, in megabytes. Source: proc(5), status: VmRSS, VmHWM. */
export function memory(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string): number => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status);
    return Number(found?.[1] ?? Number.NaN) / 1000;
  };
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
}

/** Waits until the processes have nothing left to do (queued mail, for one). False when they never were. */
export async function quiet(pids: readonly number[], limitMs = 120_000): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const before = cpuSeconds(pids);
    await sleep(1000);
    if (cpuSeconds(pids) - before <= 0.08) return true;
  }
  return false;
}
