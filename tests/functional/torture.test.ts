// A few rounds of what ./dev torture does for longer: kill -9 at random moments, and a full disk.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noFindings } from '../torture/comparing.ts';
import { canMount } from '../torture/disk.ts';
import { engineOfTests } from '../torture/engine.ts';
import { runRounds } from '../torture/rounds.ts';
import { root } from './support/paths.ts';

const seed = Date.now() % 1_000_000_000;

const engine = engineOfTests();

test('kill -9 at ten random moments loses nothing and doubles nothing', async () => {
  const result = await runRounds({ rounds: 10, engine, seed, shoppers: 6, say: console.log });
  const where = `seed ${seed}, kept in ${result.data}`;
  expect(result.findings, where).toEqual(noFindings());
  expect(result.rounds, where).toBe(10);
  expect(result.acknowledged, where).toBeGreaterThan(100);
  expect(result.repeated, where).toBeGreaterThan(50);
}, 300_000);

const namespaces = ['--user', '--map-root-user', '--mount'];
const mountable = canMount() || spawnSync('unshare', [...namespaces, 'true']).status === 0;
if (engine.isFile && !mountable) console.warn('NOT DONE: full disk. Be root, or allow user namespaces.');

test.skipIf(!engine.isFile || !mountable)(
  'a full disk refuses writes, serves reads and comes back by itself',
  () => {
    const args = [
      join(root, 'tests/torture/main.ts'),
      '--only',
      'disk',
      '--json',
      join(root, 'build/torture-test.json'),
    ];
    const ran = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).not.toContain('NOT DONE');
  },
  300_000,
);
