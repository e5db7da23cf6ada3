// Looking into SQLite stores value by value: a code of three digits is only telling when it is the whole value, or a
// word of its own in a text.
import { DatabaseSync } from 'node:sqlite';
import { codeAsWord } from './needles.ts';
import type { Find } from './search.ts';

type Value = null | number | bigint | string | Uint8Array;

function isCode(value: Value, code: string): boolean {
  if (typeof value === 'string') return value === code || codeAsWord(code).test(value);
  if (value instanceof Uint8Array)
    return value.length === code.length && Buffer.from(value).toString('latin1') === code;
  return value !== null && String(value) === code;
}

function open(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true });
}

function tablesOf(database: DatabaseSync): string[] {
  const rows = database.prepare(`select name from sqlite_master where type = 'table'`).all();
  return rows.map((row) => String(row['name']));
}

/** Every value of every table that is the code. */
export function searchStore(path: string, code: string): Find[] {
  const finds: Find[] = [];
  const database = open(path);
  try {
    for (const table of tablesOf(database)) {
      const statement = database.prepare(`select * from "${table}"`);
      statement.setReadBigInts(true);
      for (const row of statement.iterate() as Iterable<Record<string, Value>>) {
        for (const [column, value] of Object.entries(row)) {
          if (isCode(value, code)) finds.push({ where: `${path} ${table}.${column}`, needle: 'code as a value' });
        }
      }
    }
  } finally {
    database.close();
  }
  return finds;
}

/** How many sealed cards with these last digits the vault keeps, and that they are longer than what they seal. */
export function sealedCards(path: string, last4: string): number {
  const database = open(path);
  try {
    const statement = database.prepare('select count(*) as n from cards where last4 = ? and length(sealed) > 16');
    return Number(statement.get(last4)?.['n'] ?? 0);
  } finally {
    database.close();
  }
}
