// Waiting for what happens by itself.
import { setTimeout as sleep } from 'node:timers/promises';

const kLimitMs = 30_000;
const kPauseMs = 150;

/** Asks until there is an answer. Errors: what was waited for, and the last error met. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, limitMs = kLimitMs): Promise<T> {
  const end = performance.now() + limitMs;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = ` (${String(error)})`;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs / 1000} s${last}`);
    await sleep(kPauseMs);
  }
}
