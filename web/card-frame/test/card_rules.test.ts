import { describe, expect, it } from 'vitest';
import {
  brandOf,
  checkCode,
  checkExpiry,
  checkName,
  checkNumber,
  digitsOf,
  parseExpiry,
  passesLuhn,
} from '../src/card_rules.ts';
import { groupExpiry, groupNumber, regroup } from '../src/formatting.ts';

const kNow = new Date(2026, 10, 22);

describe('card number', () => {
  it.each(['4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', ' 5555555555554444 '])(
    '%j is accepted',
    (text) => expect(checkNumber(text)).toBeNull(),
  );

  it.each([
    ['', 'number_missing'],
    ['   ', 'number_missing'],
    ['abc', 'number_missing'],
    ['4', 'number_incomplete'],
    ['4111111111111111'.slice(1), 'brand_unknown'],
    ['4111111111111111'.slice(0, 15), 'number_incomplete'],
    ['4111111111111112', 'number_wrong'],
    ['411111111111111a1', 'number_wrong'],
    ['4111111111111111<script>', 'number_wrong'],
    ['4111111111111111' + '1', 'number_wrong'],
    ['9'.repeat(16), 'brand_unknown'],
    ['3782', 'brand_unknown'],
    ['0'.repeat(16), 'brand_unknown'],
    ['4'.repeat(10_000), 'number_wrong'],
    ['٤١١١١١١١١١١١١١١١', 'number_missing'],
  ])('%.20j is %s', (text, problem) => expect(checkNumber(text)).toBe(problem));

  it('brands follow the published ranges', () => {
    expect(['4', '51', '55', '2221', '2720'].map(brandOf)).toEqual([
      'visa',
      'mastercard',
      'mastercard',
      'mastercard',
      'mastercard',
    ]);
    expect(['', '5', '50', '56', '2220', '2721', '34'].map(brandOf)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('the check digit catches each wrong digit and each swap of unequal neighbors but 09/90', () => {
    const good = digitsOf('4000 0000 0000 9995');
    expect(passesLuhn(good)).toBe(true);
    for (let i = 0; i < good.length; i++) {
      for (let digit = 0; digit < 10; digit++) {
        const changed = good.slice(0, i) + String(digit) + good.slice(i + 1);
        expect(passesLuhn(changed)).toBe(changed === good);
      }
    }
    expect(passesLuhn('')).toBe(false);
  });
});

describe('expiry', () => {
  it.each([
    ['12/30', 12, 2030],
    ['1 / 27', 1, 2027],
    ['1230', 12, 2030],
    ['12/2030', 12, 2030],
    ['122030', 12, 2030],
    ['2030-12', 12, 2030],
    ['12-30', 12, 2030],
  ])('%j is month %d of %d', (text, month, year) => {
    expect(parseExpiry(text)).toEqual({ month, year });
    expect(checkExpiry(text, kNow)).toBeNull();
  });

  it.each([
    ['', 'expiry_missing'],
    ['13/30', 'expiry_wrong'],
    ['00/30', 'expiry_wrong'],
    ['1', 'expiry_wrong'],
    ['12/3', 'expiry_wrong'],
    ['12/303', 'expiry_wrong'],
    ['soon', 'expiry_wrong'],
    ['10/26', 'expiry_past'],
    ['12/1999', 'expiry_past'],
    ['12/47', 'expiry_wrong'],
    ['1'.repeat(5000), 'expiry_wrong'],
  ])('%.20j is %s', (text, problem) => expect(checkExpiry(text, kNow)).toBe(problem));

  it('a card is good in its last month', () => expect(checkExpiry('11/26', kNow)).toBeNull());
});

describe('code and name', () => {
  it.each([
    ['123', null],
    [' 123 ', null],
    ['', 'code_missing'],
    ['12', 'code_wrong'],
    ['1234', 'code_wrong'],
    ['12a', 'code_wrong'],
  ])('code %j is %s', (text, problem) => expect(checkCode(text)).toBe(problem));

  it.each([
    ['Test Person', null],
    ["Åsa D'Örr-Ü", null],
    ['李小龍', null],
    ['Person 3rd', null],
    ['', 'name_missing'],
    ['12', 'name_wrong'],
    ['Card 4111 1111 1111 1111', 'name_wrong'],
    ['<b>Test</b>', 'name_wrong'],
    ['Te\u0000st', 'name_wrong'],
    ['x'.repeat(61), 'name_wrong'],
  ])('name %.20j is %s', (text, problem) => expect(checkName(text)).toBe(problem));
});

describe('grouping', () => {
  it.each([
    ['41111', '4111 1'],
    ['4111', '4111'],
    ['', ''],
    ['4111x1111', '4111 1111'],
    ['4'.repeat(40), '4444 4444 4444 4444 444'],
  ])('number %.20j reads %j', (text, grouped) => expect(groupNumber(text)).toBe(grouped));

  it.each([
    ['1', '1'],
    ['7', '07'],
    ['12', '12'],
    ['123', '12 / 3'],
    ['1230', '12 / 30'],
    ['122030', '12 / 30'],
    ['12/2030', '12 / 30'],
    ['1/30', '01 / 30'],
    ['2030-12', '12 / 30'],
    ['12 / 30', '12 / 30'],
    ['x', ''],
  ])('expiry %j reads %j', (text, grouped) => expect(groupExpiry(text)).toBe(grouped));

  it.each([
    // A digit put in the middle keeps the caret behind it, across the space that moves.
    [
      { text: '41112 1111', caret: 5 },
      { text: '4111 2111 1', caret: 6 },
    ],
    // A deleted space leaves the caret behind the digit before it, so that the next delete removes that digit.
    [
      { text: '41111111', caret: 4 },
      { text: '4111 1111', caret: 4 },
    ],
    [
      { text: '4111 1111', caret: 9 },
      { text: '4111 1111', caret: 9 },
    ],
    [
      { text: '4111 1111', caret: 0 },
      { text: '4111 1111', caret: 0 },
    ],
  ])('%j becomes %j', (typed, expected) => expect(regroup(typed, groupNumber)).toEqual(expected));
});
