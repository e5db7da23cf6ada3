// What a browser keeps of a payment: what a page may store (asked in the frame where the card is typed), and what the
// browser itself writes into its profile: history, form data, cards, caches.
import { DatabaseSync } from 'node:sqlite';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';

export interface FrameStorage {
  readonly cookies: string;
  readonly local: number;
  readonly session: number;
  readonly databases: number;
  readonly caches: number;
  readonly workers: number;
}

/** Everything that the frame's origin has stored in this browser; what the browser denies to frames is empty. */
export async function storageOf(frame: Frame): Promise<FrameStorage> {
  return frame.evaluate(async () => {
    const count = async (ask: () => Promise<number>): Promise<number> => {
      try {
        return await ask();
      } catch (error) {
        const { name, message } = error as Error;
        if (name === 'SecurityError' || /denied/.test(message)) return 0;
        throw error;
      }
    };
    return {
      cookies: document.cookie,
      local: await count(async () => localStorage.length),
      session: await count(async () => sessionStorage.length),
      databases: await count(async () => (await indexedDB.databases()).length),
      caches: await count(async () => (await caches.keys()).length),
      workers: await count(async () => (await navigator.serviceWorker.getRegistrations()).length),
    };
  });
}

// Where Chromium keeps what was typed into forms, by the tables of its "Web Data".
const kFormTables = ['autofill', 'credit_cards', 'masked_credit_cards', 'local_stored_cvc', 'server_stored_cvc'];

export const formDataOf = (profile: string): string => join(profile, 'Default', 'Web Data');

/** Rows of form data in the profile, by table. Errors: the profile has no such file. */
export function formData(profile: string): Record<string, number> {
  const file = formDataOf(profile);
  if (!existsSync(file)) throw new Error(`${file} is not there`);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
    const names = tables.map((row) => String(row['name'])).filter((name) => kFormTables.includes(name));
    return Object.fromEntries(
      names.map((name) => [name, Number(database.prepare(`select count(*) as n from "${name}"`).get()?.['n'])]),
    );
  } finally {
    database.close();
  }
}
