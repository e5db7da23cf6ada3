// The overlay's surface: a dialog on the desktop, a full page on the phone. Keeps focus and announcements right.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { AlertRegion, Icon, Mark } from '@karv/ui';
import type { Texts } from './texts/index.ts';

interface SheetProps {
  texts: Texts;
  title: string;
  step: string;
  position: { number: number; of: number } | null;
  merchant: string;
  amount: string;
  alert: string;
  onClose: (() => void) | null;
  onBack: (() => void) | null;
  children: ComponentChildren;
}

export function Sheet(props: SheetProps) {
  const { texts, title, step, position, merchant, amount, alert, onClose, onBack, children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [step]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') onClose?.();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  const progress = position ? texts.step(position.number, position.of) : '';
  return (
    <div class="scrim">
      <div class="sheet" role="dialog" aria-modal="true" aria-labelledby="title">
        <header class="sheet-head">
          {onBack ? (
            <button type="button" class="icon-button" aria-label={texts.back} onClick={onBack}>
              <Icon name="back" />
            </button>
          ) : (
            <Mark />
          )}
          <p class="payee">
            <span>{merchant}</span> <span class="amount">{amount}</span>
          </p>
          {onClose && (
            <button type="button" class="icon-button" aria-label={texts.close} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {position && (
          <div class="progress" aria-hidden="true">
            {Array.from({ length: position.of }, (_, index) => (
              <span key={index} class={index < position.number ? 'reached' : undefined} />
            ))}
          </div>
        )}
        <main class="sheet-body">
          <p class="hidden-text" aria-live="polite">
            {progress}
          </p>
          <h1 id="title" ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <AlertRegion>{alert}</AlertRegion>
          {children}
        </main>
      </div>
    </div>
  );
}
