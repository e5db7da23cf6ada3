// The stream of changes: opens it, keeps it open, says how it stands. The browser reconnects by itself after a drop;
// after an answer that was no stream it gives up, and then we try again with growing pauses.
// An event only says which purchase changed; what it is now is fetched with the usual authorization.
import { kEventsPath } from '@karv/api-client';

export type LiveStatus = 'connecting' | 'live' | 'offline';

export interface LiveListener {
  onStatus(status: LiveStatus): void;
  /** `orderId` is null when anything may have changed: after a gap, or an event that names nothing. */
  onChange(orderId: string | null): void;
}

const kFirstPauseMs = 2_000;
const kLongestPauseMs = 60_000;

export function orderIdOf(data: unknown): string | null {
  if (typeof data !== 'string') return null;
  try {
    const id = (JSON.parse(data) as { order_id?: unknown } | null)?.order_id;
    return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

/** Returns the function that stops it. */
export function listen(listener: LiveListener): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = kFirstPauseMs;
  let dropped = false;

  function open(): void {
    source = new EventSource(kEventsPath);
    source.onopen = () => {
      pauseMs = kFirstPauseMs;
      listener.onStatus('live');
      if (dropped) listener.onChange(null); // What happened meanwhile was not told.
      dropped = false;
    };
    source.onerror = () => {
      dropped = true;
      listener.onStatus('offline');
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, pauseMs);
      pauseMs = Math.min(pauseMs * 2, kLongestPauseMs);
      listener.onChange(null); // Finds out whether we are still signed in.
    };
    source.addEventListener('changed', (event: MessageEvent<unknown>) => listener.onChange(orderIdOf(event.data)));
  }

  listener.onStatus('connecting');
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
