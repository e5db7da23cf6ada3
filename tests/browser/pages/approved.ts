// Reads what was approved: approved.json beside this file, and the inventory of the pages as they were built.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kRoot, type Addresses } from '../world/addresses.ts';
import type { Approved, ApprovedPage } from './compare.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

export function readApproved({ pay, vault, shop }: Pick<Addresses, 'pay' | 'vault' | 'shop'>): Approved {
  const pages = read(join(import.meta.dirname, 'approved.json')) as Record<string, ApprovedPage>;
  const { scripts } = read(join(kRoot, 'web/dist/scripts.json')) as Pick<Approved, 'scripts'>;
  return { pages, scripts, origins: { pay, vault, shop } };
}
