// Karv.Payments: what a shop calls. Keeps which inline frames are loaded and whether an overlay is open; knows nothing
// of plans, cards or people, which live in the frames.
import { categoryOf, containerOf, readArguments, type Callback, type Members } from './arguments.ts';
import { originOf } from './client_token.ts';
import { fail } from './errors.ts';
import { createEvents, safely } from './events.ts';
import { dress, openFrame, type Frame } from './frame.ts';
import { openOverlay } from './overlay.ts';

interface Instance {
  frame: Frame;
  category: string;
  /** The plan chosen in the inline frame, so that the overlay need not ask again. */
  plan: unknown;
}

export interface Payments {
  init(options: { client_token: string }): void;
  load(...given: unknown[]): void;
  authorize(...given: unknown[]): void;
  reauthorize(...given: unknown[]): void;
  finalize(...given: unknown[]): void;
  loadPaymentReview(...given: unknown[]): void;
  on(name: string, callback: Callback): void;
  off(name: string, callback?: Callback): void;
  version: string;
}

const kTitle = 'Karv';
const kFirstHeight = 160;
const kTallest = 20_000;
const kUnreachable = { code: 'FRAME_UNREACHABLE' };

export function createPayments(): Payments {
  const events = createEvents();
  const instances = new Map<string, Instance>();
  let clientToken = '';
  let origin = '';
  let open = false;
  let approved: Members | undefined;

  const needInit = (): void => {
    if (!origin) fail('ApplicationNotInitializedError', 'call init first');
  };

  function forget(key: string): void {
    instances.get(key)?.frame.remove();
    instances.delete(key);
  }

  function keyOf(options: Members, category: string): string {
    return typeof options['instance_id'] === 'string' ? options['instance_id'] : category || 'karv';
  }

  /** The loaded instance a call means; a call that names none means the only one. */
  function instanceOf(options: Members, category: string): Instance {
    if (!instances.size) fail('ApplicationNotLoadedError', 'call load first');
    const named = instances.get(keyOf(options, category));
    if (named) return named;
    const all = [...instances.values()];
    const same = category ? all.filter((one) => one.category === category) : all;
    if (same.length > 1) fail('PaymentMethodCategoryNotProvidedError', 'payment_method_category is needed here');
    return same[0] ?? fail('ApplicationNotLoadedError', `load ${category} first`);
  }

  const chosenPlan = (): unknown => [...instances.values()].find(({ plan }) => plan)?.plan;

  function show(given: unknown[], review: boolean): void {
    const { options, data, callback } = readArguments(given);
    needInit();
    const category = categoryOf(options);
    if (!category && !('payment_method_category' in options) && !review) {
      fail('PaymentMethodCategoryNotProvidedError', 'payment_method_category is missing');
    }
    const container = containerOf(options);
    const key = review ? 'review' : keyOf(options, category);
    forget(key);

    let answered = false;
    const answer = (result: Members): void => {
      if (answered) return;
      answered = true;
      safely(callback, result);
    };
    const setHeight = (height: unknown): void => {
      // A hidden container measures nothing; the frame keeps its last height and never becomes 0.
      if (typeof height !== 'number' || !(height > 0 && height <= kTallest)) return;
      dress(frame.element, { height: `${Math.ceil(height)}px` });
      events.emit('heightChanged', { height: Math.ceil(height), payment_method_category: category });
    };
    const instance: Instance = { category, plan: undefined, frame: undefined as unknown as Frame };
    const frame = openFrame({
      origin,
      mode: 'inline',
      title: kTitle,
      start: { client_token: clientToken, category, data, review, plan: review ? chosenPlan() : undefined },
      onMessage(message) {
        if (message['karv'] === 'height') setHeight(message['height']);
        else if (message['karv'] === 'plan') instance.plan = message['plan'];
        else if (message['karv'] === 'loaded') {
          const { show_form, error } = message;
          answer(error === undefined ? { show_form: show_form === true } : { show_form: show_form === true, error });
        }
      },
      onUnreachable: () => answer({ show_form: false, error: kUnreachable }),
    });
    instance.frame = frame;
    dress(frame.element, {
      display: 'block',
      width: '100%',
      'min-width': '0',
      height: `${kFirstHeight}px`,
      border: '0',
      'color-scheme': 'light',
    });
    if (!review) instances.set(key, instance);
    container.replaceChildren(frame.element);
  }

  function decide(given: unknown[]): void {
    const { options, data, callback } = readArguments(given);
    needInit();
    const category = categoryOf(options);
    const instance = instanceOf(options, category);
    if (open) {
      safely(callback, { approved: false, show_form: true, error: { code: 'IN_PROGRESS' } });
      return;
    }
    open = true;
    approved = undefined;
    const finish = (result: Members): void => {
      if (!open) return;
      open = false;
      overlay.close();
      if (result['approved'] === true) approved = result;
      events.emit('fullscreenOverlayHidden', { payment_method_category: category });
      safely(callback, result);
    };
    const overlay = openOverlay(
      {
        origin,
        title: kTitle,
        start: {
          client_token: clientToken,
          category: category || instance.category,
          data,
          plan: instance.plan,
          auto_finalize: options['auto_finalize'] !== false,
        },
        onMessage(message) {
          if (message['karv'] !== 'result') return;
          const { karv: _kind, ...result } = message;
          finish(result);
        },
        onUnreachable: () => finish({ approved: false, show_form: true, error: kUnreachable }),
      },
      () => finish({ approved: false, show_form: true }),
    );
    events.emit('fullscreenOverlayShown', { payment_method_category: category });
  }

  return {
    version: __KARV_VERSION__,
    init(options) {
      const given: unknown = (options as Members | undefined)?.['client_token'];
      const next = originOf(given);
      if (given === clientToken) return;
      for (const key of [...instances.keys()]) forget(key);
      clientToken = given as string;
      origin = next;
      approved = undefined;
    },
    load: (...given) => show(given, false),
    authorize: (...given) => decide(given),
    // The server voids the earlier authorization when it makes the new one.
    reauthorize: (...given) => decide(given),
    finalize(...given) {
      const { options, callback } = readArguments(given);
      needInit();
      instanceOf(options, categoryOf(options));
      // No plan needs a second step today: finalizing repeats the answer that was given.
      safely(callback, approved ?? { approved: false, show_form: true });
    },
    loadPaymentReview: (...given) => show(given, true),
    on: events.on,
    off: events.off,
  };
}
