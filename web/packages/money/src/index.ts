// Amounts and dates as people read them.
// An amount is an integer number of minor units with an ISO 4217 code, and stays one: it is turned into a decimal
// string by moving the point, never by dividing, and Intl renders that string exactly.
// Source: ISO 4217 exponents (Intl follows display habits instead, e.g. no decimals for ISK but also none for IQD).

const kNoDecimals = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
const kThreeDecimals = 'BHD IQD JOD KWD LYD OMR TND';
const kFourDecimals = 'CLF UYW';

/** How many decimals the currency's minor unit has. */
export function exponentOf(currency: string): number {
  if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError('currency is not an ISO 4217 code');
  if (kNoDecimals.includes(currency)) return 0;
  if (kThreeDecimals.includes(currency)) return 3;
  return kFourDecimals.includes(currency) ? 4 : 2;
}

/** The exact decimal text of an amount, e.g. (-1050, 2) -> "-10.50". Units: minor. */
export function decimalText(minor: number, exponent: number): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError('amount is not a whole number of minor units');
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const sign = minor < 0 ? '-' : '';
  return exponent === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-exponent)}`;
}

/** An amount in the reader's habits, e.g. 3334 EUR -> "33,34 €" (de). Units: minor. */
export function formatMoney(minor: number, currency: string, locale: string): string {
  const exponent = exponentOf(currency);
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  // Intl takes decimal strings exactly (ES2023); the library types say so only for literals.
  return format.format(decimalText(minor, exponent) as `${number}`);
}

/** Adds amounts of one currency. Units: minor. */
export function sumMinor(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => {
    const next = sum + amount;
    if (!Number.isSafeInteger(next)) throw new RangeError('sum of amounts is out of range');
    return next;
  }, 0);
}

export type DateStyle = 'long' | 'short' | 'day';

const kDateStyles: Record<DateStyle, Intl.DateTimeFormatOptions> = {
  long: { day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short', year: 'numeric' },
  day: { day: 'numeric', month: 'short' },
};

/** A calendar date ("YYYY-MM-DD", no zone) in the reader's habits. */
export function formatDate(date: string, locale: string, style: DateStyle = 'long'): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!match) throw new RangeError('date is not YYYY-MM-DD');
  const utc = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(utc.getTime()) || utc.getUTCDate() !== Number(match[3])) throw new RangeError('no such date');
  return new Intl.DateTimeFormat(locale, { ...kDateStyles[style], timeZone: 'UTC' }).format(utc);
}

/** A moment (RFC 3339) as date and time in the reader's own zone. */
export function formatMoment(moment: string, locale: string): string {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) throw new RangeError('moment is not RFC 3339');
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}
