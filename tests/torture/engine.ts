// What the torture must know about a storage engine: how a server is given it, and how to look into it from outside. A
// second engine is one more entry of `engines`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Engine {
  /** As KARV_TEST_ENGINE spells it. */
  readonly name: string;
  /** Whether its data is a file of Karv's own, whose disk can be broken and filled. */
  readonly isFile: boolean;
  /** Puts the database of this data folder into another folder; before the server's next start. Pre: isFile. */
  readonly place: (data: string, folder: string) => void;
  /** The one number that a query in the common SQL answers. The server may be running. */
  readonly count: (data: string, sql: string) => number;
}

/** The value of one top-level key of a server.toml. */
function databaseOf(data: string): string {
  const found = /^database = "(.*)"$/m.exec(readFileSync(join(data, 'server.toml'), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${data}/server.toml names no database`);
  return found;
}

const sqlite: Engine = {
  name: 'sqlite',
  isFile: true,
  place: (data, folder) => {
    const moved = join(folder, 'server.db');
    copyFileSync(databaseOf(data), moved);
    const file = join(data, 'server.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^database = .*$/m, `database = "${moved}"`));
  },
  count: (data, sql) => {
    const database = new DatabaseSync(databaseOf(data), { readOnly: true, timeout: 10_000 });
    try {
      const row = database.prepare(sql).get();
      return Number(Object.values(row ?? {})[0]);
    } finally {
      database.close();
    }
  },
};

const postgres: Engine = {
  name: 'postgres',
  isFile: false,
  place: () => {
    throw new Error('PostgreSQL places its files itself');
  },
  count: (data, sql) => {
    const args = ['-X', '-q', '-A', '-t', '-d', databaseOf(data), '-c', sql];
    const { status, stdout, stderr } = spawnSync('psql', args, {
      encoding: 'utf8',
      env: { ...process.env, PGTARGETSESSIONATTRS: 'read-write' },
    });
    if (status !== 0) throw new Error(`psql: ${stderr}`);
    return Number(stdout);
  },
};

export const engines: Readonly<Record<string, Engine>> = { sqlite, postgres };
/** The engine of this run of the tests. */
export const engineOfTests = (): Engine => engines[process.env['KARV_TEST_ENGINE'] ?? 'sqlite'] ?? sqlite;
