// The vault: tokenize, describe, use and rewrap per second inside one process (vault_bench), on both engines, and the
// same through its private door.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDatabases } from '../../tests/functional/support/postgres.ts';
import type { Measured, Scale } from '../support/bench.ts';
import { runProgram } from '../support/programs.ts';
import * as report from '../support/report.ts';
import { measureVaultDoor } from './vault_door.ts';

interface Round {
  readonly per_second: number;
  readonly cpu_us: number;
}
interface VaultLine {
  readonly engine: string;
  readonly task: string;
  readonly callers: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** Of holds while keys were moved. */
  readonly beside_p99_ms: number | null;
  readonly writes_per_commit: number;
  readonly cpu_ratio: number;
  readonly ours: readonly Round[];
  readonly limit: readonly Round[];
}

const rates = (rounds: readonly Round[]): number[] => rounds.map((one) => one.per_second);

function lineOf(line: VaultLine): report.Line {
  const { engine, task, callers, p50_ms, p95_ms, p99_ms, writes_per_commit, cpu_ratio, beside_p99_ms } = line;
  const cpu_us = report.median(line.ours.map((one) => one.cpu_us));
  const beside = beside_p99_ms === null ? {} : { beside_p99_ms };
  return {
    name: `vault, ${task}, ${engine}`,
    unit: '/s',
    ...report.held(rates(line.ours), rates(line.limit), 'AES-GCM, HMAC and the same rows'),
    goal: report.atLeast(0.5),
    notes: { callers, p50_ms, p95_ms, p99_ms, writes_per_commit, cpu_us, cpu_ratio, ...beside },
  };
}

export async function measureVault(scale: Scale): Promise<Measured> {
  const databases = await makeDatabases();
  const folder = mkdtempSync(join(tmpdir(), 'karv-vault-bench-'));
  const file = join(folder, 'vault.json');
  const amount = scale.quick
    ? ['--seconds', '0.2', '--rounds', '2']
    : ['--seconds', '2', '--rounds', `${scale.rounds}`];
  await runProgram('vault_bench', [...amount, '--postgres', databases.vault, '--json', file]);
  const { lines } = JSON.parse(readFileSync(file, 'utf8')) as { lines: VaultLine[] };
  rmSync(folder, { recursive: true });
  const doors = [...(await measureVaultDoor(scale, 'sqlite')), ...(await measureVaultDoor(scale, 'postgres'))];
  return { lines: [...lines.map(lineOf), ...doors], figures: [] };
}
