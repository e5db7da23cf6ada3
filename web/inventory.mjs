// The script inventory: every script of the payment pages with its owner, its reason and its hash (PCI DSS 6.4.3).
// Owner and reason are written by hand in web/scripts.json; the hash is that of the file just built. A script without an
// entry, and an entry without a script, fail the build. `*` in an entry's path stands for one name or version.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

export function integrityOf(file) {
  return `sha384-${createHash('sha384').update(readFileSync(file)).digest('base64')}`;
}

function matches(pattern, path) {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\w.-]+')}$`).test(path);
}

function checkEntry(entry) {
  for (const name of ['page', 'path', 'owner', 'why']) {
    if (typeof entry[name] === 'string' && entry[name].trim() !== '') continue;
    throw new Error(`web/scripts.json: the entry of ${entry.path ?? '?'} says no ${name}`);
  }
}

/**
 * `parts`: what was built, as {page, base, folder, files}: the URL that the folder is served at, and its files.
 * Errors: a script without an entry; an entry of a built page that no script has.
 */
export function makeInventory(entries, parts) {
  entries.forEach(checkEntry);
  const scripts = [];
  for (const { page, base, folder, files } of parts) {
    for (const file of files.filter((name) => /\.m?js$/.test(name))) {
      const path = base + relative(folder, file);
      const entry = entries.find((one) => one.page === page && matches(one.path, path));
      if (entry === undefined)
        throw new Error(`${path} of the page ${page} has no entry in web/scripts.json: say who owns it and why`);
      scripts.push({ page, path, integrity: integrityOf(file), owner: entry.owner, why: entry.why });
    }
    const idle = entries.find(
      (one) => one.page === page && !scripts.some((script) => script.page === page && matches(one.path, script.path)),
    );
    if (idle !== undefined) throw new Error(`web/scripts.json lists ${idle.path}, but no such script was built`);
  }
  return { scripts };
}
