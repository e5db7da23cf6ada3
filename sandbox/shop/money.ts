// Amounts of the shop: whole cents in, text out, and back. No fractions anywhere; sums stay far below 2^53.
import { market } from './market.ts';

/** "349.00 EUR" would be right too; people read "€349.00". */
const formatter = new Intl.NumberFormat('en-IE', { style: 'currency', currency: market.currency });

export function formatAmount(minor: number): string {
  const digits = String(Math.abs(minor)).padStart(3, '0');
  const decimal = `${minor < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  return formatter.format(decimal as Intl.StringNumericLiteral);
}

/** "12.50" or "12,5" is no amount; "12.50", "12,50" and "12" are. Null for anything else. */
export function parseAmount(text: string): number | null {
  const match = /^(\d{1,7})(?:[.,](\d{2}))?$/.exec(text.trim());
  return match === null ? null : Number(match[1]) * 100 + Number(match[2] ?? '0');
}

/** The form in which an amount is typed: "349.00". */
export function plainAmount(minor: number): string {
  const digits = String(minor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The tax inside a gross amount, rounded half up. */
export function taxWithin(gross: number, rate: number): number {
  const whole = BigInt(10_000 + rate);
  const net = (BigInt(gross) * 10_000n * 2n + whole) / (whole * 2n);
  return gross - Number(net);
}
