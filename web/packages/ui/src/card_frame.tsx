// The vault's card form inside our page: another origin, which we cannot read and do not want to. We tell it to submit
// and hear whether that worked, with brand and last four digits. Only messages of that very frame from its exact origin
// count; the language travels in the fragment, which no server sees.
import { useEffect, useRef, useState } from 'preact/hooks';

export interface CardDone {
  brand: string;
  last4: string;
  expiry: string;
}

export interface CardFrameProps {
  url: string;
  title: string;
  language: string;
  /** Counts up; each new number asks the frame to submit. */
  submits: number;
  onDone: (card: CardDone) => void;
  onError: (code: string) => void;
  onEscape?: () => void;
}

const kTallest = 2000;
const text = (value: unknown, longest: number): string => (typeof value === 'string' ? value.slice(0, longest) : '');

export function CardFrame(props: CardFrameProps) {
  const { url, title, language, submits } = props;
  const frame = useRef<HTMLIFrameElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const answered = useRef(submits);
  const [ready, setReady] = useState(false);
  const origin = new URL(url).origin;

  useEffect(() => {
    const receive = (event: MessageEvent<unknown>): void => {
      const element = frame.current;
      if (!element || event.origin !== origin || event.source !== element.contentWindow) return;
      if (typeof event.data !== 'object' || event.data === null) return;
      const message = event.data as Record<string, unknown>;
      const { height } = message;
      if (typeof height === 'number' && height > 0 && height <= kTallest)
        element.style.height = `${Math.ceil(height)}px`;
      switch (message['karv']) {
        case 'card.ready':
          setReady(true);
          element.contentWindow?.postMessage({ karv: 'card.focus' }, origin);
          break;
        case 'card.done':
          latest.current.onDone({
            brand: text(message['brand'], 20),
            last4: text(message['last4'], 4),
            expiry: text(message['expiry'], 5),
          });
          break;
        case 'card.error':
          latest.current.onError(text(message['code'], 60));
          break;
        case 'card.escape':
          latest.current.onEscape?.();
          break;
      }
    };
    addEventListener('message', receive);
    return () => removeEventListener('message', receive);
  }, [origin]);

  useEffect(() => {
    // A frame that takes another's place starts from the count it finds.
    if (submits === answered.current) return;
    answered.current = submits;
    // A frame that never said it is ready shows no form: its ticket is as good as gone.
    if (ready) frame.current?.contentWindow?.postMessage({ karv: 'card.submit' }, origin);
    else latest.current.onError('TICKET_UNREACHABLE');
  }, [submits, origin]);

  return (
    <iframe
      ref={frame}
      class="vault-frame"
      src={`${url}#lang=${encodeURIComponent(language)}`}
      title={title}
      sandbox="allow-scripts allow-same-origin allow-forms"
      referrerpolicy="no-referrer"
      aria-busy={ready ? undefined : 'true'}
    />
  );
}
