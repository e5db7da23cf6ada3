// @vitest-environment jsdom
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startCardForm, type CardForm } from '../src/card_form.ts';
import { parentOrigin } from '../src/parent.ts';

const kPage = readFileSync(`${import.meta.dirname}/../index.html`, 'utf8');
const tell = vi.fn();
let form: CardForm;

const input = (id: string) => document.querySelector<HTMLInputElement>(`#${id}`)!;
const error = (id: string) => document.querySelector(`#${id}-error`)!.textContent;

function type(id: string, text: string): void {
  input(id).value = text;
  input(id).dispatchEvent(new Event('input', { bubbles: true }));
}

function fill(number = '4111111111111111'): void {
  type('number', number);
  type('expiry', '1240');
  type('code', '123');
  type('name', 'Test Person');
}

function answer(status: number, body: unknown): ReturnType<typeof vi.fn> {
  const mock = vi.fn(async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', mock);
  return mock;
}

const told = (kind: string) => tell.mock.calls.filter(([one]) => one === kind).map(([, members]) => members as unknown);

beforeEach(() => {
  const page = new DOMParser().parseFromString(kPage, 'text/html');
  document.body.replaceChildren(...page.body.children);
  tell.mockClear();
  form = startCardForm(document, 'the-ticket', 'en', { tell });
});
afterEach(() => vi.unstubAllGlobals());

describe('the card form', () => {
  it('has one form with the four autocomplete purposes', () => {
    expect(document.querySelectorAll('form')).toHaveLength(1);
    expect(['number', 'expiry', 'code', 'name'].map((id) => input(id).autocomplete)).toEqual([
      'cc-number',
      'cc-exp',
      'cc-csc',
      'cc-name',
    ]);
  });

  it('posts the card with its ticket, clears itself and tells the parent brand and last four only', async () => {
    const post = answer(200, { brand: 'visa', last4: '1111', expiry: '12/40', number: 'never passed on' });
    fill('4111 1111 1111 1111');
    await form.submit();
    const [url, init] = post.mock.calls[0] as [string, RequestInit];
    expect(url).toBe('/frame/v1/card');
    expect(JSON.parse(init.body as string)).toEqual({
      ticket: 'the-ticket',
      number: '4111111111111111',
      expiry_month: 12,
      expiry_year: 2040,
      code: '123',
      name: 'Test Person',
    });
    expect(told('card.done')).toEqual([{ brand: 'visa', last4: '1111', expiry: '12/40' }]);
    expect(['number', 'expiry', 'code', 'name'].map((id) => input(id).value)).toEqual(['', '', '', '']);
    const everything = JSON.stringify(tell.mock.calls);
    expect(everything).not.toMatch(/\d{5}|Test Person/);
  });

  it('shows what is wrong beside each field, goes to the first, and sends nothing', async () => {
    const post = answer(200, {});
    type('number', '4111111111111112');
    await form.submit();
    expect(post).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(input('number'));
    expect(input('number').getAttribute('aria-invalid')).toBe('true');
    expect(input('number').getAttribute('aria-describedby')).toContain('number-error');
    expect([error('number'), error('expiry'), error('code'), error('name')].every((text) => text !== '')).toBe(true);
    expect(told('card.error')).toMatchObject([{ code: 'INVALID_CARD_NUMBER' }]);
    fill();
    expect([error('number'), error('expiry'), error('code'), error('name')]).toEqual(['', '', '', '']);
  });

  it.each([
    ['INVALID_CARD_NUMBER', 'number'],
    ['INVALID_EXPIRY', 'expiry'],
    ['INVALID_CODE', 'code'],
    ['INVALID_NAME', 'name'],
  ])('%s from the vault is shown at its field', async (code, field) => {
    answer(400, { code });
    fill();
    await form.submit();
    expect(error(field)).not.toBe('');
    expect(document.activeElement).toBe(input(field));
    expect(told('card.error')).toMatchObject([{ code }]);
  });

  it('every field that the vault names is marked, and the first gets the focus', async () => {
    const errors = ['INVALID_EXPIRY', 'INVALID_NAME'].map((code) => ({ field: 'ignored', code, detail: '<b>' }));
    answer(400, { code: 'INVALID_EXPIRY', errors });
    fill();
    await form.submit();
    const invalid = (id: string) => input(id).getAttribute('aria-invalid');
    expect(['number', 'expiry', 'code', 'name'].map(invalid)).toEqual([null, 'true', null, 'true']);
    expect(['number', 'expiry', 'code', 'name'].map((id) => error(id) !== '')).toEqual([false, true, false, true]);
    expect(input('name').getAttribute('aria-describedby')).toContain('name-error');
    expect(document.activeElement).toBe(input('expiry'));
    expect(document.body.innerHTML).not.toContain('&lt;b&gt;');
    expect(told('card.error')).toMatchObject([{ code: 'INVALID_EXPIRY' }]);
  });

  it.each([
    ['a word', 'INVALID_NAME'],
    ['null', null],
    ['odd entries', [null, 1, {}, { code: 7 }, { code: 'constructor' }]],
  ])('a list of errors that is %s does no harm', async (_name, errors) => {
    answer(400, { code: 'INVALID_CODE', errors });
    fill();
    await form.submit();
    expect(told('card.error')).toMatchObject([{ code: 'INVALID_CODE' }]);
    expect(input('number').value).toBe('4111 1111 1111 1111');
  });

  it.each(['TICKET_USED', 'TICKET_EXPIRED', 'TICKET_UNKNOWN'])('%s clears the form', async (code) => {
    answer(code === 'TICKET_UNKNOWN' ? 404 : 410, { code });
    fill();
    await form.submit();
    expect(input('number').value).toBe('');
    expect(document.querySelector('#form-error')!.textContent).not.toBe('');
    expect(told('card.error')).toMatchObject([{ code }]);
  });

  it.each([
    ['a web page', 200, '<html>'],
    ['a success without members', 200, {}],
    ['a success with a whole number as last4', 200, { brand: 'visa', last4: '4111111111111111', expiry: '12/40' }],
    ['a server failure', 500, { code: 'INVALID_CODE' }],
    ['null', 200, 'null'],
    ['an error without a code', 400, {}],
  ])('%s leaves the values for another try', async (_name, status, body) => {
    answer(status, body);
    fill();
    await form.submit();
    expect(told('card.error')).toMatchObject([{ code: 'UNREACHABLE' }]);
    expect(told('card.done')).toEqual([]);
    expect(input('number').value).toBe('4111 1111 1111 1111');
  });

  it('two submits at once are one post', async () => {
    const post = answer(200, { brand: 'visa', last4: '1111', expiry: '12/40' });
    fill();
    await Promise.all([form.submit(), form.submit()]);
    expect(post).toHaveBeenCalledOnce();
  });

  it('tells when it is complete, once per change', () => {
    fill();
    type('code', '12');
    type('code', '1');
    expect(told('card.change')).toEqual([
      { complete: false, brand: 'visa' },
      { complete: true, brand: 'visa' },
      { complete: false, brand: 'visa' },
    ]);
  });

  it.each([
    ['sv', 'Kortnummer'],
    ['de-AT', 'Kartennummer'],
    ['xx', 'Card number'],
    ['constructor', 'Card number'],
    ['', 'Card number'],
  ])('in %j the first label is %j', (language, label) => {
    startCardForm(document, 't', language, { tell });
    expect(document.querySelector('label[for=number]')!.textContent).toBe(label);
  });
});

describe('the parent origin', () => {
  const origin = (written: string) => {
    document.head.replaceChildren(
      Object.assign(document.createElement('meta'), { name: 'karv-parent', content: written }),
    );
    return parentOrigin(document);
  };

  it('is exactly what the vault wrote', () =>
    expect(origin('https://pay.localhost:8443')).toBe('https://pay.localhost:8443'));

  it.each([
    '{{PARENT_ORIGIN}}',
    '',
    '*',
    'null',
    'http://pay.localhost',
    'https://pay.localhost/',
    'https://pay.localhost/x',
    'javascript:1',
  ])('%j is no origin', (written) => expect(origin(written)).toBeNull());
});
