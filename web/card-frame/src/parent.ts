// The line to the page around the frame: exact origin in both directions, and never a value that was typed.

export interface Parent {
  tell(kind: string, members?: Record<string, unknown>): void;
}

/** The origin the vault wrote into the page, or null when the page was not rendered for anyone. */
export function parentOrigin(page: Document): string | null {
  const written = page.querySelector<HTMLMetaElement>('meta[name="karv-parent"]')?.content ?? '';
  try {
    const url = new URL(written);
    return url.origin === written && url.protocol === 'https:' ? written : null;
  } catch {
    return null;
  }
}

export function connectParent(origin: string, onCommand: (kind: string) => void): Parent {
  addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || event.source !== window.parent) return;
    const kind = (event.data as { karv?: unknown } | null)?.karv;
    if (typeof kind === 'string') onCommand(kind);
  });
  return {
    tell: (kind, members = {}) => window.parent.postMessage({ karv: kind, ...members }, origin),
  };
}
