import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { silentLog } from '../common/log.ts';
import {
  Acquirer,
  charge,
  completion,
  freshNumbers,
  hold,
  payout,
  refund,
  reversal,
  type Answer,
  type Fields,
} from '../testing/acquirer.ts';
import { Certificates, type Leaf } from '../testing/certificates.ts';
import { networkKey, sharedKey, wrapped } from '../testing/cryptograms.ts';
import { behaviours, testCards } from './cards.ts';
import type { BookLine } from './books.ts';
import { Cryptograms } from './cryptograms.ts';
import { encode } from './iso8583.ts';
import { Issuer } from './issuer.ts';
import { CardNetwork } from './server.ts';

const numberOf = (name: string): string => testCards.find((card) => card.name === name)?.number ?? assert.fail(name);
const visa = numberOf('approve');

/** A number of the canary range, made up anew each time: prefix, random digits, Luhn's check digit. */
function canary(): string {
  const digits = '40001200' + String(Math.trunc(Math.random() * 1e7)).padStart(7, '0');
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits + String((10 - (sum % 10)) % 10);
}

describe('the card network', () => {
  const certificates = new Certificates();
  const vault = certificates.leaf('karv-vault');
  const own = certificates.leaf('network.localhost');
  const listen = { host: '127.0.0.1', port: 0 };
  const cryptograms = new Cryptograms(networkKey);
  const network = new CardNetwork(
    { listen, ...own, clientCa: certificates.ca, cryptogramKey: '' },
    { log: silentLog, frameDeadlineMs: 300, issuer: new Issuer(cryptograms) },
  );
  let port = 0;
  let line: Acquirer;
  const open: Acquirer[] = [];
  const connect = (keys: Leaf | null = vault): Acquirer => {
    const one = new Acquirer(port, certificates.ca, keys);
    open.push(one);
    return one;
  };
  const ask = async (mti: string, fields: Fields): Promise<Answer> =>
    (await line.ask(mti, fields)) ?? assert.fail('no answer');
  const book = (fields: Fields): BookLine =>
    network.issuer.books.view(1000).find((one) => one.retrieval_reference === fields[37]) ??
    assert.fail('not in the books');
  const approved = async (fields: Fields): Promise<string> => {
    const answer = await ask('0100', fields);
    assert.equal(answer.code, '00');
    return answer.approval ?? assert.fail('no approval code');
  };

  before(async () => {
    port = await network.start();
    line = connect();
    assert.equal(cryptograms.takeKey(wrapped(sharedKey, cryptograms.publicKey), null, null), '00');
  });
  afterEach(async () => {
    network.lateMs = 12_000;
    if (line.closed) line = connect();
  });
  after(async () => {
    for (const one of open) one.end();
    await network.stop();
    certificates.remove();
  });

  test('the list of test cards is the one that other tests read', () => {
    const shared = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../tests/shared/test_cards.json'), 'utf8'),
    ) as {
      name: string;
      number: string;
    }[];
    assert.deepEqual(
      shared.map(({ name, number }) => ({ name, number })),
      testCards.map(({ name, number }) => ({ name, number })),
    );
  });

  describe('who may connect', () => {
    test('nobody without a client certificate', async () => {
      const stranger = connect(null);
      assert.equal(await stranger.ask('0800', { 7: '1122170409', 11: '1', 70: '001' }), null);
      assert.equal(stranger.closed, true);
    });

    test('nobody whose certificate is of another authority', async () => {
      const other = new Certificates();
      const stranger = connect(other.leaf('karv-vault'));
      assert.equal(await stranger.ask('0800', { 7: '1122170409', 11: '1', 70: '001' }), null);
      other.remove();
    });

    test('nobody but the vault: the server of the same house is refused', async () => {
      const server = connect(certificates.leaf('karv-server'));
      assert.equal(await server.ask('0800', { 7: '1122170409', 11: '1', 70: '001' }), null);
      assert.equal(server.closed, true);
    });
  });

  describe('the line', () => {
    for (const code of ['001', '301', '002']) {
      test(`${code} is answered`, async () => {
        const answer = await ask('0800', { 7: '1122170409', 11: '7', 70: code });
        assert.deepEqual([answer.mti, answer.code], ['0810', '00']);
      });
    }
    test('another network code is an invalid transaction', async () => {
      assert.equal((await ask('0800', { 7: '1122170409', 11: '7', 70: '999' })).code, '12');
    });
  });

  describe('holds', () => {
    test('are approved with a code, and held in the books', async () => {
      const fields = hold(visa, 34900);
      const answer = await ask('0100', fields);
      assert.equal(answer.mti, '0110');
      assert.equal(answer.code, '00');
      assert.match(answer.approval ?? '', /^[0-9A-Z]{6}$/);
      assert.equal(answer.reference, fields[37]);
      assert.deepEqual(
        { held: book(fields).held, remaining: book(fields).remaining },
        { held: 34900, remaining: 34900 },
      );
    });

    test('answers carry neither card number, expiry nor private data', async () => {
      const { numbers } = await ask('0100', hold(visa, 100));
      for (const secret of [2, 14, 48]) assert.equal(numbers.includes(secret), false);
    });

    test('an account check of zero holds nothing', async () => {
      const fields = hold(visa, 0);
      await approved(fields);
      assert.deepEqual([book(fields).kind, book(fields).held], ['check', 0]);
    });

    for (const [name, code] of [
      ['decline_05', '05'],
      ['decline_51', '51'],
      ['decline_54', '54'],
    ] as const) {
      test(`${name} answers ${code} and holds nothing`, async () => {
        const fields = hold(numberOf(name), 100);
        const answer = await ask('0100', fields);
        assert.deepEqual([answer.code, answer.approval], [code, undefined]);
        assert.equal(
          network.issuer.books.view(1000).some((one) => one.retrieval_reference === fields[37]),
          false,
        );
      });
    }

    test('a wrong check digit is an invalid card', async () => {
      const wrong = `${visa.slice(0, -1)}2`;
      assert.equal((await ask('0100', hold(wrong, 100))).code, '14');
    });

    test('a card past its month is expired', async () => {
      assert.equal((await ask('0100', { ...hold(visa, 100), 14: '2001' })).code, '54');
    });

    test('a reference used before with another trace number is refused', async () => {
      const first = hold(visa, 100);
      await approved(first);
      const second = { ...hold(visa, 100), 37: first[37] ?? '' };
      assert.equal((await ask('0100', second)).code, '94');
    });
  });

  describe('cards that lose answers', () => {
    test('timeout: never answered, not even repeated, but held; the reversal is answered', async () => {
      const fields = hold(numberOf('timeout'), 500);
      assert.equal(await line.ask('0100', fields, 200), null);
      assert.equal(await line.ask('0101', fields, 200), null);
      assert.equal(book(fields).remaining, 500);
      const advice = await ask('0420', reversal('0100', fields));
      assert.deepEqual([advice.mti, advice.code], ['0430', '00']);
      assert.equal(book(fields).remaining, 0);
    });

    test('late: the approval comes after the reversal, and the hold stays reversed', async () => {
      network.lateMs = 250;
      const fields = hold(numberOf('late'), 700);
      line.send('0100', fields);
      assert.equal((await ask('0420', reversal('0100', fields))).code, '00');
      const late = await line.next();
      assert.equal(late?.mti, '0110');
      assert.equal(late?.fields.get(39)?.toString(), '00');
      assert.equal(book(fields).remaining, 0);
    });

    test('late: the answer takes a new connection when the old one is gone', async () => {
      network.lateMs = 250;
      const old = connect();
      await old.ask('0800', { 7: '1122170409', 11: '7', 70: '001' });
      const fields = hold(numberOf('late'), 700);
      old.send('0100', fields);
      await ask('0800', { 7: '1122170409', 11: '8', 70: '301' });
      old.end();
      assert.equal((await line.next())?.fields.get(37)?.toString(), fields[37]);
    });

    test('duplicate: the same answer twice, one hold', async () => {
      const fields = hold(numberOf('duplicate'), 900);
      const first = await ask('0100', fields);
      const second = await line.next();
      assert.equal(second?.fields.get(38)?.toString(), first.approval);
      assert.equal(book(fields).held, 900);
    });

    test('decline_on_charge: the hold is approved, the later charge declined with 51', async () => {
      const pan = numberOf('decline_on_charge');
      const fields = hold(pan, 300);
      await approved(fields);
      assert.equal((await ask('0200', charge(pan, 300, fields[37] ?? ''))).code, '51');
    });
  });

  test('refuse_completion: the hold is approved, its completion refused with 05, a later charge approved', async () => {
    const pan = numberOf('refuse_completion');
    const fields = hold(pan, 300);
    const refused = completion(300, fields[37] ?? '', await approved(fields));
    assert.equal((await ask('0220', refused)).code, '05');
    assert.equal((await ask('0221', refused)).code, '05');
    assert.equal(book(fields).completed, 0);
    assert.equal(book(fields).remaining, 300);
    assert.equal((await ask('0200', charge(pan, 300, fields[37] ?? ''))).code, '00');
  });

  describe('the canary range', () => {
    test('is approved', async () => {
      await approved(hold(canary(), 100));
    });

    test('obeys the override as often as it was set, other cards do not', async () => {
      network.issuer.cards.setOverride('decline_51', 2);
      assert.equal((await ask('0100', hold(visa, 100))).code, '00');
      assert.equal((await ask('0100', hold(canary(), 100))).code, '51');
      const fields = hold(canary(), 100);
      assert.equal((await ask('0200', charge(canary(), 100, fields[37] ?? ''))).code, '51');
      assert.equal((await ask('0100', fields)).code, '00');
    });

    test('every behaviour can be set', () => {
      for (const behaviour of behaviours) network.issuer.cards.setOverride(behaviour, 1);
      network.issuer.cards.setOverride('approve', 1);
      assert.deepEqual(network.issuer.cards.override, { behaviour: 'approve', left: 1 });
    });
  });

  describe('completions', () => {
    test('several partial ones up to the held amount, not a cent beyond', async () => {
      const fields = hold(visa, 1000);
      const code = await approved(fields);
      const reference = fields[37] ?? '';
      assert.equal((await ask('0220', completion(400, reference, code))).code, '00');
      assert.equal((await ask('0220', completion(601, reference, code))).code, '13');
      assert.equal((await ask('0220', completion(600, reference, code))).code, '00');
      assert.equal((await ask('0220', completion(1, reference, code))).code, '13');
      assert.deepEqual([book(fields).completed, book(fields).remaining], [1000, 0]);
    });

    test('an unknown hold or a wrong approval code is not found', async () => {
      const fields = hold(visa, 1000);
      await approved(fields);
      assert.equal((await ask('0220', completion(100, fields[37] ?? '', 'WRONG1'))).code, '25');
      assert.equal((await ask('0220', completion(100, 'REF999999999', 'WRONG1'))).code, '25');
    });

    test('nothing of zero, nothing in another currency, nothing on another card', async () => {
      const fields = hold(visa, 1000);
      const code = await approved(fields);
      const reference = fields[37] ?? '';
      assert.equal((await ask('0220', completion(0, reference, code))).code, '13');
      assert.equal((await ask('0220', { ...completion(100, reference, code), 49: '840' })).code, '12');
      assert.equal(
        (await ask('0220', { ...completion(100, reference, code), 2: numberOf('approve_mastercard') })).code,
        '25',
      );
      assert.equal(book(fields).completed, 0);
    });

    test('a repeat gets the same answer and completes once', async () => {
      const fields = hold(visa, 1000);
      const advice = completion(600, fields[37] ?? '', await approved(fields));
      assert.equal((await ask('0220', advice)).code, '00');
      assert.equal((await ask('0221', advice)).code, '00');
      assert.equal((await ask('0221', advice)).code, '00');
      assert.equal(book(fields).completed, 600);
    });
  });

  describe('charges and refunds', () => {
    test('a charge is booked; a repeat charges once and answers with the same code', async () => {
      const fields = charge(visa, 2500, 'REF000000000');
      const first = await ask('0200', fields);
      const again = await ask('0201', fields);
      assert.deepEqual([first.mti, first.code, again.code], ['0210', '00', '00']);
      assert.equal(again.approval, first.approval);
      assert.equal(book(fields).charged, 2500);
    });

    test('a repeat that asks for something else is a duplicate, and changes nothing', async () => {
      const fields = charge(visa, 2500, 'REF000000000');
      await ask('0200', fields);
      assert.equal((await ask('0200', { ...fields, 4: '9900' })).code, '94');
      assert.equal((await ask('0200', { ...fields, 2: numberOf('approve_mastercard') })).code, '94');
      assert.equal(book(fields).charged, 2500);
    });

    test('a charge that no merchant initiated, and one of zero, are refused', async () => {
      const fields = charge(visa, 100, 'REF000000000');
      assert.equal((await ask('0200', { ...fields, 48: 'IN01COR12REF000000000' })).code, '12');
      assert.equal((await ask('0200', charge(visa, 0, 'REF000000000'))).code, '13');
    });

    test('refunds go up to what was completed, not beyond', async () => {
      const fields = hold(visa, 1000);
      const reference = fields[37] ?? '';
      const code = await approved(fields);
      assert.equal((await ask('0200', refund(visa, 1, reference))).code, '13');
      await ask('0220', completion(600, reference, code));
      assert.equal((await ask('0200', refund(visa, 601, reference))).code, '13');
      assert.equal((await ask('0200', refund(visa, 500, reference))).code, '00');
      assert.equal((await ask('0200', refund(visa, 101, reference))).code, '13');
      assert.equal((await ask('0200', refund(visa, 100, reference))).code, '00');
      assert.equal(book(fields).refunded, 600);
    });

    test('a refund may quote one completion, and is held to it', async () => {
      const fields = hold(visa, 1000);
      const code = await approved(fields);
      const first = completion(600, fields[37] ?? '', code);
      await ask('0220', first);
      await ask('0220', completion(400, fields[37] ?? '', code));
      assert.equal((await ask('0200', refund(visa, 601, first[37] ?? ''))).code, '13');
      assert.equal((await ask('0200', refund(visa, 600, first[37] ?? ''))).code, '00');
      assert.equal(book(fields).refunded, 600);
    });

    test('a payout goes to a card without an original, once, and is no charge', async () => {
      const fields = payout(visa, 4_200);
      const first = await ask('0200', fields);
      assert.equal(first.code, '00');
      assert.equal((await ask('0201', fields)).approval, first.approval);
      assert.equal(book(fields).paid_out, 4_200);
      assert.equal(book(fields).charged, 0);
      const original = String(fields[37]);
      assert.equal((await ask('0200', refund(visa, 1, original))).code, '25');
      assert.equal((await ask('0200', { ...payout(visa, 4_200), 48: 'IN01C' })).code, '12');
      assert.equal((await ask('0200', { ...payout(visa, 4_200), 48: `IN01MOR12${original}` })).code, '30');
      assert.equal((await ask('0200', payout(visa, 0))).code, '13');
      assert.equal((await ask('0200', payout(numberOf('decline_05'), 100))).code, '05');
      assert.equal((await ask('0420', reversal('0200', fields))).code, '00');
      assert.equal(book(fields).paid_out, 0);
    });

    test('a charge can be refunded, another card and unknown originals cannot', async () => {
      const fields = charge(visa, 800, 'REF000000000');
      await ask('0200', fields);
      assert.equal((await ask('0200', refund(numberOf('approve_mastercard'), 100, fields[37] ?? ''))).code, '25');
      assert.equal((await ask('0200', refund(visa, 100, 'REF999999998'))).code, '25');
      assert.equal((await ask('0200', { ...refund(visa, 100, fields[37] ?? ''), 49: '840' })).code, '12');
      assert.equal((await ask('0200', refund(visa, 800, fields[37] ?? ''))).code, '00');
    });

    test('a refund whose answer was lost can be reversed', async () => {
      const fields = charge(visa, 800, 'REF000000000');
      await ask('0200', fields);
      const back = refund(visa, 300, fields[37] ?? '');
      await ask('0200', back);
      assert.equal((await ask('0420', reversal('0200', back))).code, '00');
      assert.equal(book(fields).refunded, 0);
    });
  });

  describe('reversals', () => {
    test('a request frees what is left of the hold, completed money stays', async () => {
      const fields = hold(visa, 1000);
      await ask('0220', completion(400, fields[37] ?? '', await approved(fields)));
      const answer = await ask('0400', reversal('0100', fields));
      assert.deepEqual([answer.mti, answer.code], ['0410', '00']);
      assert.deepEqual([book(fields).completed, book(fields).reversed, book(fields).remaining], [400, 600, 0]);
    });

    test('an unknown original is answered 25, and takes no effect when it arrives after all', async () => {
      const fields = hold(visa, 1000);
      assert.equal((await ask('0420', reversal('0100', fields))).code, '25');
      assert.equal((await ask('0100', fields)).code, '12');
    });

    test('repeats and second reversals change nothing more', async () => {
      const fields = hold(visa, 1000);
      await approved(fields);
      const advice = reversal('0100', fields);
      for (const mti of ['0420', '0421', '0421']) assert.equal((await ask(mti, advice)).code, '00');
      assert.equal((await ask('0420', reversal('0100', fields))).code, '00');
      assert.equal(book(fields).reversed, 1000);
    });

    test('a reversed hold cannot be completed', async () => {
      const fields = hold(visa, 1000);
      const code = await approved(fields);
      await ask('0400', reversal('0100', fields));
      assert.equal((await ask('0220', completion(1, fields[37] ?? '', code))).code, '13');
    });

    test('a charge that was reversed cannot be refunded', async () => {
      const fields = charge(visa, 800, 'REF000000000');
      await ask('0200', fields);
      assert.equal((await ask('0420', reversal('0200', fields))).code, '00');
      assert.equal((await ask('0200', refund(visa, 1, fields[37] ?? ''))).code, '13');
    });
  });

  describe('bad messages', () => {
    const without = (fields: Fields, number: number): Fields =>
      Object.fromEntries(Object.entries(fields).filter(([one]) => Number(one) !== number));

    for (const number of [2, 4, 7, 11, 14, 22, 37, 41, 42, 49]) {
      test(`a hold without field ${number} is a format error`, async () => {
        assert.equal((await ask('0100', without(hold(visa, 100), number))).code, '30');
      });
    }

    const wrong: readonly (readonly [string, string, Fields])[] = [
      ['a time that is none', '0100', { ...hold(visa, 100), 7: '1399250000' }],
      ['an expiry month of 13', '0100', { ...hold(visa, 100), 14: '3913' }],
      ['field 48 cut off', '0100', { ...hold(visa, 100), 48: 'CV031' }],
      [
        'a security code in a charge',
        '0200',
        { ...charge(visa, 100, 'REF000000000'), 48: 'CV03123IN01MOR12REF000000000' },
      ],
      ['a security code in a merchant-initiated hold', '0100', { ...hold(visa, 100), 48: 'CV03123IN01M' }],
      ['a charge that quotes nothing', '0200', { ...charge(visa, 100, 'REF000000000'), 48: 'IN01M' }],
      ['a reversal that names nothing', '0420', without(reversal('0100', hold(visa, 100)), 90)],
    ];
    for (const [what, mti, fields] of wrong) {
      test(`${what} is a format error`, async () => assert.equal((await ask(mti, fields)).code, '30'));
    }

    test('a message cut off after its bitmap is answered 30 on an intact line', async () => {
      const whole = encode(
        '0100',
        new Map([
          [3, '000000'],
          [4, '100'],
        ]),
      );
      const cut = whole.subarray(2, whole.length - 5);
      line.socket.write(Buffer.concat([Buffer.from([cut.length >> 8, cut.length & 255]), cut]));
      assert.equal((await line.next())?.fields.get(39)?.toString(), '30');
      assert.equal((await ask('0100', hold(visa, 100))).code, '00');
    });

    for (const [what, bytes] of [
      ['a length above the limit', Buffer.from([0xff, 0xff])],
      ['a length of zero', Buffer.from([0, 0])],
      ['garbage in a frame', Buffer.concat([Buffer.from([0, 30]), Buffer.alloc(30, 0xa5)])],
      ['an answer instead of a request', encode('0110', new Map([[39, '00']]))],
      ['an unknown message type', encode('0620', new Map([[11, '000001']]))],
      ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ] as const) {
      test(`${what}: it hangs up, and others are served`, async () => {
        const bad = connect();
        bad.socket.write(bytes);
        assert.equal(await bad.next(), null);
        assert.equal(bad.closed, true);
        assert.equal((await ask('0100', hold(visa, 100))).code, '00');
      });
    }

    test('a frame that drips in is given up, whatever drips', async () => {
      const slow = connect();
      slow.socket.write(Buffer.from([0, 100]));
      const drip = setInterval(() => slow.socket.write('0'), 50);
      assert.equal(await slow.next(1500), null);
      clearInterval(drip);
      assert.equal(slow.closed, true);
    });

    test('a connection cut in the middle of a frame harms nobody', async () => {
      const cut = connect();
      cut.socket.write(encode('0100', new Map([[2, visa]])).subarray(0, 20));
      await new Promise((resolve) => setTimeout(resolve, 50));
      cut.end();
      assert.equal((await ask('0100', hold(visa, 100))).code, '00');
    });
  });

  test('neither journal nor books ever hold a number, a code or an expiry', async () => {
    const pan = canary();
    await approved({ ...hold(pan, 100, freshNumbers()), 48: 'CV03907IN01C', 14: '3811' });
    const everything = JSON.stringify([network.issuer.journal.newestFirst(2000), network.issuer.books.view(2000)]);
    assert.equal(everything.includes(pan), false);
    assert.equal(everything.includes(pan.slice(6, 12)), false);
    assert.equal(everything.includes('CV03'), false);
    assert.equal(everything.includes('3811'), false);
    assert.equal(everything.includes(pan.slice(-4)), true);
  });
});
