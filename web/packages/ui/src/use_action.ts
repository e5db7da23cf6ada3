// Runs one call at a time and keeps what went wrong, in words.
import { useRef, useState } from 'preact/hooks';

export interface Action {
  busy: boolean;
  run: (work: () => Promise<void>) => void;
}

/** `onProblem` gets what `work` threw. A second run while one is under way does nothing. */
export function useAction(onProblem: (problem: unknown) => void): Action {
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const run = (work: () => Promise<void>): void => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    work()
      .catch(onProblem)
      .finally(() => {
        running.current = false;
        setBusy(false);
      });
  };
  return { busy, run };
}
