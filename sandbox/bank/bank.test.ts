import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '../common/log.ts';
import { Certificates, type Leaf } from '../testing/certificates.ts';
import { isIban, readPain001, FileRefused } from './pain001.ts';
import { Bank } from './server.ts';
import { all, one, parseXml, XmlError } from './xml.ts';

// From the IBAN registry.
const german = 'DE89370400440532013000';
const belgian = 'BE68539007547034';

interface Change {
  readonly id?: string;
  readonly sum?: string;
  readonly count?: string;
  readonly creditor?: string;
}

function file({ id = 'M1', sum = '15.00', count = '2', creditor = belgian }: Change = {}): string {
  const entry = (endToEnd: string, amount: string): string =>
    `<CdtTrfTxInf><PmtId><EndToEndId>${endToEnd}</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">${amount}</InstdAmt></Amt>` +
    `<Cdtr><Nm>A &amp; B</Nm></Cdtr><CdtrAcct><Id><IBAN>${creditor}</IBAN></Id></CdtrAcct></CdtTrfTxInf>`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">' +
    `<CstmrCdtTrfInitn><GrpHdr><MsgId>${id}</MsgId><CreDtTm>2026-11-22T12:00:00Z</CreDtTm><NbOfTxs>${count}</NbOfTxs>` +
    `<CtrlSum>${sum}</CtrlSum><InitgPty><Nm>K</Nm></InitgPty></GrpHdr><PmtInf><PmtInfId>${id}</PmtInfId>` +
    `<PmtMtd>TRF</PmtMtd><NbOfTxs>${count}</NbOfTxs><CtrlSum>${sum}</CtrlSum><ReqdExctnDt><Dt>2026-11-23</Dt>` +
    `</ReqdExctnDt><Dbtr><Nm>K</Nm></Dbtr><DbtrAcct><Id><IBAN>${german}</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId>` +
    '<Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>' +
    `${entry('E1', '10.00')}${entry('E2', '5.00')}</PmtInf></CstmrCdtTrfInitn></Document>`
  );
}

describe('what the bank reads', () => {
  test('a file that adds up is understood', () => {
    const read = readPain001(file());
    assert.equal(read.messageId, 'M1');
    assert.equal(read.sum, 1500n);
    assert.deepEqual(
      read.transfers.map((each) => [each.endToEndId, each.amount, each.creditor, each.name]),
      [
        ['E1', 1000n, belgian, 'A & B'],
        ['E2', 500n, belgian, 'A & B'],
      ],
    );
  });

  test('a file that does not is refused with a code', () => {
    const codeOf = (change: Change): string => {
      try {
        readPain001(file(change));
      } catch (error) {
        if (error instanceof FileRefused) return error.code;
        throw error;
      }
      return 'taken';
    };
    assert.equal(codeOf({ sum: '15.01' }), 'AM10');
    assert.equal(codeOf({ count: '3' }), 'AM18');
    assert.equal(codeOf({ creditor: 'BE68539007547035' }), 'FF01');
    assert.equal(isIban(german), true);
  });

  test('XML that is not plain is refused', () => {
    assert.equal(one(parseXml('<n:a x="1"><n:b>&lt;&#65;</n:b></n:a>'), 'b').text, '<A');
    assert.equal(all(parseXml('<a><b/><b/></a>'), 'b').length, 2);
    for (const bad of [
      '',
      '<a>',
      '<a></b>',
      '<a/><a/>',
      '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
      '<a>&x;</a>',
      '<a>&#0;</a>',
      '<a b="1" b="2"/>',
      '<a><![CDATA[x]]></a>',
      `${'<a>'.repeat(50)}${'</a>'.repeat(50)}`,
    ]) {
      assert.throws(() => parseXml(bad), XmlError, bad);
    }
  });
});

describe('the bank’s door', () => {
  const certificates = new Certificates();
  const vault = certificates.leaf('karv-vault');
  const keys = generateKeyPairSync('ed25519');
  let bank: Bank;
  let port = 0;
  before(async () => {
    const listen = { host: '127.0.0.1', port: 0 };
    bank = new Bank({ listen, clientCa: certificates.ca, ...certificates.leaf('bank') }, silentLog);
    port = await bank.start();
  });
  after(async () => {
    await bank.stop();
    certificates.remove();
  });

  interface Answer {
    readonly status: number;
    readonly text: string;
  }
  interface Sending {
    readonly method?: string;
    readonly path?: string;
    readonly body?: string;
    readonly signed?: string;
    readonly key?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
    readonly leaf?: Leaf | null;
  }
  function send(sending: Sending): Promise<Answer> {
    const { method = 'POST', path = '/v1/payments', body = '', signed = body, key = keys, leaf = vault } = sending;
    const raw = key.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          agent: false,
          servername: 'bank',
          ca: readFileSync(certificates.ca),
          ...(leaf === null ? {} : { cert: readFileSync(leaf.cert), key: readFileSync(leaf.key) }),
          headers: {
            'Content-Length': Buffer.byteLength(body),
            'Content-Digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
            'Karv-Signature-Key': raw.toString('base64'),
            'Karv-Signature': sign(null, Buffer.from(signed), key.privateKey).toString('base64'),
          },
        },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
  const status = (id: string): Promise<Answer> => send({ method: 'GET', path: `/v1/payments/${id}/status` });
  const group = ({ text }: Answer): string => one(parseXml(text), 'CstmrPmtStsRpt/OrgnlGrpInfAndSts/GrpSts').text;

  test('takes a file once, and says what became of it', async () => {
    assert.equal((await status('M1')).status, 404);
    assert.equal(group(await send({ body: file() })), 'ACTC');
    const again = await send({ body: file() });
    assert.equal(group(again), 'RJCT');
    assert.match(again.text, /<Cd>AM05<\/Cd>/);
    assert.equal(group(await status('M1')), 'ACTC');
    bank.books.settle();
    assert.equal(group(await status('M1')), 'ACSC');
    assert.equal(bank.books.find('M1')?.times, 2);
    assert.equal(JSON.stringify(bank.books.view(10)).includes(belgian), false);
  });

  test('does as it was told with the next ones', async () => {
    bank.books.setNext('reject_first', 1);
    const partly = await send({ body: file({ id: 'M2' }) });
    assert.equal(group(partly), 'PART');
    assert.match(partly.text, /<OrgnlEndToEndId>E1<\/OrgnlEndToEndId><TxSts>RJCT<\/TxSts>/);
    bank.books.setNext('silence', 1);
    await assert.rejects(send({ body: file({ id: 'M3' }) }));
    assert.equal(group(await status('M3')), 'ACTC');
    bank.books.setNext('drop', 1);
    await assert.rejects(send({ body: file({ id: 'M4' }) }));
    assert.equal((await status('M4')).status, 404);
    bank.books.setNext('redirect', 1);
    assert.equal((await send({ body: file({ id: 'M5' }) })).status, 307);
  });

  test('what was settled, and what came, stands in a statement', async () => {
    const fetch = (after: number): Promise<Answer> => send({ method: 'GET', path: `/v1/statements?after=${after}` });
    const before = await fetch(0);
    bank.books.credit(german, {
      ...{ amount: 500n, currency: 'EUR', account: '12345678', name: 'A <b>', remittance: 'order 7' },
      ...{ endToEndId: 'NOTPROVIDED', messageId: '' },
    });
    bank.books.settle();
    const made = parseXml((await fetch(before.status === 204 ? 0 : 1)).text);
    const entries = all(made, 'BkToCstmrStmt/Stmt/Ntry');
    const last = entries.at(-1);
    assert.ok(last !== undefined);
    assert.equal(one(last, 'Amt').text, '5.00');
    assert.equal(one(last, 'NtryDtls/TxDtls/RltdPties/Dbtr/Pty/Nm').text, 'A <b>');
    assert.equal(one(last, 'NtryDtls/TxDtls/RltdPties/DbtrAcct/Id/Othr/Id').text, '12345678');
    assert.equal((await fetch(1000)).status, 204);
  });

  test('refuses wrong signatures, other keys, strangers and what is no file', async () => {
    assert.equal((await send({ body: file({ id: 'M6' }), signed: 'something else' })).status, 401);
    assert.equal((await send({ body: file({ id: 'M6' }), key: generateKeyPairSync('ed25519') })).status, 401);
    assert.equal((await send({ body: 'no file' })).status, 400);
    assert.equal((await send({ method: 'GET', path: '/else' })).status, 404);
    assert.equal((await send({ body: file({ id: 'M6' }), leaf: certificates.leaf('stranger') })).status, 403);
    await assert.rejects(send({ body: file({ id: 'M6' }), leaf: null }));
    assert.equal(group(await send({ body: file({ id: 'M6', sum: '1.00' }) })), 'RJCT');
    assert.equal((await status('M6')).status, 404);
  });
});
