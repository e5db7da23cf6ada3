// @vitest-environment jsdom
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { grouped, spoken, startShown, type Shown } from '../src/shown.ts';
import type { ShownCard } from '../src/staff_api.ts';

const kPage = readFileSync(`${import.meta.dirname}/../index.html`, 'utf8');
const kCard: ShownCard = {
  level: 'full',
  brand: 'visa',
  number: '4111111111111111',
  expiry: '12/40',
  hide_at: 60_000,
  looks_left: 0,
};
const told = vi.fn();
let shown: Shown;
const text = (): string => document.querySelector('#shown')!.textContent.replaceAll(/\s+/g, ' ');
const isHidden = (): boolean => document.querySelector<HTMLElement>('#shown')!.hidden && !/\d{4}/.test(text());

describe('the card on the screen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    const page = new DOMParser().parseFromString(kPage, 'text/html');
    document.body.replaceChildren(...page.body.children);
    told.mockClear();
    shown = startShown(document, told);
  });
  afterEach(() => vi.useRealTimers());

  it('is read in groups, and digit by digit by a screen reader', () => {
    expect(grouped('4111111111111111')).toBe('4111 1111 1111 1111');
    expect(grouped('************1111')).toBe('•••• •••• •••• 1111');
    expect(grouped('3782***********')).toBe('3782 •••••• •••••');
    expect(spoken('4111')).toBe('4 1 1 1');
    expect(spoken('411111******1111')).toBe('4 1 1 1 1 1 6 hidden digits, 1 1 1 1');
  });

  it('is gone when its time is over, and says so', () => {
    shown.show(kCard, 57_000);
    expect(text()).toContain('4111 1111 1111 1111');
    vi.advanceTimersByTime(2_500);
    expect(isHidden()).toBe(false);
    vi.advanceTimersByTime(750);
    expect(isHidden()).toBe(true);
    expect(told).toHaveBeenCalledWith('The card is hidden again.');
  });

  it('is gone after a minute whatever the clocks say', () => {
    shown.show(kCard, -1e12);
    vi.advanceTimersByTime(60_250);
    expect(isHidden()).toBe(true);
  });

  it.each([
    ['the button', () => document.querySelector<HTMLElement>('#hide')!.click()],
    ['Escape', () => document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))],
    ['leaving the page', () => window.dispatchEvent(new Event('pagehide'))],
    [
      'another tab',
      () => {
        vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
        document.dispatchEvent(new Event('visibilitychange'));
      },
    ],
  ])('is gone with %s', (_name, leave) => {
    shown.show(kCard, 0);
    expect(isHidden()).toBe(false);
    leave();
    expect(isHidden()).toBe(true);
  });

  it.each(['copy', 'cut', 'dragstart', 'contextmenu', 'selectstart'])('does not answer to %s', (name) => {
    shown.show(kCard, 0);
    const event = new Event(name, { bubbles: true, cancelable: true });
    document.querySelector('#digits')!.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
  });
});
