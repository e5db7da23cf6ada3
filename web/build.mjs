// Builds every page and script into web/dist, writes the published hashes and the script inventory, and fails when one
// outgrew its budget or has no owner.
//   node web/build.mjs [embed] [card-frame] [vault-staff] [checkout] [portal]     nothing named = all
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { integrityOf, makeInventory } from './inventory.mjs';

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, 'dist');
const version = JSON.parse(readFileSync(join(web, 'embed/package.json'), 'utf8')).version;
const scripts = join(dist, `karv/v${version}`);
const define = { __KARV_VERSION__: JSON.stringify(version) };

/** What all four share. Trusted Types: nothing may write HTML, so no preload polyfill. */
function settings(root, outDir, base) {
  return {
    root,
    base,
    configFile: false,
    logLevel: 'warn',
    define,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  };
}

/** Merchant scripts: one self-contained file each, on a path whose content never changes once released. */
async function buildEmbed() {
  rmSync(scripts, { recursive: true, force: true });
  for (const [entry, name] of [
    ['karv_entry.ts', 'karv.js'],
    ['klarna_compat_entry.ts', 'klarna-compat.js'],
  ]) {
    const options = settings(join(web, 'embed'), scripts, '/');
    await build({
      ...options,
      publicDir: false,
      build: {
        ...options.build,
        emptyOutDir: false,
        lib: { entry: join(web, 'embed/src', entry), formats: ['iife'], name: 'karvScript', fileName: () => name },
      },
    });
  }
  const hashes = Object.fromEntries(filesIn(scripts).map((file) => [relative(scripts, file), integrityOf(file)]));
  writeFileSync(join(dist, 'karv/integrity.json'), `${JSON.stringify({ [`v${version}`]: hashes }, null, 2)}\n`);
}

/** The vault serves this page: fixed names, because its list of files is fixed too. */
async function buildCardFrame() {
  const options = settings(join(web, 'card-frame'), join(dist, 'card-frame'), '/frame/v1/');
  const assetFileNames = ({ names }) => (names[0]?.endsWith('.css') ? 'assets/card.css' : 'assets/inter[extname]');
  options.build.rolldownOptions = { output: { entryFileNames: 'assets/card.js', assetFileNames } };
  await build(options);
  addIntegrity(join(dist, 'card-frame'), '/frame/v1/');
}

/** So does this one. */
async function buildVaultStaff() {
  const options = settings(join(web, 'vault-staff'), join(dist, 'vault-staff'), '/staff/v1/');
  const assetFileNames = ({ names }) => (names[0]?.endsWith('.css') ? 'assets/staff.css' : 'assets/inter[extname]');
  options.build.rolldownOptions = { output: { entryFileNames: 'assets/staff.js', assetFileNames } };
  await build(options);
  addIntegrity(join(dist, 'vault-staff'), '/staff/v1/');
}

async function buildPage(name, outDir, base) {
  await build(settings(join(web, name), outDir, base));
  addIntegrity(outDir, base);
}

const steps = {
  embed: buildEmbed,
  'card-frame': buildCardFrame,
  'vault-staff': buildVaultStaff,
  checkout: () => buildPage('checkout', join(dist, `checkout/v${version}`), `/checkout/v${version}/`),
  portal: () => buildPage('portal', join(dist, 'portal'), '/account/'),
};

/** Units: bytes after gzip -9, all scripts of the folder together. */
const budgets = [
  ['merchant script', join(scripts, 'karv.js'), 5_000],
  ['merchant script, compatible', join(scripts, 'klarna-compat.js'), 5_000],
  ['card frame', join(dist, 'card-frame'), 10_000],
  ["vault's page for staff", join(dist, 'vault-staff'), 10_000],
  ['checkout page', join(dist, `checkout/v${version}`), 30_000],
  ['account', join(dist, 'portal'), 60_000],
];

function filesIn(path) {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Writes the hash of each script and style sheet into the page that loads it. */
function addIntegrity(folder, base) {
  const page = join(folder, 'index.html');
  const html = readFileSync(page, 'utf8').replace(/(src|href)="([^"]+\.(?:js|css))"/g, (attribute, _name, url) => {
    if (!url.startsWith(base)) throw new Error(`${page} loads ${url}, which is not ours`);
    return `${attribute} integrity="${integrityOf(join(folder, url.slice(base.length)))}"`;
  });
  writeFileSync(page, html);
}

/** Of everything that is built; the vault reads its copy beside the card form. */
function writeInventory() {
  const entries = JSON.parse(readFileSync(join(web, 'scripts.json'), 'utf8'));
  const parts = [
    { page: 'card-frame', base: '/frame/v1/', folder: join(dist, 'card-frame') },
    { page: 'vault-staff', base: '/staff/v1/', folder: join(dist, 'vault-staff') },
    { page: 'checkout', base: `/checkout/v${version}/`, folder: join(dist, `checkout/v${version}`) },
    { page: 'account', base: '/account/', folder: join(dist, 'portal') },
    { page: 'shop', base: `/assets/karv/v${version}/`, folder: scripts },
  ].filter(({ folder }) => existsSync(folder));
  const inventory = makeInventory(
    entries,
    parts.map((part) => ({ ...part, files: filesIn(part.folder) })),
  );
  for (const folder of [dist, join(dist, 'card-frame')].filter((one) => existsSync(one)))
    writeFileSync(join(folder, 'scripts.json'), `${JSON.stringify(inventory, null, 2)}\n`);
}

function checkBudgets() {
  let exceeded = false;
  for (const [name, path, budget] of budgets) {
    const files = filesIn(path).filter((file) => file.endsWith('.js'));
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
    exceeded ||= bytes > budget;
    console.log(
      `${name.padEnd(28)} ${String(bytes).padStart(7)} of ${budget} bytes gzip${bytes > budget ? '  TOO BIG' : ''}`,
    );
  }
  return !exceeded;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
mkdirSync(dist, { recursive: true });
for (const [name, step] of Object.entries(steps)) if (wanted.length === 0 || wanted.includes(name)) await step();
writeInventory();
if (wanted.length === 0 && !checkBudgets()) process.exit(1);
