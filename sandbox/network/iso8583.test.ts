import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FrameReader } from './frames.ts';
import { decode, encode, FormatError, maxFrameBytes } from './iso8583.ts';
import { noPrivateData, parsePrivateData } from './private_data.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

// Worked out by hand from the bit numbers. Sign-on: bits 1, 7, 11 in the first map (1000 0010 0010 0000 ...), 70 in the
// second (bit 6 of it: 0000 0100 ...).
const signOn = '0800' + '8220000000000000' + '0400000000000000' + '1122170409' + '000001' + '001';
// Hold: bits 2, 3, 4, 7, 11, 37, 49 -> 0111 0010 0010 0000 ... 0000 1000 (37) ... 1000 (49).
const hold =
  '0100' +
  '7220000008008000' +
  '16' +
  '4111111111111111' +
  '000000' +
  '000000034900' +
  '1122170409' +
  '000042' +
  'REF000000001' +
  '978';

describe('the codec', () => {
  test('a message with one bitmap is read as computed by hand', () => {
    const { mti, fields } = decode(bytes(hold));
    assert.equal(mti, '0100');
    assert.deepEqual([...fields.keys()], [2, 3, 4, 7, 11, 37, 49]);
    assert.equal(fields.get(2)?.toString(), '4111111111111111');
    assert.equal(fields.get(4)?.toString(), '000000034900');
    assert.equal(fields.get(49)?.toString(), '978');
  });

  test('a message with two bitmaps is read as computed by hand', () => {
    const { fields } = decode(bytes(signOn));
    assert.deepEqual([...fields.keys()], [7, 11, 70]);
    assert.equal(fields.get(70)?.toString(), '001');
  });

  test('writing gives the bytes computed by hand, with the length in front', () => {
    const frame = encode(
      '0800',
      new Map([
        [70, '001'],
        [7, '1122170409'],
        [11, '1'],
      ]),
    );
    assert.equal(frame.subarray(2).toString('latin1'), signOn);
    assert.equal(frame.readUInt16BE(0), signOn.length);
    const again = encode('0100', new Map(decode(bytes(hold)).fields));
    assert.equal(again.subarray(2).toString('latin1'), hold);
  });

  test('fixed text is filled with spaces on the right and numbers with zeros on the left', () => {
    const { fields } = decode(
      encode(
        '0110',
        new Map([
          [4, '5'],
          [42, 'SHOP'],
        ]),
      ).subarray(2),
    );
    assert.equal(fields.get(4)?.toString(), '000000000005');
    assert.equal(fields.get(42)?.toString(), 'SHOP           ');
  });

  test('fields are views into the frame, so that wiping it wipes them', () => {
    const frame = bytes(hold);
    const pan = decode(frame).fields.get(2);
    frame.fill(0);
    assert.deepEqual(pan, Buffer.alloc(16));
  });

  const broken: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a message type alone', '0100'],
    ['letters as message type', 'ABCD' + hold.slice(4)],
    ['a bitmap in lower case', '0100' + '72200000080080ab' + hold.slice(20)],
    ['a second bitmap that is missing', '0800' + '8220000000000000'],
    ['a field that is cut off', hold.slice(0, -1)],
    ['bytes after the last field', hold + '0'],
    ['a card number longer than 19', hold.replace('16' + '4111', '20' + '4111')],
    ['a length that is no number', hold.replace('16' + '4111', '1x' + '4111')],
    ['letters in an amount', hold.replace('000000034900', '00000003490x')],
    ['a field nobody uses (66)', '0100' + '8000000000000000' + '4000000000000000' + '1'],
    ['a control character in text', '0100' + '0000000000100000' + 'ab\u0000defgh'],
  ];
  for (const [what, text] of broken) {
    test(`${what} is refused`, () => assert.throws(() => decode(bytes(text)), FormatError));
  }

  test('every truncation of a message is refused, none is read as something else', () => {
    for (let length = 0; length < hold.length; length++) {
      assert.throws(() => decode(bytes(hold.slice(0, length))), FormatError);
    }
  });

  test('what does not fit is not written', () => {
    assert.throws(() => encode('100', new Map()), FormatError);
    assert.throws(() => encode('0110', new Map([[39, '000']])), FormatError);
    assert.throws(() => encode('0110', new Map([[4, '1.50']])), FormatError);
    assert.throws(() => encode('0110', new Map([[128, '1']])), FormatError);
    const long = new Map([46, 47, 48].map((number) => [number, 'x'.repeat(999)]));
    assert.throws(() => encode('0110', long), FormatError);
  });
});

describe('frames', () => {
  const frame = (text: string): Buffer =>
    Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), bytes(text)]);

  test('arrive whole however the bytes are cut, and the chunks are wiped', () => {
    const all = Buffer.concat([frame('one'), frame('second'), frame('3')]);
    for (let size = 1; size <= all.length; size++) {
      const reader = new FrameReader();
      const seen: string[] = [];
      for (let at = 0; at < all.length; at += size) {
        const chunk = Buffer.from(all.subarray(at, at + size));
        assert.equal(
          reader.push(chunk, (one) => seen.push(one.toString())),
          true,
        );
        assert.deepEqual(chunk, Buffer.alloc(chunk.length));
      }
      assert.deepEqual(seen, ['one', 'second', '3']);
      assert.equal(reader.partial, false);
    }
  });

  test('a frame is wiped when its reader is done with it', () => {
    let kept: Buffer = Buffer.alloc(0);
    new FrameReader().push(frame('4111'), (one) => (kept = one));
    assert.deepEqual(kept, Buffer.alloc(4));
  });

  test('a length of zero or above the limit breaks the stream', () => {
    assert.equal(
      new FrameReader().push(Buffer.from([0, 0]), () => assert.fail()),
      false,
    );
    const tooLong = maxFrameBytes + 1;
    assert.equal(
      new FrameReader().push(Buffer.from([tooLong >> 8, tooLong & 255]), () => assert.fail()),
      false,
    );
  });
});

describe('private data (field 48)', () => {
  test('tags are read in any order, unknown ones skipped', () => {
    const read = parsePrivateData(bytes('ZZ02hiOR12REF000000001IN01CCV03123'));
    const given = { securityCode: true, initiator: 'C', original: 'REF000000001' };
    assert.deepEqual(read, { ...noPrivateData, ...given });
  });

  for (const text of ['C', 'CV', 'CV0312', 'CV02 12', 'CV03abc', 'IN01X', 'OR11REF00000001', 'IN01CIN01M', 'CVxx123']) {
    test(`"${text}" is refused`, () => assert.throws(() => parsePrivateData(bytes(text)), FormatError));
  }
});
