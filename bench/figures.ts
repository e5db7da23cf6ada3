// Writes the vault's figures from a result of `./dev bench` into docs/vault.md, between its two marks.
//
//   node bench/figures.ts [build/bench/bench.json]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tests/functional/support/paths.ts';
import { readReport } from './support/compare.ts';
import { withFigures } from './support/vault_table.ts';

const page = join(root, 'docs/vault.md');
try {
  const report = readReport(process.argv[2] ?? join(root, 'build/bench/bench.json'));
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), report));
  console.log(`written: ${page}`);
} catch (error) {
  console.error(`figures: ${(error as Error).message}`);
  process.exitCode = 2;
}
