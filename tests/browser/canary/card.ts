// One card that exists nowhere else: a number of the canary range and a security code, made when the test runs and
// written down nowhere. Source of the check digit: ISO/IEC 7812-1 annex B.
import { randomInt } from 'node:crypto';

export interface CanaryCard {
  readonly number: string;
  readonly code: string;
}

function checkDigit(body: string): number {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    const digit = Number(body[body.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}

export function makeCanary(): CanaryCard {
  const body = `40001200${String(randomInt(10_000_000)).padStart(7, '0')}`;
  // Codes that look like a status, a port or a round amount would be found everywhere.
  const code = `${randomInt(6, 10)}${randomInt(1, 10)}${randomInt(1, 10)}`;
  return { number: body + checkDigit(body), code };
}
