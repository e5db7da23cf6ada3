// A native modal dialog: focus goes in and comes back, Escape leaves, the page behind is inert.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '@karv/ui';

interface DialogProps {
  title: string;
  closeLabel: string;
  /** While something is being decided the dialog stays. */
  locked?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, closeLabel, locked, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const leave = (): void => {
    if (!locked) onClose();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
    >
      <header class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="icon-button" aria-label={closeLabel} onClick={leave}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
