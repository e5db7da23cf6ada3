import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeInventory } from '../inventory.mjs';

const kEntry = { page: 'card-frame', path: '/frame/v1/assets/card-*.js', owner: 'Vault', why: 'the form' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'karv-inventory-'));
  writeFileSync(join(folder, 'card-1a.js'), 'run()');
});
afterEach(() => rmSync(folder, { recursive: true }));

const built = (...names: string[]) => [
  { page: 'card-frame', base: '/frame/v1/assets/', folder, files: names.map((name) => join(folder, name)) },
];

describe('the script inventory', () => {
  it('control 40: says of every script its page, owner, reason and hash', () => {
    // printf 'run()' | openssl dgst -sha384 -binary | base64
    const integrity = 'sha384-SVfatnSJinMW2kaY0tNr8GWYTbuLjipKiHfYDnLbPSlyVycMxOEHwtGmEAbxJXc1';
    expect(makeInventory([kEntry], built('card-1a.js', 'card.css'))).toEqual({
      scripts: [
        { page: 'card-frame', path: '/frame/v1/assets/card-1a.js', integrity, owner: 'Vault', why: 'the form' },
      ],
    });
  });

  it('control 40: a script without an entry fails the build', () => {
    writeFileSync(join(folder, 'more.js'), 'more()');
    expect(() => makeInventory([kEntry], built('card-1a.js', 'more.js'))).toThrow(
      /more\.js of the page card-frame has no entry/,
    );
    expect(() => makeInventory([{ ...kEntry, page: 'checkout' }], built('card-1a.js'))).toThrow(/has no entry/);
    expect(() => makeInventory([{ ...kEntry, path: '/frame/v1/assets/*' }], built('../card-1a.js'))).toThrow();
  });

  it('control 40: an entry without owner or reason, or without a script, fails the build', () => {
    expect(() => makeInventory([{ ...kEntry, owner: ' ' }], built('card-1a.js'))).toThrow(/says no owner/);
    expect(() => makeInventory([{ ...kEntry, why: '' }], built('card-1a.js'))).toThrow(/says no why/);
    const idle = { ...kEntry, path: '/frame/v1/assets/gone.js' };
    expect(() => makeInventory([kEntry, idle], built('card-1a.js'))).toThrow(/lists .*gone\.js, but no such script/);
  });
});
