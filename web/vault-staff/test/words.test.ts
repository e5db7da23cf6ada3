import { describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { actWords, challengeOf, readWords, revealWords } from '../src/words.ts';

const kWish = {
  card: '01900000-0000-7000-8000-000000000001',
  level: 'full',
  reason: 'dispute',
  case_number: 'C-12',
  note: 'Ä "quoted" note',
  looks: 1,
  minutes: 15,
};

describe('the words that are signed', () => {
  it('say everything, and end after the minutes that were chosen', () => {
    const words = readWords(revealWords(kWish, 1000, 'an id'));
    expect(words).toEqual({
      act: 'reveal',
      id: 'an id',
      at: 1000,
      card: kWish.card,
      level: 'full',
      reason: 'dispute',
      case_number: 'C-12',
      note: kWish.note,
      looks: 1,
      expires_at: 901_000,
    });
    expect(actWords('list', 5)).toBe('{"act":"list","at":5}');
    expect(actWords('look', 5, 'r')).toBe('{"act":"look","at":5,"request":"r"}');
  });

  it('are digested behind a name and with their lengths', async () => {
    const words = revealWords(kWish, 1000, 'an id');
    const length = (text: string): Buffer => {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(Buffer.byteLength(text));
      return out;
    };
    const name = 'karv staff words 1';
    const expected = createHash('sha256')
      .update(length(name))
      .update(name)
      .update(length(words))
      .update(words)
      .digest('hex');
    expect(Buffer.from(await challengeOf(words)).toString('hex')).toBe(expected);
  });
});
