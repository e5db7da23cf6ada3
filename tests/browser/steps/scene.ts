// What every step of a purchase works with.
import type { Page } from 'playwright-core';
import { testCard, type Addresses } from '../world/addresses.ts';
import type { Sandbox } from '../world/sandbox.ts';

export interface Card {
  readonly number: string;
  readonly code: string;
}

/** The documented card that is approved, with a code like any other. */
export const kApproved: Card = { number: testCard('approve'), code: '737' };

export interface Scene {
  readonly page: Page;
  readonly karv: Addresses;
  readonly sandbox: Sandbox;
  readonly email: string;
  /** What the shopper pays with. */
  readonly card: Card;
  /** Looks at the page as it stands: a picture, and whatever else the caller wants to know of it. */
  look(name: string, page?: Page): Promise<void>;
}

let made = 0;

/** An address that no purchase before used, so that limits per person do not depend on what ran earlier. */
export function freshEmail(): string {
  made += 1;
  return `mira.${Date.now().toString(36)}.${process.pid}.${made}@example.com`;
}
