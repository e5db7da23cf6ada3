// Which card behaves how. Cards are told apart by a keyed hash whose key is made at start and kept in memory only: no
// number is stored, compared as text, or turned into a string after it arrives.
//
// The list is the one of tests/shared/test_cards.json (a test holds them equal). Any other number with a right check
// digit is approved; numbers of the canary range also obey the override set through the sandbox's page.
import { createHmac, randomBytes } from 'node:crypto';

export const behaviours = [
  'approve',
  'decline_05',
  'decline_51',
  'decline_54',
  'timeout',
  'late',
  'duplicate',
  'decline_on_charge',
  'refuse_completion',
] as const;
export type Behaviour = (typeof behaviours)[number];

export interface TestCard {
  readonly name: string;
  readonly number: string;
  readonly behaviour: Behaviour;
}

export const testCards: readonly TestCard[] = [
  { name: 'approve', number: '4111111111111111', behaviour: 'approve' },
  { name: 'approve_mastercard', number: '5555555555554444', behaviour: 'approve' },
  { name: 'decline_05', number: '4000000000000002', behaviour: 'decline_05' },
  { name: 'decline_51', number: '4000000000009995', behaviour: 'decline_51' },
  { name: 'decline_54', number: '4000000000000069', behaviour: 'decline_54' },
  { name: 'timeout', number: '4000000000000119', behaviour: 'timeout' },
  { name: 'late', number: '4000000000000127', behaviour: 'late' },
  { name: 'duplicate', number: '4000000000000135', behaviour: 'duplicate' },
  { name: 'decline_on_charge', number: '4000000000000143', behaviour: 'decline_on_charge' },
  { name: 'refuse_completion', number: '4000000000000150', behaviour: 'refuse_completion' },
];

/** First eight digits of the numbers that tests make up at run time. */
const canaryPrefix = Buffer.from('40001200', 'latin1');

export interface Card {
  readonly fingerprint: string;
  readonly brand: 'visa' | 'mastercard' | 'other';
  readonly last4: string;
  readonly behaviour: Behaviour;
}

export class CardDirectory {
  readonly #key = randomBytes(32);
  readonly #behaviours: ReadonlyMap<string, Behaviour>;
  #override: { behaviour: Behaviour; left: number } | null = null;

  constructor() {
    this.#behaviours = new Map(
      testCards.map((card) => [this.fingerprint(Buffer.from(card.number, 'latin1')), card.behaviour]),
    );
  }

  fingerprint(pan: Buffer): string {
    return createHmac('sha256', this.#key).update(pan).digest('base64url');
  }

  /** Says whose card it is and how it behaves; null when the number has a wrong length or check digit. */
  find(pan: Buffer): Card | null {
    if (pan.length < 12 || pan.length > 19 || !checkDigitIsRight(pan)) return null;
    const fingerprint = this.fingerprint(pan);
    return {
      fingerprint,
      brand: brandOf(pan),
      last4: pan.toString('latin1', pan.length - 4),
      behaviour: this.#behaviours.get(fingerprint) ?? 'approve',
    };
  }

  /** Whether the issuer refuses to pay what it has held on this card. A completion carries no number. */
  refusesCompletions(fingerprint: string): boolean {
    return this.#behaviours.get(fingerprint) === 'refuse_completion';
  }

  /** Takes one use of the override when the card is of the canary range. */
  behaviourNow(pan: Buffer, card: Card): Behaviour {
    if (this.#override === null || !pan.subarray(0, 8).equals(canaryPrefix)) return card.behaviour;
    const { behaviour } = this.#override;
    this.#override.left -= 1;
    if (this.#override.left === 0) this.#override = null;
    return behaviour;
  }

  setOverride(behaviour: Behaviour, count: number): void {
    this.#override = { behaviour, left: count };
  }

  get override(): { readonly behaviour: Behaviour; readonly left: number } | null {
    return this.#override;
  }
}

/** ISO/IEC 7812-1 annex B: from the right, every second digit doubled, digits summed, a multiple of ten. */
export function checkDigitIsRight(pan: Buffer): boolean {
  let sum = 0;
  for (let i = 0; i < pan.length; i++) {
    const digit = (pan[pan.length - 1 - i] ?? 0) - 0x30;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function brandOf(pan: Buffer): Card['brand'] {
  const two = ((pan[0] ?? 0) - 0x30) * 10 + ((pan[1] ?? 0) - 0x30);
  if (two >= 40 && two <= 49) return 'visa';
  if ((two >= 51 && two <= 55) || (two >= 22 && two <= 27)) return 'mastercard';
  return 'other';
}
