import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { charge, freshNumbers, hold, payout, refund, toMap, type Fields } from '../testing/acquirer.ts';
import { networkKey, sharedKey, stamped, voucherOf, wrapped } from '../testing/cryptograms.ts';
import { testCards } from './cards.ts';
import { Cryptograms, keyName } from './cryptograms.ts';
import { decode, encode } from './iso8583.ts';
import { Issuer } from './issuer.ts';

const visa = testCards.find((card) => card.name === 'approve')?.number ?? assert.fail('no such card');
const otherKey = Buffer.alloc(32, 9);

class Line {
  readonly cryptograms = new Cryptograms(networkKey);
  readonly issuer = new Issuer(this.cryptograms, () => new Date('2026-11-22T12:00:00Z'));

  constructor() {
    assert.equal(this.key(sharedKey), '00');
  }
  ask(mti: string, fields: ReadonlyMap<number, string>): string {
    const reply = this.issuer.receive(Buffer.from(encode(mti, fields).subarray(2))) ?? assert.fail('no answer');
    reply.sent();
    return decode(reply.frame.subarray(2)).fields.get(39)?.toString() ?? assert.fail('no code');
  }
  key(key: Buffer, extra = '', recipient = this.cryptograms.publicKey): string {
    const fields = { 7: '1122170409', 11: freshNumbers().stan, 63: wrapped(key, recipient), 70: '161' };
    return this.ask('0800', toMap(extra === '' ? fields : { ...fields, 48: extra }));
  }
  faults(): unknown[] {
    return this.issuer.journal
      .newestFirst(100)
      .map(({ fault }) => fault)
      .filter((fault) => fault !== null);
  }
}
const voucher = (former: Buffer, next: Buffer): string => `UC28${voucherOf(former, next)}UK16${keyName(former)}`;
const recorded = (mti: string, fields: Fields): Map<number, string> => stamped(mti, toMap(fields));

describe('a cryptogram', () => {
  // Computed with Python's hmac and hashlib: src/vault/network/cryptogram_test.cpp has the program.
  test('is what another implementation makes', () => {
    const line = new Line();
    const numbers = { stan: '000042', reference: 'REF000000001' };
    const fields = {
      ...{
        2: '4111111111111111',
        3: '000000',
        4: '000000012900',
        7: '1122120000',
        12: '120000',
        13: '1122',
        14: '3012',
      },
      ...{ 11: numbers.stan, 37: numbers.reference, 18: '5399', 22: '810', 25: '59', 32: '400001', 41: 'KARV0001' },
      ...{ 42: 'MERCHANT1', 43: 'NORDLYS', 49: '978' },
      48: 'IN01CUC28h3sJNFRZ4KteDlDcwkj9x0lIBy8=UK162e62358d6d791264UN191795348800000000042',
    };
    assert.equal(line.ask('0100', toMap(fields)), '00');
    assert.equal(voucherOf(sharedKey, Buffer.from(sharedKey.map((byte) => byte + 1))), '7CCxE9/Bq+wnHfAWIGgwwkoOzDU=');
  });

  test('is asked of holds, charges and payouts, and not of refunds', () => {
    const line = new Line();
    const first = hold(visa, 1000);
    assert.equal(line.ask('0100', toMap(hold(visa, 1000))), '63');
    assert.equal(line.ask('0100', recorded('0100', first)), '00');
    const taken = charge(visa, 500, String(first[37]));
    assert.equal(line.ask('0200', toMap(charge(visa, 500, String(first[37])))), '63');
    assert.equal(line.ask('0200', recorded('0200', taken)), '00');
    assert.equal(line.ask('0200', toMap(payout(visa, 100))), '63');
    assert.equal(line.ask('0200', recorded('0200', payout(visa, 100))), '00');
    assert.equal(line.ask('0200', toMap(refund(visa, 500, String(taken[37])))), '00');
    assert.deepEqual(line.faults(), ['no cryptogram', 'no cryptogram', 'no cryptogram']);
    assert.equal(line.issuer.books.view(10).length, 3, 'what was refused is not in the books');
  });

  test('is good for no other message: each changed element is refused', () => {
    const changes: Fields[] = [
      { 3: '260000' }, { 4: '1001' }, { 7: '1122170410' }, { 11: '999001' }, { 14: '3911' }, { 32: '400002' },
      { 37: 'REFOTHER0001' }, { 41: 'KARV0002' }, { 42: 'MERCHANT2' }, { 49: '752' },
      { 2: testCards.find((card) => card.name === 'approve_mastercard')?.number ?? assert.fail() },
    ]; // prettier-ignore
    for (const change of changes) {
      const line = new Line();
      const fields = { ...hold(visa, 1000), 48: 'IN01C' };
      const message = recorded('0100', fields);
      for (const [element, value] of toMap(change)) message.set(element, value);
      assert.equal(line.ask('0100', message), '63', `element ${Object.keys(change).join()}`);
      assert.deepEqual(line.faults(), ['wrong cryptogram']);
    }
  });

  test('counts once: a replay is answered from memory, under other numbers it is refused', () => {
    const line = new Line();
    const message = recorded('0100', hold(visa, 1000));
    assert.equal(line.ask('0100', message), '00');
    assert.equal(line.ask('0100', message), '00');
    assert.equal(line.issuer.books.view(10).length, 1);
    const again = new Map(message).set(37, 'REFOTHER0002');
    assert.equal(line.ask('0100', again), '63');
    const other = hold(visa, 1000, { stan: String(message.get(11)), reference: 'REFOTHER0003' });
    assert.equal(line.ask('0100', recorded('0100', other)), '63', 'a right cryptogram with a use number that was used');
    assert.deepEqual(line.faults(), ['cryptogram used before', 'wrong cryptogram']);
  });

  test('of a repeat is the first one: taken once, also when only the repeat arrives', () => {
    const line = new Line();
    const sent = payout(visa, 700);
    const message = recorded('0200', sent);
    assert.equal(line.ask('0201', message), '00');
    assert.equal(line.ask('0201', message), '00');
    assert.equal(line.issuer.books.view(10).length, 1);
    assert.equal(line.ask('0201', new Map(message).set(48, String(message.get(48)).replace(/UC28./, 'UC28!'))), '30');
  });

  test('may overtake others, but an old one is refused when sixty-four newer ones were seen', () => {
    const line = new Line();
    const late = recorded('0100', hold(visa, 10));
    const later = recorded('0100', hold(visa, 10));
    for (let i = 0; i < 63; i++) assert.equal(line.ask('0100', recorded('0100', hold(visa, 10))), '00');
    assert.equal(line.ask('0100', later), '00');
    assert.equal(line.ask('0100', late), '63');
  });
});

describe('a network key', () => {
  test('is taken with the voucher of the newest that is held, and two are held', () => {
    const line = new Line();
    assert.equal(line.key(sharedKey), '00', 'the same key once more');
    assert.equal(line.key(otherKey), '63', 'nobody vouches');
    assert.equal(line.key(otherKey, voucher(otherKey, otherKey)), '63', 'it vouches for itself');
    assert.equal(line.key(otherKey, voucher(sharedKey, networkKey)), '63', 'a voucher for another one');
    assert.equal(line.key(otherKey, voucher(sharedKey, otherKey)), '00');
    const old = (): string => line.ask('0100', recorded('0100', hold(visa, 10)));
    const next = (): string => line.ask('0100', stamped('0100', toMap(hold(visa, 10)), otherKey));
    assert.deepEqual([old(), next()], ['00', '00']);
    const third = Buffer.alloc(32, 11);
    assert.equal(line.key(sharedKey), '00', 'handed over again');
    assert.equal(line.key(third, voucher(sharedKey, third)), '63', 'the former one vouches for nothing any more');
    assert.deepEqual([old(), next()], ['00', '00'], 'and pushes nothing out');
    assert.equal(line.key(third, voucher(otherKey, third)), '00');
    assert.deepEqual([old(), next()], ['63', '00'], 'the oldest is gone');
    assert.deepEqual(line.faults(), ['unknown key']);
  });

  test('that is for another network, cut, or not a key is refused', () => {
    const line = new Line();
    const stranger = new Cryptograms(Buffer.alloc(32, 8));
    assert.equal(line.key(otherKey, '', stranger.publicKey), '30');
    assert.equal(line.key(Buffer.alloc(16, 1)), '30');
    for (const text of ['x', 'a.b.c.d.e', '..', wrapped(otherKey, line.cryptograms.publicKey).slice(0, -4)])
      assert.equal(line.ask('0800', toMap({ 7: '1122170409', 11: freshNumbers().stan, 63: text, 70: '161' })), '30');
    assert.equal(line.ask('0800', toMap({ 7: '1122170409', 11: freshNumbers().stan, 70: '161' })), '30', 'none');
  });
});
