// Control 77 without a browser: what is told apart, and what is let be.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { comparePages, type Approved, type SeenPage } from './compare.ts';

const approved: Approved = {
  pages: {
    form: {
      path: '/form',
      headers: { 'content-security-policy': 'script-src {{scripts}}; frame-ancestors {{pay}} {{shop}}' },
      frames: [{ source: '{{vault}}/inner', sandbox: 'allow-scripts' }],
    },
  },
  scripts: [{ page: 'form', path: '/form.js', integrity: 'sha384-good' }],
  origins: { pay: 'https://pay', vault: 'https://vault', shop: 'https://shop' },
};
const good: SeenPage = {
  origin: 'https://vault',
  path: '/form',
  headers: { 'content-security-policy': "frame-ancestors https://shop https://pay;  script-src 'sha384-good'" },
  scripts: [{ path: '/form.js', integrity: 'sha384-good' }],
  frames: [{ source: 'https://vault/inner', sandbox: 'allow-scripts' }],
};
const alarms = (change: Partial<SeenPage>): string[] =>
  comparePages([{ ...good, ...change }], approved, ['form']).map(({ alarm }) => alarm);

describe('payment pages held against what was approved', () => {
  test('control 77: the approved state raises nothing, in whatever order a policy is written', () => {
    assert.deepEqual(alarms({}), []);
    assert.deepEqual(alarms({ frames: [] }), []);
  });

  test('control 77: each change raises its alarm', () => {
    assert.deepEqual(alarms({ headers: {} }), ['header_changed']);
    const wider = { 'content-security-policy': "frame-ancestors https:; script-src 'sha384-good'" };
    assert.deepEqual(alarms({ headers: wider }), ['header_changed']);
    assert.deepEqual(alarms({ scripts: [...good.scripts, { path: 'inline', integrity: 'sha384-x' }] }), [
      'script_added',
    ]);
    assert.deepEqual(alarms({ scripts: [{ path: '/form.js', integrity: 'sha384-bad' }] }), ['script_changed']);
    assert.deepEqual(alarms({ scripts: [{ path: '/form.js', integrity: '' }] }), ['script_changed']);
    assert.deepEqual(alarms({ frames: [{ source: 'https://evil/inner', sandbox: 'allow-scripts' }] }), [
      'frame_changed',
    ]);
    assert.deepEqual(alarms({ frames: [{ source: 'https://vault/inner', sandbox: '' }] }), ['frame_changed']);
    assert.deepEqual(alarms({ path: '/other' }), ['page_missing']);
    assert.deepEqual(alarms({ origin: 'https://shop' }), ['page_missing']);
  });
});
