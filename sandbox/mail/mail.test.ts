import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startTestSandbox, type TestSandbox } from '../testing/sandbox.ts';
import { SmtpLine } from '../testing/smtp_line.ts';
import { Mailbox, type Mail } from './mailbox.ts';
import { maxMailBytes } from './smtp.ts';

const simple = (subject: string, text: string): string =>
  `From: Karv <no-reply@pay.localhost>\r\nSubject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}`;

describe('the mail catcher', () => {
  let sandbox: TestSandbox;
  const lines: SmtpLine[] = [];
  const secure = async (): Promise<SmtpLine> => {
    const line = await SmtpLine.openSecure(sandbox.running.ports.smtp, sandbox.certificates.ca);
    lines.push(line);
    return line;
  };
  const messages = async (query = ''): Promise<Mail[]> => {
    const answer = await sandbox.client.get(`/sandbox/mail/messages${query}`);
    return (answer.json() as { messages: Mail[] }).messages;
  };

  before(async () => {
    sandbox = await startTestSandbox();
  });
  afterEach(async () => {
    for (const line of lines.splice(0)) line.end();
    assert.equal((await sandbox.client.call({ method: 'DELETE', path: '/sandbox/mail/messages' })).status, 204);
  });
  after(() => sandbox.stop());

  test('a mail sent over STARTTLS can be read, newest first, by recipient and by id', async () => {
    const line = await secure();
    assert.match(await line.mail('mira@example.com', simple('One', 'first')), /^250/);
    assert.match(await line.mail('Mira@Example.com', simple('Two', 'second')), /^250/);
    assert.match(await line.mail('else@example.com', simple('Three', 'third')), /^250/);
    assert.deepEqual(
      (await messages()).map((mail) => mail.subject),
      ['Three', 'Two', 'One'],
    );
    const hers = await messages('?to=MIRA@example.com');
    assert.deepEqual(
      hers.map((mail) => mail.text.trim()),
      ['second', 'first'],
    );
    const one = (await sandbox.client.get(`/sandbox/mail/messages/${hers[0]?.id}`)).json() as Mail;
    assert.deepEqual([one.from, one.to, one.subject], ['no-reply@pay.localhost', ['Mira@Example.com'], 'Two']);
    assert.match(one.received_at, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.equal((await sandbox.client.get('/sandbox/mail/messages/none')).status, 404);
  });

  test('encoded subjects and bodies are decoded', async () => {
    const line = await secure();
    const mail =
      'Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe';
    await line.mail('mira@example.com', mail);
    const [first] = await messages();
    assert.deepEqual([first?.subject, first?.text.trim()], ['Grüße', 'Grüße']);
  });

  test('a mail of HTML alone is kept as text', async () => {
    const line = await secure();
    await line.mail(
      'mira@example.com',
      'Subject: h\r\nContent-Type: text/html\r\n\r\n<p>Your <b>code</b> is 482913</p>',
    );
    assert.match((await messages())[0]?.text ?? '', /code is 482913/);
  });

  test('without STARTTLS nothing is taken', async () => {
    const line = await SmtpLine.open(sandbox.running.ports.smtp);
    lines.push(line);
    await line.say('EHLO test');
    assert.match(await line.say('MAIL FROM:<a@example.com>'), /^530/);
    assert.match(await line.say('RCPT TO:<b@example.com>'), /^5/);
    assert.match(await line.say('DATA'), /^5/);
    assert.deepEqual(await messages(), []);
  });

  test('nobody signs in', async () => {
    const line = await secure();
    assert.match(await line.say('AUTH PLAIN AGEAYg=='), /^5/);
  });

  test('a mail announced as huge is refused before it is sent', async () => {
    const line = await secure();
    assert.match(await line.say(`MAIL FROM:<a@example.com> SIZE=${maxMailBytes + 1}`), /^552/);
  });

  test('a mail that turns out huge is refused, and the next one is taken', async () => {
    const line = await secure();
    const huge = Buffer.alloc(maxMailBytes + 1000, 'x'.repeat(76) + '\r\n');
    assert.match(await line.mail('mira@example.com', huge), /^552/);
    assert.match(await line.mail('mira@example.com', simple('Small', 'x')), /^250/);
    assert.deepEqual(
      (await messages()).map((mail) => mail.subject),
      ['Small'],
    );
  });

  test('too many recipients are refused', async () => {
    const line = await secure();
    await line.say('MAIL FROM:<a@example.com>');
    const replies: string[] = [];
    for (let i = 0; i < 25; i++) replies.push((await line.say(`RCPT TO:<r${i}@example.com>`)).slice(0, 3));
    assert.deepEqual(replies, [...Array<string>(20).fill('250'), ...Array<string>(5).fill('452')]);
  });

  const malformed: readonly (readonly [string, string | Buffer])[] = [
    ['nothing at all', ''],
    [
      'bytes that are no text',
      Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7) % 256).filter((byte) => ![10, 13, 46].includes(byte))),
    ],
    ['a header without end', `Subject: ${'x'.repeat(50_000)}`],
    [
      'a multipart that is never closed',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n',
    ],
    [
      'many nested parts',
      Array.from({ length: 200 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
        '',
      ),
    ],
    ['base64 that is none', 'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!====!!!'],
    ['an unknown charset', 'Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH'],
  ];
  for (const [what, content] of malformed) {
    test(`${what} is taken as it is and harms nothing`, async () => {
      const line = await secure();
      assert.match(await line.mail('mira@example.com', content), /^250/);
      assert.equal((await messages()).length, 1);
      assert.equal((await sandbox.client.get('/sandbox/mail')).status, 200);
    });
  }

  test('a client that leaves in the middle leaves no mail behind', async () => {
    const line = await secure();
    await line.say('MAIL FROM:<a@example.com>');
    await line.say('RCPT TO:<b@example.com>');
    await line.say('DATA');
    line.write('Subject: half');
    line.end();
    const other = await secure();
    await other.mail('mira@example.com', simple('Whole', 'x'));
    assert.deepEqual(
      (await messages()).map((mail) => mail.subject),
      ['Whole'],
    );
  });

  test('the page shows mails as text, whatever they contain', async () => {
    const line = await secure();
    await line.mail(
      'mira@example.com',
      simple('<script>alert(1)</script>', '</pre><img src=x onerror=alert(2)> & "quotes"'),
    );
    const answer = await sandbox.client.get(
      `/sandbox/mail?to=${encodeURIComponent('"><script>alert(3)</script>')}&id=${(await messages())[0]?.id}`,
    );
    assert.equal(/<script>alert|<img src=x|<\/pre><img/.test(answer.text), false);
    assert.match(answer.text, /&lt;script&gt;alert\(1\)/);
    assert.match(answer.text, /&lt;\/pre&gt;&lt;img src=x onerror=alert\(2\)&gt; &amp; &quot;quotes&quot;/);
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(/unsafe/.test(String(answer.headers['content-security-policy'])), false);
  });

  test('the mailbox keeps the last ones and forgets older', async () => {
    const mailbox = new Mailbox(3);
    for (const subject of ['a', 'b', 'c', 'd', 'e'])
      mailbox.add({ to: [], from: '', raw: Buffer.from(simple(subject, 'x')) });
    assert.deepEqual(
      (await mailbox.list()).map((mail) => mail.subject),
      ['e', 'd', 'c'],
    );
  });
});
