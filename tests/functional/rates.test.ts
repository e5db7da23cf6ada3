// How often one merchant may call, and one client post to the card form: the real executables, each alone on the data
// of a Karv that was stopped, with small limits in its configuration.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, type Answer } from './support/client.ts';
import { bin } from './support/paths.ts';
import { openSession, purchase } from './support/purchases.ts';
import { System } from './support/system.ts';

let system: System;
let client: Client;
let vaultPort: number;
let authority: Buffer;
beforeAll(async () => {
  system = await System.start();
  client = new Client(system);
  vaultPort = Number(new URL(system.addresses.vault).port);
  authority = system.authority;
  await openSession(client);
  await system.stop();
});
afterAll(async () => {
  client.close();
  await system.stopClean();
});

/** Runs one executable with more in its configuration until the work is done. */
async function limited(
  name: 'server' | 'vault',
  change: (toml: string) => string,
  isUp: () => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  const file = join(system.data, `${name}-limited.toml`);
  writeFileSync(file, change(readFileSync(join(system.data, `${name}.toml`), 'utf8')));
  const env = { ...process.env, SOFTHSM2_CONF: join(system.data, 'hsm', 'softhsm2.conf') };
  const child = spawn(join(bin, `karv-${name}`), ['--config', file], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const deadline = Date.now() + 60_000;
  const answers = async (): Promise<boolean> => {
    try {
      await isUp();
      return true;
    } catch {
      return false;
    }
  };
  try {
    while (!(await answers())) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`karv-${name} did not come up:\n${said}`);
      await sleep(100);
    }
    await work();
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended, said).toBe(0);
}

test('a flood of sessions gets 429 with the documented body, and the next second is free again', async () => {
  const open = (): Promise<Answer> => client.post('/payments/v1/sessions', purchase());
  await limited(
    'server',
    (toml) => `${toml}\n[merchant_api]\nsession_creations_per_second = 5\ncalls_per_second = 1000\n`,
    () => client.get('/payments/v1/sessions/none'),
    async () => {
      const begin = Date.now();
      const answers = await Promise.all(Array.from({ length: 60 }, open));
      const seconds = (Date.now() - begin) / 1000;
      const opened = answers.filter((answer) => answer.status === 200);
      const refused = answers.filter((answer) => answer.status === 429);
      expect(opened.length + refused.length).toBe(60);
      expect(opened.length).toBeGreaterThanOrEqual(5);
      expect(opened.length).toBeLessThanOrEqual(5 + 5 * seconds + 1);
      for (const answer of answers) expect(answer.header('X-Ratelimit-Limit')).toBe('5, 5;w=1');
      for (const answer of refused) {
        expect(answer.error.error_code).toBe('TOO_MANY_REQUESTS');
        expect(answer.error.error_messages.length).toBeGreaterThan(0);
        expect(answer.header('X-Ratelimit-Remaining')).toBe('0');
        expect(answer.header('X-Ratelimit-Reset')).toBe('1');
        expect(answer.header('Retry-After')).toBe('1');
      }
      expect(refused.length).toBeGreaterThan(0);
      expect((await client.get('/payments/v1/sessions/none')).header('X-Ratelimit-Limit')).toBe('1000, 1000;w=1');
      await sleep(1_100);
      const again = await open();
      expect([again.status, again.header('X-Ratelimit-Remaining')]).toEqual([200, '4']);
    },
  );
});

interface Posted {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}
function toVault(method: string, path: string, body = ''): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const outgoing = request(
      { host: '127.0.0.1', port: vaultPort, method, path, headers, ca: authority, servername: 'vault.localhost' },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, retryAfter: incoming.headers['retry-after'], body: text }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

test('whoever tries tickets at the card form is stopped before the next is looked up', async () => {
  await limited(
    'vault',
    (toml) => toml.replace('[public]\n', '[public]\nposts_per_minute = 6\npages_per_minute = 6\n'),
    () => toVault('GET', '/frame/v1/assets/none'),
    async () => {
      const guess = JSON.stringify({
        ticket: 'a-guess',
        number: '4111111111111111',
        expiry_month: 12,
        expiry_year: 2030,
        code: '123',
        name: 'Astrid Test',
      });
      for (const [method, path, body] of [
        ['POST', '/frame/v1/card', guess],
        ['GET', '/frame/v1/card?ticket=a-guess', ''],
      ] as const) {
        const tried: Posted[] = [];
        for (let i = 0; i < 20; i += 1) tried.push(await toVault(method, path, body));
        const refused = tried.filter((one) => one.status === 429);
        expect(tried.slice(0, 6).map((one) => one.status)).toEqual([404, 404, 404, 404, 404, 404]);
        expect(refused.length).toBeGreaterThan(0);
        for (const one of refused) expect(Number(one.retryAfter)).toBeGreaterThanOrEqual(1);
        if (method === 'POST') expect(JSON.parse(refused[0]?.body ?? '')).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
        await sleep(Number(refused.at(-1)?.retryAfter) * 1_000);
        expect((await toVault(method, path, body)).status).toBe(404); // looked up again
      }
    },
  );
});
