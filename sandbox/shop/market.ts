// Where the demo shop sells: one country, one currency, one tax rate, and the person its address form starts with.

export const market = {
  country: 'DE',
  currency: 'EUR',
  locale: 'en-DE',
  /** Percent times 100, as the merchant API counts. */
  taxRate: 1900,
} as const;

export interface Address {
  readonly given_name: string;
  readonly family_name: string;
  readonly email: string;
  readonly street_address: string;
  readonly postal_code: string;
  readonly city: string;
  readonly country: string;
}

/** Nobody: the domain is reserved for examples (RFC 2606). */
export const demoPerson: Address = {
  given_name: 'Mira',
  family_name: 'Brandt',
  email: 'mira.brandt@example.com',
  street_address: 'Hafenweg 12',
  postal_code: '20457',
  city: 'Hamburg',
  country: market.country,
};

const limits: Readonly<Record<Exclude<keyof Address, 'country'>, number>> = {
  given_name: 99,
  family_name: 99,
  email: 99,
  street_address: 99,
  postal_code: 10,
  city: 99,
};

/** An address from untrusted members, or the name of the member that is wrong. */
export function parseAddress(value: unknown): Address | { readonly wrong: string } {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const read: Record<string, string> = {};
  for (const [name, limit] of Object.entries(limits)) {
    const text = given[name];
    if (typeof text !== 'string' || text.trim() === '' || text.length > limit) return { wrong: name };
    read[name] = text.trim();
  }
  if (!/^[^\s@]+@[^\s@]+$/.test(read['email'] ?? '')) return { wrong: 'email' };
  return { ...(read as unknown as Address), country: market.country };
}
