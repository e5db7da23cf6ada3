// A shop page in jsdom, and a stand-in for the checkout frame that talks through the real MessageChannel.
import { vi } from 'vitest';
import type { Members } from '../src/arguments.ts';

export const kOrigin = 'https://pay.example';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function token(claims: Members = { base_url: kOrigin, session_id: 's' }): string {
  return `${encode({ alg: 'RS256' })}.${encode(claims)}.c2ln`;
}

export interface FakeFrame {
  element: HTMLIFrameElement;
  start: Promise<Members>;
  send(message: unknown): void;
  received: Members[];
}

/** Says hello as the frame would, and takes the line that the script gives. */
export function attach(element: HTMLIFrameElement, origin = kOrigin): FakeFrame {
  const received: Members[] = [];
  let port: MessagePort | undefined;
  let started: (message: Members) => void = () => undefined;
  const start = new Promise<Members>((resolve) => (started = resolve));
  const target = element.contentWindow as Window;
  vi.spyOn(target, 'postMessage').mockImplementation(((_data: unknown, to: string, ports: MessagePort[]) => {
    if (to !== kOrigin) throw new Error(`line sent to ${to}`);
    port = ports[0];
    if (!port) throw new Error('no line');
    port.onmessage = ({ data }) => {
      const message = data as Members;
      received.push(message);
      if (message['karv'] === 'start') started(message);
    };
  }) as typeof target.postMessage);
  window.dispatchEvent(new MessageEvent('message', { data: { karv: 'ready' }, origin, source: target }));
  return { element, start, received, send: (message) => port?.postMessage(message) };
}

export const inlineFrame = (): HTMLIFrameElement => document.querySelector<HTMLIFrameElement>('#here iframe')!;
export const overlayFrame = (): HTMLIFrameElement | null => document.querySelector<HTMLIFrameElement>('dialog iframe');

/** Lets messages on real ports arrive. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
