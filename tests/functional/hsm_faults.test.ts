// An HSM that fails while the vault serves: real SoftHSM2 behind a module that does what a file of faults says.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation, NotStarted } from '../torture/installation.ts';
import { Client } from './support/client.ts';
import { bin } from './support/paths.ts';
import { capture, placedOrder, purchase } from './support/purchases.ts';

const module = join(bin, 'karv_faulty_hsm.so');
let installation: Installation;
const faultsFile = (): string => join(installation.data, 'hsm', 'faults');
const faults = (...lines: string[]): void => writeFileSync(faultsFile(), lines.join('\n') + '\n');
const start = (): Promise<number> => installation.start('karv-vault', { environment: { KARV_FAULTS: faultsFile() } });
const log = (): string => readFileSync(installation.logFile('karv-vault'), 'utf8');

function status(): { readonly said: string; readonly took: number } {
  const begun = performance.now();
  const words = ['vault', 'status', '--operator', join(installation.data, 'operator.toml')];
  const ran = spawnSync(join(bin, 'karv'), words, { encoding: 'utf8' });
  return { said: `${ran.stdout}${ran.stderr}`, took: performance.now() - begun };
}

/** A purchase by card of somebody new: a key of his own is made for it. */
async function buy(): Promise<void> {
  const { merchant, authority } = installation;
  const client = new Client({ addresses: merchant, merchant, authority });
  const order = await placedOrder(client, 'pay_now', purchase(10_000)); // of a new shopper each time
  await capture(client, order, 10_000);
}

describe('an HSM that fails while the vault serves', () => {
  beforeAll(async () => {
    expect(existsSync(module), `${module} is built with the tests`).toBe(true);
    installation = await Installation.create(engineOfTests());
    const file = join(installation.data, 'vault.toml');
    const hsm = join(installation.data, 'hsm');
    const confined = `[hardening]\nreadable = ["${hsm}"]\nwritable = ["${join(hsm, 'tokens')}"]\n`;
    const configuration = readFileSync(file, 'utf8').replace(/^module = .*$/m, `module = "${module}"`);
    expect(configuration).not.toContain('[hardening]');
    writeFileSync(file, `${configuration}\n${confined}`);
    faults();
    await installation.start('karv-sandbox');
    await start();
    await installation.start('karv-server');
    await buy();
  });
  afterAll(async () => {
    await installation.stopAll();
    installation.remove();
  });

  test('a device that is gone is told, purchases go on from the keys in memory, and it is found again', async () => {
    faults('C_FindObjectsInit 1 100000 0x32');
    expect(status().said).toContain('does not answer');
    await buy();
    expect(log()).toContain('hsm_may_be_lost');
    faults('C_Decrypt 1 1 0x32');
    expect(status().said).toContain('HSM answers');
    faults('sessions 0', 'C_Encrypt 1 1 0xb3');
    expect(status().said).toContain('does not answer');
    await buy();
    faults();
    expect(status().said).toContain('HSM answers');
    expect(status().said).toContain('0 keys found altered');
  });

  test('while one call hangs the others are told so in time, and purchases go on', async () => {
    faults('C_Encrypt 1 1 hang:8000');
    const words = ['vault', 'status', '--operator', join(installation.data, 'operator.toml')];
    const hanging = once(spawn(join(bin, 'karv'), words, { stdio: 'ignore' }), 'exit');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const told = status();
    expect(told.said).toContain('does not answer');
    expect(log()).toContain('"event":"ready"');
    await buy();
    await hanging;
    expect(status().said).toContain('HSM answers');
  });

  test('an answer that is wrong is not believed', () => {
    faults('C_Decrypt 1 1 garble');
    expect(status().said).toContain('does not answer');
    expect(status().said).toContain('open');
  });

  test('at the start: no session, no device, a locked PIN are each said; a wrong answer seals; nothing is made anew', async () => {
    await installation.stop('karv-vault');
    for (const [fault, answer] of [
      ['sessions 0', '0xb1'],
      ['C_FindObjectsInit 1 100000 0x32', '0x32'],
      ['C_Login 1 1 0xa4', '0xa4'],
    ] as const) {
      faults(fault);
      const ended: unknown = await start().catch((error: unknown) => error);
      expect(ended, fault).toBeInstanceOf(NotStarted);
      expect((ended as NotStarted).said).toContain(`PKCS#11 ${answer}`);
    }
    faults('C_Decrypt 1 1 garble');
    await start();
    expect(status().said).toContain('sealed: a stored key is not what it was');
    await installation.stop('karv-vault');
    faults();
    await start();
    expect(status().said).toContain('0 keys found altered');
    await buy();
    expect(log()).not.toContain('system_call_refused');
  });
});
