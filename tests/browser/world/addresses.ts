// Where a Karv that `karv dev` started can be reached: what it wrote into its data folder.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const kRoot = resolve(import.meta.dirname, '../../..');
/** Where pictures and logs of failures go. */
export const kArtifacts = resolve(process.env['KARV_ARTIFACTS_DIR'] ?? join(kRoot, 'artifacts'));

export interface Addresses {
  readonly folder: string;
  readonly pay: string;
  readonly vault: string;
  readonly vault_staff: string;
  readonly vault_private: string;
  readonly shop: string;
  readonly account: string;
  readonly mail: string;
  readonly card_network: string;
  readonly ca_file: string;
  readonly server_config: string;
  readonly processes: Readonly<Record<string, number>>;
}

const kTexts = [
  'pay',
  'vault',
  'vault_staff',
  'vault_private',
  'shop',
  'account',
  'mail',
  'card_network',
  'ca_file',
  'server_config',
] as const;

export function readAddresses(folder: string): Addresses {
  const file = join(folder, 'addresses.json');
  if (!existsSync(file)) throw new Error(`${file} is not there: is \`karv dev\` up? ./dev run starts it.`);
  const read = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  for (const name of kTexts) if (typeof read[name] !== 'string') throw new Error(`${file} says no ${name}`);
  return { ...(read as unknown as Addresses), folder };
}

/** The number of a documented test card. */
export function testCard(name: string): string {
  const file = join(kRoot, 'tests/shared/test_cards.json');
  const cards = JSON.parse(readFileSync(file, 'utf8')) as { name: string; number: string }[];
  const found = cards.find((card) => card.name === name);
  if (found === undefined) throw new Error(`${file} lists no card ${name}`);
  return found.number;
}
