// Groups what is typed without moving the caret from the digit it stands behind.
import { digitsOf } from './card_rules.ts';

export interface Typed {
  text: string;
  caret: number;
}

const kLongestNumber = 19;

/** "41111111" -> "4111 1111". */
export function groupNumber(text: string): string {
  return digitsOf(text)
    .slice(0, kLongestNumber)
    .replace(/(\d{4})(?=\d)/g, '$1 ');
}

/** "7" -> "07", "1230" -> "12 / 30"; a full year and a month picker's form become the short form. */
export function groupExpiry(text: string): string {
  const picker = /^\s*(?:20)(\d{2})-(\d{2})\s*$/.exec(text);
  if (picker) return `${picker[2]} / ${picker[1]}`;
  const single = /^\s*(\d)\s*[/.-]\s*(\d*)/.exec(text);
  let digits = single ? `0${single[1]}${single[2]}` : digitsOf(text);
  if (/^[2-9]/.test(digits)) digits = `0${digits}`;
  const month = digits.slice(0, 2);
  const rest = digits.slice(2);
  const year = /^20\d{2}/.test(rest) ? rest.slice(2, 4) : rest.slice(0, rest.startsWith('20') ? 4 : 2);
  return year === '' ? month : `${month} / ${year}`;
}

/** Applies a grouping and finds where the caret belongs: behind the same number of digits as before. */
export function regroup(typed: Typed, group: (text: string) => string): Typed {
  const text = group(typed.text);
  if (typed.caret >= typed.text.length) return { text, caret: text.length };
  // A digit that grouping put in front ("7" -> "07") moves the caret along.
  const added = Math.max(0, digitsOf(text).length - digitsOf(typed.text).length);
  let behind = digitsOf(typed.text.slice(0, typed.caret)).length + added;
  let caret = 0;
  while (behind > 0 && caret < text.length) {
    if (/\d/.test(text.charAt(caret))) behind--;
    caret++;
  }
  return { text, caret };
}
