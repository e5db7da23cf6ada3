// Three rounds of what ./dev torture --engine postgres does for longer, and the control that must lose.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { networkCanBeMade, readFailover } from '../torture/failover.ts';
import { noFindings } from '../torture/comparing.ts';
import { root } from './support/paths.ts';
import { onPostgres } from './support/postgres.ts';

const possible = networkCanBeMade();
if (onPostgres && !possible) console.warn('NOT DONE: fail-over. Network namespaces take root.');

test.skipIf(!onPostgres || !possible)(
  'a primary dies under load, its synchronous standby takes over, and nothing that was answered is lost',
  () => {
    const json = join(root, 'build/failover-test.json');
    const args = ['--engine', 'postgres', '--only', 'failover', '--rounds', '60', '--shoppers', '4', '--json', json];
    rmSync(json, { force: true });
    const ran = spawnSync(process.execPath, [join(root, 'tests/torture/main.ts'), ...args], { encoding: 'utf8' });
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    const result = readFailover(json);
    expect(result.findings).toEqual(noFindings());
    expect(result.rounds).toBe(3);
    expect(result.acknowledged).toBeGreaterThan(20);
    expect(result.lost_without_waiting).toBeGreaterThan(0);
  },
  300_000,
);
