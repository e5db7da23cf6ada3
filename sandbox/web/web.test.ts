import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { startTestSandbox, type TestSandbox } from '../testing/sandbox.ts';
import { escape, html } from './html.ts';
import { maxBodyBytes } from './http.ts';

describe('the pages of the sandbox', () => {
  let sandbox: TestSandbox;
  before(async () => {
    sandbox = await startTestSandbox();
  });
  after(() => sandbox.stop());

  const json = { 'Content-Type': 'application/json' };
  const settings = '/sandbox/network/settings';

  for (const path of ['/', '/products/hytte-tent', '/cart', '/back-office', '/sandbox/mail', '/sandbox/network']) {
    test(`${path} is HTML under a strict policy, without inline script or style`, async () => {
      const answer = await sandbox.client.get(path);
      assert.equal(answer.status, 200);
      assert.match(String(answer.headers['content-type']), /^text\/html/);
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
      assert.equal(/<script>|<style|style="| on\w+="/.test(answer.text), false);
    });
  }

  test('the switches of the card network', async () => {
    assert.equal((await sandbox.client.post(settings, { late_ms: 40 })).status, 200);
    assert.equal((await sandbox.client.post('/sandbox/network/next', { behaviour: 'timeout', count: 3 })).status, 200);
    assert.deepEqual((await sandbox.client.get(settings)).json(), {
      late_ms: 40,
      next: { behaviour: 'timeout', left: 3 },
      connections: 0,
    });
    for (const body of [{}, { late_ms: -1 }, { late_ms: '5' }, { late_ms: 1.5 }, { late_ms: 1e9 }]) {
      assert.equal((await sandbox.client.post(settings, body)).status, 400);
    }
    for (const body of [{}, { behaviour: 'explode' }, { behaviour: 'timeout', count: 0 }, { behaviour: ['timeout'] }]) {
      assert.equal((await sandbox.client.post('/sandbox/network/next', body)).status, 400);
    }
  });

  test('unknown paths 404, other methods 405, and no path leaves the folder', async () => {
    assert.equal((await sandbox.client.get('/nope')).status, 404);
    assert.equal((await sandbox.client.call({ method: 'PUT', path: '/' })).status, 405);
    for (const path of [
      '/assets/../main.ts',
      '/assets/%2e%2e/main.ts',
      '/assets/..%2fmain.ts',
      '//etc/passwd',
      '/assets/',
    ]) {
      assert.equal((await sandbox.client.get(path)).status, 404);
    }
  });

  test('bodies: too large 413, not JSON 400, another type 415, invalid UTF-8 400, not an object 400', async () => {
    const post = async (body: string | Buffer, headers: Record<string, string> = json): Promise<number> =>
      (await sandbox.client.call({ method: 'POST', path: settings, body, headers })).status;
    assert.equal(await post(Buffer.alloc(maxBodyBytes + 1, ' ')), 413);
    assert.equal(await post('{"late_ms":'), 400);
    assert.equal(await post('['.repeat(60_000)), 400);
    assert.equal(await post('[1]'), 400);
    assert.equal(await post(Buffer.from([0x22, 0xff, 0x22])), 400);
    assert.equal(await post('{"late_ms":1}', { 'Content-Type': 'text/plain' }), 415);
    assert.equal((await sandbox.client.get('/')).status, 200);
  });

  test('what another site sends changes nothing', async () => {
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]) {
      assert.equal((await sandbox.client.post(settings, { late_ms: 1 }, headers)).status, 403);
    }
  });

  test('another name for this address reads nothing', async () => {
    for (const Host of ['evil.example', 'shop.localhost.evil.example', 'a b']) {
      const { status } = await sandbox.client.call({ path: '/sandbox/mail/messages', headers: { Host } });
      assert.equal(status === 421 || status === 400, true, `${Host}: ${status}`);
    }
  });

  test('something that is not TLS does no harm', async () => {
    const socket = connect(sandbox.running.ports.shop, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    assert.equal((await sandbox.client.get('/')).status, 200);
  });

  test('html escapes what is put in, and nests what is HTML already', () => {
    const inner = html`<b>${'<i>'}</b>`;
    assert.equal(
      html`<p title="${'"\''}">${inner}${[inner, null, false, 0]}</p>`.text,
      '<p title="&quot;&#39;"><b>&lt;i&gt;</b><b>&lt;i&gt;</b>0</p>',
    );
    assert.equal(escape('&<>"\''), '&amp;&lt;&gt;&quot;&#39;');
  });
});
