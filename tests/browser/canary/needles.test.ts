// The search itself: whatever shape the card takes, it is found; and nothing is found where nothing is.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCanary } from './card.ts';
import { codeAsWord, needlesOf } from './needles.ts';
import { filesBelow, searchFiles, searchMemory, searchText } from './search.ts';
import { searchStore } from './stores.ts';

const card = makeCanary();
const needles = needlesOf(card);
let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'karv-needles-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

const found = (bytes: Buffer): boolean => {
  const path = join(folder, 'planted');
  writeFileSync(path, bytes);
  return searchFiles([path], needles).length > 0;
};

describe('a planted card is found', () => {
  const grouped = card.number.replace(/(....)(?=.)/g, '$1 ');
  const shapes: Record<string, Buffer> = {
    plain: Buffer.from(`x${card.number}y`),
    spaced: Buffer.from(grouped),
    dashed: Buffer.from(grouped.replaceAll(' ', '-')),
    hexadecimal: Buffer.from(Buffer.from(card.number).toString('hex')),
    'UTF-16': Buffer.from(card.number, 'utf16le'),
    'packed decimal': Buffer.concat([Buffer.from('ab'), Buffer.from(card.number, 'hex')]),
    'the form’s JSON': Buffer.from(JSON.stringify({ code: card.code })),
    'the JSON in base64': Buffer.from(Buffer.from(JSON.stringify({ t: 1, code: card.code })).toString('base64')),
    'the card network’s field': Buffer.from(`008CV03${card.code}IN01C`),
    'across two chunks': Buffer.concat([Buffer.alloc(4 * 1024 * 1024 - 5, 'z'), Buffer.from(card.number)]),
  };
  for (const [name, bytes] of Object.entries(shapes)) test(name, () => assert.ok(found(bytes)));
  for (const shift of [0, 1, 2, 3]) {
    test(`base64 after ${shift} bytes`, () => {
      const text = `${'a'.repeat(shift)}${card.number}tail`;
      assert.ok(found(Buffer.from(Buffer.from(text).toString('base64'))));
      assert.ok(found(Buffer.from(Buffer.from(text).toString('base64url'))));
    });
  }

  test('in the memory of a process', { skip: process.getuid?.() !== 0 && 'only root reads memory' }, async () => {
    const holder = spawn(process.execPath, [
      '-e',
      'process.stdin.on("data", (d) => (kept = d, console.log("has it")))',
    ]);
    await once(holder, 'spawn');
    holder.stdin.write(card.number);
    await once(holder.stdout, 'data');
    assert.ok(searchMemory(holder.pid ?? 0, needles).finds.length > 0);
    holder.kill();
  });

  test('as a value in a store', () => {
    const path = join(folder, 'planted.db');
    const database = new DatabaseSync(path);
    database.exec('create table t (a TEXT, b BLOB, c INTEGER)');
    database.prepare('insert into t values (?, ?, ?)').run(`code ${card.code}`, Buffer.from(card.code), card.code);
    database.close();
    assert.equal(searchStore(path, card.code).length, 3);
  });
});

describe('what is no card is not found', () => {
  test('other numbers', () => {
    const other = makeCanary();
    assert.equal(searchText('', `${other.number} ${card.number.slice(0, 15)} ${card.code}`, needles).length, 0);
  });
  test('digits that are part of something else', () => {
    const word = codeAsWord(card.code);
    for (const text of [`1${card.code}`, `"ms":${card.code}`, `€1.${card.code}`, `${card.code}.50`, `a-${card.code}-b`])
      assert.equal(text.match(word), null, text);
    for (const text of [`code ${card.code}`, `"${card.code}"`, `is ${card.code}.`])
      assert.equal(text.match(word)?.length, 1, text);
  });
  test('a folder without it', () => {
    writeFileSync(join(folder, 'planted'), 'nothing');
    rmSync(join(folder, 'planted.db'), { force: true });
    assert.deepEqual(searchFiles(filesBelow([folder]), needles), []);
  });
});
