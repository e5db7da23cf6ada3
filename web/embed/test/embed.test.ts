// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPayments, type Payments } from '../src/payments.ts';
import type { Members } from '../src/arguments.ts';
import { attach, inlineFrame, kOrigin, overlayFrame, settle, token } from './helpers.ts';

let payments: Payments;

beforeEach(() => {
  document.body.innerHTML = '<button id="buy">Buy</button><div id="here"></div>';
  // jsdom has the element but not its modal behavior; browsers are covered by the page tests.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
  payments = createPayments();
});
afterEach(() => vi.useRealTimers());

function thrown(action: () => void): string {
  try {
    action();
  } catch (error) {
    return (error as Error).name;
  }
  return 'nothing';
}

const klarna = { payment_method_category: 'klarna' };

async function loaded(options: Members = klarna): Promise<ReturnType<typeof attach>> {
  payments.init({ client_token: token() });
  payments.load({ container: '#here', ...options }, () => undefined);
  const frame = attach(inlineFrame());
  await frame.start;
  return frame;
}

describe('init', () => {
  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['a number', { client_token: 7 }],
    ['an empty text', { client_token: '' }],
    ['no JWT', { client_token: 'abc' }],
    ['two parts', { client_token: 'a.b' }],
    ['a payload that is not JSON', { client_token: 'a.YWJj.c' }],
    ['no base_url', { client_token: token({}) }],
    ['a base_url without TLS', { client_token: token({ base_url: 'http://pay.example' }) }],
    ['a script as base_url', { client_token: token({ base_url: 'javascript:alert(1)' }) }],
    ['over 4096 characters', { client_token: token({ base_url: kOrigin, x: 'x'.repeat(4096) }) }],
  ])('%s is InvalidClientTokenError', (_name, options) => {
    expect(thrown(() => payments.init(options as never))).toBe('InvalidClientTokenError');
  });

  it('a new token removes the frames of the old one', async () => {
    await loaded();
    payments.init({ client_token: token({ base_url: kOrigin, session_id: 'other' }) });
    expect(document.querySelector('iframe')).toBeNull();
    expect(thrown(() => payments.authorize(klarna))).toBe('ApplicationNotLoadedError');
  });
});

describe('errors thrown at the shop', () => {
  it.each(['load', 'authorize', 'reauthorize', 'finalize', 'loadPaymentReview'] as const)(
    '%s before init is ApplicationNotInitializedError',
    (name) =>
      expect(thrown(() => payments[name]({ container: '#here', ...klarna }))).toBe('ApplicationNotInitializedError'),
  );

  it('authorize before load is ApplicationNotLoadedError', () => {
    payments.init({ client_token: token() });
    expect(thrown(() => payments.authorize(klarna))).toBe('ApplicationNotLoadedError');
  });

  it.each(['#nowhere', '##', '', undefined, null, 7, {}])(
    'container %j is InvalidContainerSelectorError',
    (container) => {
      payments.init({ client_token: token() });
      expect(thrown(() => payments.load({ container, ...klarna }))).toBe('InvalidContainerSelectorError');
    },
  );

  it('load without any category is PaymentMethodCategoryNotProvidedError', () => {
    payments.init({ client_token: token() });
    expect(thrown(() => payments.load({ container: '#here' }))).toBe('PaymentMethodCategoryNotProvidedError');
  });

  it.each(['bitcoin', 7, {}])('category %j is PaymentMethodCategoryNotSupportedError', (category) => {
    payments.init({ client_token: token() });
    const load = () => payments.load({ container: '#here', payment_method_category: category });
    expect(thrown(load)).toBe('PaymentMethodCategoryNotSupportedError');
  });

  it('an unknown event is EventNotSupportedError', () => {
    expect(thrown(() => payments.on('click', () => undefined))).toBe('EventNotSupportedError');
    expect(thrown(() => payments.off('click'))).toBe('EventNotSupportedError');
  });
});

describe('load', () => {
  it('frames the versioned page, hands the token over the line and answers with show_form', async () => {
    const answers: Members[] = [];
    payments.init({ client_token: token() });
    payments.load({ container: '#here', ...klarna }, { billing_address: { city: 'Lund' } }, (one: Members) =>
      answers.push(one),
    );
    const element = inlineFrame();
    expect(element.src).toBe(`${kOrigin}/checkout/v1.0.0/?mode=inline#parent=${encodeURIComponent(location.origin)}`);
    expect(element.src).not.toContain(token());
    const frame = attach(element);
    const start = await frame.start;
    expect(start).toMatchObject({
      mode: 'inline',
      category: 'klarna',
      client_token: token(),
      data: { billing_address: { city: 'Lund' } },
    });
    frame.send({ karv: 'loaded', show_form: true });
    frame.send({ karv: 'loaded', show_form: false });
    await settle();
    expect(answers).toEqual([{ show_form: true }]);
  });

  it('takes an element as container and loads again without leaving the old frame', async () => {
    payments.init({ client_token: token() });
    const container = document.querySelector('#here');
    payments.load({ container, ...klarna });
    payments.load({ container, ...klarna });
    expect(document.querySelectorAll('iframe')).toHaveLength(1);
  });

  it.each([0, -5, Number.NaN, Infinity, 1e9, '300', null])('height %j does not change the frame', async (height) => {
    const frame = await loaded();
    frame.send({ karv: 'height', height: 321.2 });
    frame.send({ karv: 'height', height });
    await settle();
    expect(frame.element.style.height).toBe('322px');
  });

  it('a hello from another origin or another window gets no line', async () => {
    payments.init({ client_token: token() });
    payments.load({ container: '#here', ...klarna });
    const frame = attach(inlineFrame(), 'https://pay.example.evil');
    window.dispatchEvent(new MessageEvent('message', { data: { karv: 'ready' }, origin: kOrigin, source: window }));
    window.dispatchEvent(
      new MessageEvent('message', { data: null, origin: kOrigin, source: inlineFrame().contentWindow }),
    );
    await settle();
    expect(frame.received).toEqual([]);
  });

  it('a frame that never says hello is answered with show_form false', () => {
    vi.useFakeTimers();
    const answer = vi.fn();
    payments.init({ client_token: token() });
    payments.load({ container: '#here', ...klarna }, answer);
    vi.advanceTimersByTime(20_000);
    expect(answer).toHaveBeenCalledExactlyOnceWith({ show_form: false, error: { code: 'FRAME_UNREACHABLE' } });
  });

  it('tells heightChanged until told off', async () => {
    const heard = vi.fn();
    payments.on('heightChanged', heard);
    const frame = await loaded();
    frame.send({ karv: 'height', height: 400 });
    await settle();
    payments.off('heightChanged', heard);
    frame.send({ karv: 'height', height: 500 });
    await settle();
    expect(heard.mock.calls).toEqual([[{ height: 400, payment_method_category: 'klarna' }]]);
  });
});

describe('authorize', () => {
  const data = { billing_address: { given_name: 'Test' } };
  const approved = { approved: true, show_form: true, authorization_token: 'tok', finalize_required: false };

  it.each([
    ['options, data, callback', (done: unknown) => [klarna, data, done]],
    ['data, options, callback', (done: unknown) => [data, klarna, done]],
    [
      'data, options with an empty category, callback',
      (done: unknown) => [data, { payment_method_category: '' }, done],
    ],
    ['options with auto_finalize only, data, callback', (done: unknown) => [{ auto_finalize: true }, data, done]],
  ])('understands %s', async (_name, given) => {
    await loaded();
    const done = vi.fn();
    payments.authorize(...given(done));
    const frame = attach(overlayFrame()!);
    expect(await frame.start).toMatchObject({ mode: 'overlay', category: 'klarna', data, auto_finalize: true });
    frame.send({ karv: 'result', ...approved });
    await settle();
    expect(done).toHaveBeenCalledExactlyOnceWith(approved);
    expect(document.querySelector('dialog')).toBeNull();
  });

  it('understands options and callback, and nothing at all', async () => {
    await loaded();
    const done = vi.fn();
    payments.authorize(klarna, done);
    attach(overlayFrame()!).send({ karv: 'result', approved: false, show_form: false });
    await settle();
    expect(done).toHaveBeenCalledExactlyOnceWith({ approved: false, show_form: false });
    expect(thrown(() => payments.authorize())).toBe('nothing');
  });

  it('with several loaded categories and none named is PaymentMethodCategoryNotProvidedError', async () => {
    await loaded({ payment_method_category: 'pay_now' });
    document.body.append(Object.assign(document.createElement('div'), { id: 'there' }));
    payments.load({ container: '#there', payment_method_category: 'pay_later' });
    expect(thrown(() => payments.authorize({}))).toBe('PaymentMethodCategoryNotProvidedError');
    expect(thrown(() => payments.authorize({ payment_method_category: 'pay_over_time' }))).toBe(
      'ApplicationNotLoadedError',
    );
  });

  it('finds an instance by its id', async () => {
    await loaded({ payment_method_categories: ['pay_now', 'pay_later'], instance_id: 'one' });
    payments.authorize({ instance_id: 'one' }, {}, () => undefined);
    expect(await attach(overlayFrame()!).start).toMatchObject({ category: 'karv' });
  });

  it('carries the plan that was chosen inline', async () => {
    const inline = await loaded();
    inline.send({ karv: 'plan', plan: 'pay_in_3' });
    await settle();
    payments.authorize(klarna);
    expect(await attach(overlayFrame()!).start).toMatchObject({ plan: 'pay_in_3' });
  });

  it('Escape before the frame stands answers approved false, show_form true, and gives scroll and focus back', async () => {
    await loaded();
    document.querySelector<HTMLElement>('#buy')!.focus();
    document.documentElement.style.overflow = 'scroll';
    const done = vi.fn();
    payments.authorize(klarna, {}, done);
    expect(document.documentElement.style.overflow).toBe('hidden');
    document.querySelector('dialog')!.dispatchEvent(new Event('cancel', { cancelable: true }));
    expect(done).toHaveBeenCalledExactlyOnceWith({ approved: false, show_form: true });
    expect(document.documentElement.style.overflow).toBe('scroll');
    expect(document.activeElement?.id).toBe('buy');
    document.documentElement.style.overflow = '';
  });

  it('Escape when the frame stands asks the frame, which may be deciding', async () => {
    await loaded();
    const done = vi.fn();
    payments.authorize(klarna, {}, done);
    const frame = attach(overlayFrame()!);
    await frame.start;
    document.querySelector('dialog')!.dispatchEvent(new Event('cancel', { cancelable: true }));
    document.querySelector('dialog')!.close(); // The browser's own second Escape.
    await settle();
    expect(frame.received.filter(({ karv }) => karv === 'cancel')).toHaveLength(2);
    expect(document.querySelector('dialog')!.open).toBe(true);
    expect(done).not.toHaveBeenCalled();
  });

  it('a second call while one is open is answered and opens nothing', async () => {
    await loaded();
    const second = vi.fn();
    payments.authorize(klarna);
    payments.authorize(klarna, {}, second);
    expect(second).toHaveBeenCalledExactlyOnceWith({
      approved: false,
      show_form: true,
      error: { code: 'IN_PROGRESS' },
    });
    expect(document.querySelectorAll('dialog')).toHaveLength(1);
  });

  it('one result is delivered once, whatever else the frame says', async () => {
    await loaded();
    const done = vi.fn();
    payments.authorize(klarna, {}, done);
    const frame = attach(overlayFrame()!);
    for (const message of ['x', null, 7, {}, { karv: 'other' }]) frame.send(message);
    frame.send({ karv: 'result', ...approved });
    frame.send({ karv: 'result', approved: false });
    await settle();
    expect(done).toHaveBeenCalledExactlyOnceWith(approved);
  });

  it('tells that the overlay is shown and hidden, and finalize repeats the approval', async () => {
    await loaded();
    const heard: string[] = [];
    payments.on('fullscreenOverlayShown', () => heard.push('shown'));
    payments.on('fullscreenOverlayHidden', () => heard.push('hidden'));
    payments.authorize(klarna);
    attach(overlayFrame()!).send({ karv: 'result', ...approved });
    await settle();
    expect(heard).toEqual(['shown', 'hidden']);
    const finalized = vi.fn();
    payments.finalize(klarna, {}, finalized);
    expect(finalized).toHaveBeenCalledExactlyOnceWith(approved);
  });
});

describe('the globals', () => {
  it('the compatibility file adds Klarna beside Karv on the same state and keeps what was there', async () => {
    const page = window as unknown as Record<string, unknown>;
    page['Klarna'] = { Other: 1 };
    const waiting = vi.fn();
    page['klarnaAsyncCallback'] = waiting;
    await import('../src/karv_entry.ts');
    await import('../src/klarna_compat_entry.ts');
    const karv = page['Karv'] as Members;
    expect(page['Klarna']).toEqual({ Other: 1, Payments: karv['Payments'] });
    await settle();
    expect(waiting).toHaveBeenCalledOnce();
  });
});
