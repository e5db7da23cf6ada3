import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError, parseConfig } from './common/config.ts';
import { Certificates } from './testing/certificates.ts';
import { TestClient } from './testing/https.ts';
import { writeConfig } from './testing/sandbox.ts';

const main = join(import.meta.dirname, 'main.ts');

interface Ran {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
}

function run(...args: string[]): Ran {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
  return { child, output: () => text.out, errors: () => text.err };
}

async function exitOf({ child }: Ran): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function readyLine(ran: Ran): Promise<Record<string, unknown>> {
  while (!ran.output().includes('\n')) {
    if (ran.child.exitCode !== null) assert.fail(ran.errors());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return JSON.parse(ran.output().split('\n')[0] ?? '') as Record<string, unknown>;
}

describe('the sandbox as a program', () => {
  const certificates = new Certificates();
  const config = join(certificates.folder, 'sandbox.toml');
  let text = '';
  before(() => {
    text = writeConfig(certificates, 1);
    writeFileSync(config, text);
  });
  after(() => certificates.remove());

  test('says when it is ready and on which ports, and stops with 0 on SIGTERM', async () => {
    const ran = run('--config', config);
    const ready = await readyLine(ran);
    assert.equal(ready['event'], 'ready');
    for (const name of ['shop_port', 'network_port', 'smtp_port', 'bank_port'])
      assert.equal(typeof ready[name], 'number');
    const client = new TestClient(Number(ready['shop_port']), certificates.ca);
    assert.equal((await client.get('/')).status, 200);
    ran.child.kill('SIGTERM');
    assert.equal(await exitOf(ran), 0);
    for (const line of ran.errors().trim().split('\n')) assert.equal(typeof JSON.parse(line), 'object');
  });

  test('killed at once, it starts again on the same ports', async () => {
    const first = run('--config', config);
    const ports = await readyLine(first);
    first.child.kill('SIGKILL');
    await exitOf(first);
    const again = join(certificates.folder, 'again.toml');
    const names = ['shop_port', 'network_port', 'smtp_port', 'bank_port'];
    let i = 0;
    writeFileSync(
      again,
      text.replaceAll('127.0.0.1:0', () => `127.0.0.1:${String(ports[names[i++] ?? ''])}`),
    );
    const second = run('--config', again);
    assert.deepEqual(await readyLine(second), ports);
    second.child.kill('SIGTERM');
    assert.equal(await exitOf(second), 0);
  });

  test('without Karv the shop stays up and says what is missing', async () => {
    const ran = run('--config', config);
    const client = new TestClient(Number((await readyLine(ran))['shop_port']), certificates.ca);
    const answer = await client.post('/shop/api/checkouts', { items: [{ sku: 'kopp-mug' }] });
    assert.equal(answer.status, 502);
    assert.match(answer.text, /Karv is not running/);
    ran.child.kill('SIGTERM');
    assert.equal(await exitOf(ran), 0);
  });

  test('--help teaches, and a missing configuration is named', async () => {
    const help = run('--help');
    assert.equal(await exitOf(help), 0);
    assert.match(help.output(), /--config FILE[\s\S]*\[network\][\s\S]*client_ca/);
    const bare = run();
    assert.equal(await exitOf(bare), 2);
    assert.match(bare.errors(), /--config FILE is missing/);
    const absent = run('--config', join(certificates.folder, 'none.toml'));
    assert.equal(await exitOf(absent), 2);
    assert.match(absent.errors(), /cannot be read/);
    const unknown = run('--colour');
    assert.equal(await exitOf(unknown), 2);
  });

  describe('the configuration', () => {
    const faults: readonly (readonly [string, (good: string) => string, RegExp])[] = [
      ['no TOML', () => '= =', /not valid TOML/],
      ['a missing section', (good) => good.replace('[smtp]', '[other]'), /other is not a known key/],
      ['a missing key', (good) => good.replace(/client_ca.*/, ''), /network\.client_ca is missing/],
      ['an unknown key', (good) => good.replace('[smtp]', '[smtp]\nport = 25'), /smtp\.port is not a known key/],
      [
        'a number for text',
        (good) => good.replace('username = "K1_demo"', 'username = 7'),
        /merchant\.username must be a text/,
      ],
      [
        'an address that is none',
        (good) => good.replace(/public_url = .*/, 'public_url = "shop"'),
        /shop\.public_url must be an https address/,
      ],
      [
        'plain HTTP',
        (good) => good.replace(/base_url = "https/, 'base_url = "http'),
        /merchant\.base_url must be an https address/,
      ],
      [
        'an open door',
        (good) => good.replace('127.0.0.1:0', '0.0.0.0:8446'),
        /shop\.listen must be a loopback address/,
      ],
      [
        'a port that is none',
        (good) => good.replace('127.0.0.1:0', '127.0.0.1:70000'),
        /shop\.listen must be a loopback address/,
      ],
    ];
    for (const [what, break_, message] of faults) {
      test(`${what} is named`, () => {
        assert.throws(
          () => parseConfig(break_(text), certificates.folder),
          (error) => error instanceof ConfigError && message.test(error.message),
        );
      });
    }
  });
});
