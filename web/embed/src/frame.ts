// One checkout frame and the private line to it.
// The frame says hello to this window; only a hello from that very frame and from the provider's exact origin gets the
// line (a MessagePort), and everything else travels on it. Style is set through the object model, which a strict
// Content-Security-Policy of the shop allows.
import type { Members } from './arguments.ts';

export interface Frame {
  element: HTMLIFrameElement;
  send(message: Members): void;
  /** True once the line stands. */
  ready(): boolean;
  remove(): void;
}

export interface FrameOptions {
  origin: string;
  mode: 'inline' | 'overlay';
  title: string;
  start: Members;
  onMessage(message: Members): void;
  /** The frame never said hello: blocked, offline, or not there. */
  onUnreachable(): void;
}

const kHelloTimeoutMs = 20_000;

export function openFrame({ origin, mode, title, start, onMessage, onUnreachable }: FrameOptions): Frame {
  const element = document.createElement('iframe');
  const path = `/checkout/v${__KARV_VERSION__}/`;
  let port: MessagePort | undefined;

  const hello = (event: MessageEvent): void => {
    if (event.origin !== origin || event.source !== element.contentWindow) return;
    if ((event.data as Members | null)?.['karv'] !== 'ready') return;
    clearTimeout(timer);
    port?.close(); // The frame was loaded anew.
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => {
      if (typeof data === 'object' && data !== null) onMessage(data as Members);
    };
    element.contentWindow?.postMessage({ karv: 'port' }, origin, [channel.port2]);
    port.postMessage({ karv: 'start', mode, ...start });
  };
  const timer = setTimeout(onUnreachable, kHelloTimeoutMs);
  addEventListener('message', hello);

  element.title = title;
  element.src = `${origin}${path}?mode=${mode}#parent=${encodeURIComponent(location.origin)}`;
  return {
    element,
    send: (message) => port?.postMessage(message),
    ready: () => port !== undefined,
    remove() {
      clearTimeout(timer);
      removeEventListener('message', hello);
      port?.close();
      element.remove();
    },
  };
}

/** Sets properties so that the shop's own style sheets do not undo them. */
export function dress(element: HTMLElement, style: Record<string, string>): void {
  for (const name in style) element.style.setProperty(name, style[name] ?? '', 'important');
}
