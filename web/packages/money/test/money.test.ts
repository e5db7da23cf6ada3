import { describe, expect, it } from 'vitest';
import { decimalText, exponentOf, formatDate, formatMoment, formatMoney, sumMinor } from '../src/index.ts';

// Intl separates with no-break spaces; which kind differs by locale data, so all spaces compare equal.
const plain = (text: string) => text.replace(/\s/gu, ' ').replace('\u2212', '-');

describe('money', () => {
  it.each([
    [3334, 'EUR', 'en-GB', '€33.34'],
    [3334, 'EUR', 'de-DE', '33,34 €'],
    [123456, 'SEK', 'sv-SE', '1 234,56 kr'],
    [0, 'EUR', 'en-GB', '€0.00'],
    [5, 'EUR', 'en-GB', '€0.05'],
    [-1050, 'EUR', 'en-GB', '-€10.50'],
    [1050, 'JPY', 'en-US', '¥1,050'],
    [1050, 'KWD', 'en-US', 'KWD 1.050'],
    [9007199254740991, 'EUR', 'en-GB', '€90,071,992,547,409.91'],
  ])('%d %s in %s reads %s', (minor, currency, locale, text) => {
    expect(plain(formatMoney(minor, currency, locale))).toBe(text);
  });

  it.each([0.5, Number.NaN, Infinity, 2 ** 53])('%d is refused as an amount', (minor) => {
    expect(() => formatMoney(minor, 'EUR', 'en')).toThrow(RangeError);
  });

  it.each(['', 'eur', 'EURO', 'E1R', '€'])('%j is refused as a currency', (currency) => {
    expect(() => formatMoney(1, currency, 'en')).toThrow(RangeError);
  });

  // ISO 4217, list one: minor units.
  it.each([
    ['SEK', 2],
    ['ISK', 0],
    ['IQD', 3],
    ['CLF', 4],
  ] as const)('%s has %d decimals', (currency, exponent) => {
    expect(exponentOf(currency)).toBe(exponent);
  });

  it('moves the point and nothing else', () => {
    expect(decimalText(1, 4)).toBe('0.0001');
    expect(decimalText(-1, 0)).toBe('-1');
  });

  it('adds and refuses to lose precision', () => {
    expect(sumMinor([3334, 3333, 3333])).toBe(10000);
    expect(sumMinor([])).toBe(0);
    expect(() => sumMinor([Number.MAX_SAFE_INTEGER, 1])).toThrow(RangeError);
  });
});

describe('dates', () => {
  it('read as the same day in every zone and in the habit of the locale', () => {
    expect(formatDate('2026-12-22', 'en-GB')).toBe('22 December 2026');
    expect(formatDate('2026-12-22', 'sv-SE', 'short')).toBe('22 dec. 2026');
    expect(formatDate('2026-12-22', 'de-DE', 'day')).toBe('22. Dez.');
  });

  it.each(['2026-02-30', '22/12/2026', '', '2026-12-22T00:00:00Z', '2026-13-01'])('%j is refused', (date) => {
    expect(() => formatDate(date, 'en')).toThrow(RangeError);
  });

  it('a moment that is none is refused', () => {
    expect(() => formatMoment('soon', 'en')).toThrow(RangeError);
    expect(formatMoment('2026-12-22T10:00:00Z', 'en-GB')).toContain('2026');
  });
});
