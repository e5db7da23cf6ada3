// The frame over the whole shop: a native modal dialog, so that the page behind is inert, the focus stays inside and
// goes back to where it was, and no z-index of the shop is above it. The page does not scroll meanwhile.
import { dress, openFrame, type Frame, type FrameOptions } from './frame.ts';

export interface Overlay {
  close(): void;
}

const kFill = {
  position: 'fixed',
  inset: '0',
  width: '100%',
  height: '100%',
  'max-width': 'none',
  'max-height': 'none',
  margin: '0',
  padding: '0',
  border: '0',
  background: 'transparent',
  overflow: 'hidden',
};

/** `onDismiss` is called when the shopper leaves before the frame could answer for itself. */
export function openOverlay(options: Omit<FrameOptions, 'mode'>, onDismiss: () => void): Overlay {
  const dialog = document.createElement('dialog');
  const frame: Frame = openFrame({ ...options, mode: 'overlay' });
  const before = document.activeElement;
  const page = document.documentElement.style;
  const overflow = [page.getPropertyValue('overflow'), page.getPropertyPriority('overflow')] as const;

  dress(dialog, kFill);
  dress(frame.element, { ...kFill, 'color-scheme': 'light' });
  dialog.setAttribute('aria-label', options.title);
  dialog.append(frame.element);
  document.body.append(dialog);
  page.setProperty('overflow', 'hidden', 'important');
  // A frame that stands decides for itself: it does not leave while a payment is being decided.
  const leave = (): void => {
    if (frame.ready()) frame.send({ karv: 'cancel' });
    else onDismiss();
  };
  let closing = false;
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  // Browsers close a dialog on a second Escape whatever the page says.
  dialog.addEventListener('close', () => {
    if (closing) return;
    dialog.showModal();
    leave();
  });
  dialog.showModal();
  frame.element.focus();

  return {
    close() {
      closing = true;
      dialog.close();
      frame.remove();
      dialog.remove();
      page.setProperty('overflow', ...overflow);
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    },
  };
}
