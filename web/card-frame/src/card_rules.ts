// What a card field may hold: pure functions, no page. The vault checks everything again; this is for the shopper.
// Sources: ISO/IEC 7812-1 (length, Luhn check digit); brand ranges as the schemes publish them.

export type Brand = 'visa' | 'mastercard';
export type FieldName = 'number' | 'expiry' | 'code' | 'name';
export type Problem =
  | 'number_missing'
  | 'number_incomplete'
  | 'number_wrong'
  | 'brand_unknown'
  | 'expiry_missing'
  | 'expiry_wrong'
  | 'expiry_past'
  | 'code_missing'
  | 'code_wrong'
  | 'name_missing'
  | 'name_wrong';

const kYearsAhead = 20;

export const digitsOf = (text: string): string => text.replace(/\D/g, '');

export function brandOf(digits: string): Brand | null {
  if (digits.startsWith('4')) return 'visa';
  const head = Number(digits.slice(0, 4).padEnd(4, '0'));
  const known = digits.length >= 4 || (digits.length >= 2 && head >= 5100 && head < 5600);
  const mastercard = (head >= 5100 && head < 5600) || (head >= 2221 && head < 2721);
  return known && mastercard ? 'mastercard' : null;
}

export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

export function checkNumber(text: string): Problem | null {
  const digits = digitsOf(text);
  if (digits === '') return 'number_missing';
  if (/[^\d\s-]/.test(text)) return 'number_wrong';
  const brand = brandOf(digits);
  if (digits.length >= 4 && brand === null) return 'brand_unknown';
  const lengths = brand === 'visa' ? [13, 16, 19] : [16];
  if (!lengths.includes(digits.length)) return digits.length < 16 ? 'number_incomplete' : 'number_wrong';
  return passesLuhn(digits) ? null : 'number_wrong';
}

export interface Expiry {
  month: number;
  year: number;
}

/** Understands "12/30", "12 / 2030", "1230" and what a month picker fills in, "2030-12". */
export function parseExpiry(text: string): Expiry | null {
  const picker = /^\s*(\d{4})-(\d{2})\s*$/.exec(text);
  const typed = /^\s*(\d{1,2})\s*[/.\s-]\s*(\d{4}|\d{2})\s*$/.exec(text) ?? /^\s*(\d{2})(\d{4}|\d{2})\s*$/.exec(text);
  const [month, year] = picker ? [picker[2], picker[1]] : [typed?.[1], typed?.[2]];
  if (month === undefined || year === undefined) return null;
  return { month: Number(month), year: year.length === 2 ? 2000 + Number(year) : Number(year) };
}

/** A card is good until the end of its month. */
export function checkExpiry(text: string, now: Date): Problem | null {
  if (text.trim() === '') return 'expiry_missing';
  const expiry = parseExpiry(text);
  if (!expiry || expiry.month < 1 || expiry.month > 12) return 'expiry_wrong';
  const months = (expiry.year - now.getFullYear()) * 12 + (expiry.month - 1 - now.getMonth());
  if (months < 0) return 'expiry_past';
  return months > kYearsAhead * 12 ? 'expiry_wrong' : null;
}

export function checkCode(text: string): Problem | null {
  if (text.trim() === '') return 'code_missing';
  return /^\d{3}$/.test(text.trim()) ? null : 'code_wrong';
}

/** A name has letters; a run of digits is most likely a card number in the wrong place. */
export function checkName(text: string): Problem | null {
  const name = text.trim();
  if (name === '') return 'name_missing';
  if (name.length > 60 || !/\p{L}/u.test(name) || digitsOf(name).length > 3) return 'name_wrong';
  return /[\p{Cc}<>]/u.test(name) ? 'name_wrong' : null;
}

export const kChecks: Record<FieldName, (text: string, now: Date) => Problem | null> = {
  number: checkNumber,
  expiry: checkExpiry,
  code: checkCode,
  name: checkName,
};
