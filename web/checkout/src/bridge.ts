// The line to the merchant script in the shop's page. The shop's origin comes in the fragment; hello goes to exactly
// that origin, and only the parent window of that origin can answer with the line. Nothing secret is sent before.

export interface Start {
  clientToken: string;
  mode: 'inline' | 'overlay';
  category: string;
  data: Record<string, unknown>;
  plan: string | null;
  review: boolean;
}

export interface Result {
  approved: boolean;
  show_form: boolean;
  authorization_token?: string;
  finalize_required?: boolean;
  error?: { code: string; message?: string; invalid_fields?: string[] };
}

export interface Bridge {
  height(height: number): void;
  loaded(showForm: boolean, error?: Result['error']): void;
  plan(plan: string | null): void;
  result(result: Result): void;
  /** Called when the shopper pressed Escape outside this frame. */
  onCancel: () => void;
}

type Members = Record<string, unknown>;
const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null;

/** Reads the start message; null when it is not one. */
export function readStart(message: unknown): Start | null {
  if (!isMembers(message) || message['karv'] !== 'start') return null;
  const { client_token, mode, category, data, plan, review } = message;
  if (typeof client_token !== 'string' || (mode !== 'inline' && mode !== 'overlay')) return null;
  return {
    clientToken: client_token,
    mode,
    category: typeof category === 'string' ? category : '',
    data: isMembers(data) && !Array.isArray(data) ? data : {},
    plan: typeof plan === 'string' ? plan : null,
    review: review === true,
  };
}

export function connect(page: Window, onStart: (start: Start, bridge: Bridge) => void): void {
  const parent = new URLSearchParams(page.location.hash.slice(1)).get('parent') ?? '';
  let origin: string;
  try {
    origin = new URL(parent).origin;
  } catch {
    return;
  }
  if (origin === 'null' || page.parent === page) return;

  page.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || event.source !== page.parent) return;
    const port = event.ports[0];
    if (!port || !isMembers(event.data) || event.data['karv'] !== 'port') return;
    const bridge = makeBridge(port);
    let started = false;
    port.onmessage = ({ data }) => {
      if (isMembers(data) && data['karv'] === 'cancel') bridge.onCancel();
      const start = started ? null : readStart(data);
      if (!start) return;
      started = true;
      onStart(start, bridge);
    };
  });
  page.parent.postMessage({ karv: 'ready' }, origin);
}

const kPressEndsMs = 40;

function makeBridge(port: MessagePort): Bridge {
  const send = (kind: string, members: Members): void => port.postMessage({ karv: kind, ...members });
  return {
    height: (height) => send('height', { height }),
    loaded: (showForm, error) => send('loaded', error ? { show_form: showForm, error } : { show_form: showForm }),
    plan: (plan) => send('plan', { plan }),
    // The frame goes with the result: the press that caused it is let end first, or it would hang in a frame that is gone.
    result: (result) => void setTimeout(() => send('result', { ...result }), kPressEndsMs),
    onCancel: () => undefined,
  };
}
