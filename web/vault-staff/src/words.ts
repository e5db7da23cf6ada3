// The words that are signed, and their digest; the vault computes the same (src/vault/reveal/words.h).

export interface RevealWords {
  readonly act: 'reveal';
  readonly id: string;
  readonly at: number;
  readonly card: string;
  readonly level: string;
  readonly reason: string;
  readonly case_number: string;
  readonly note: string;
  readonly looks: number;
  readonly expires_at: number;
}
export interface Wish {
  readonly card: string;
  readonly level: string;
  readonly reason: string;
  readonly case_number: string;
  readonly note: string;
  readonly looks: number;
  readonly minutes: number;
}

export function revealWords(wish: Wish, at: number, id: string): string {
  const { card, level, reason, case_number, note, looks } = wish;
  const words: RevealWords = {
    act: 'reveal',
    id,
    at,
    card,
    level,
    reason,
    case_number,
    note,
    looks,
    expires_at: at + wish.minutes * 60_000,
  };
  return JSON.stringify(words);
}

export function actWords(act: 'look' | 'refuse' | 'list', at: number, request?: string): string {
  return JSON.stringify(request === undefined ? { act, at } : { act, at, request });
}

export function readWords(words: string): RevealWords {
  return JSON.parse(words) as RevealWords;
}

/** Each part behind its length in four bytes, big-endian. */
function framed(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    out.set(part, at + 4);
    at += 4 + part.length;
  }
  return out;
}

export async function challengeOf(words: string): Promise<ArrayBuffer> {
  const text = new TextEncoder();
  return crypto.subtle.digest('SHA-256', framed([text.encode('karv staff words 1'), text.encode(words)]));
}
