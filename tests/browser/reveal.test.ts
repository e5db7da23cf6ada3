// Staff and the vault: two people enrol with passkeys of their own, one asks for a whole number, the other approves, the
// first looks. In a real browser with virtual authenticators; everything else is the real programs.
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { CDPSession } from 'playwright-core';
import { kArtifacts, testCard } from './world/addresses.ts';
import { openBrowser, type OwnBrowser } from './world/browser.ts';
import { binFolder, startKarv, type Karv } from './world/karv.ts';
import { inspect, kDesktop, kPhone, visit, type Visit } from './world/visit.ts';

const kPictures = join(kArtifacts, 'browser', 'reveal');
const kNumber = testCard('approve');
const kGrouped = kNumber.replace(/(\d{4})(?=\d)/g, '$1 ');

/** A person at a device of his own. */
interface Person {
  readonly name: string;
  readonly visited: Visit;
  readonly device: CDPSession;
  readonly authenticator: string;
  id: string;
}

let karv: Karv;
let own: OwnBrowser;
const people: Person[] = [];

function operate(...words: string[]): string {
  return execFileSync(
    join(binFolder(), 'karv'),
    ['vault', 'staff', ...words, '--operator', join(karv.addresses.folder, 'operator.toml')],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

/** Asks the vault's private door, as karv-server does. */
async function askVault(path: string, body: unknown): Promise<Record<string, unknown>> {
  const { folder, ca_file, vault_private } = karv.addresses;
  const [host, port] = vault_private.split(':');
  const text = await new Promise<string>((resolve, reject) => {
    const asked = httpsRequest(
      {
        host,
        port,
        path: `/private/v1/${path}`,
        method: 'POST',
        servername: 'vault-private',
        ca: readFileSync(ca_file),
        cert: readFileSync(join(folder, 'tls/karv-server.crt')),
        key: readFileSync(join(folder, 'tls/karv-server.key')),
        headers: { 'Content-Type': 'application/json' },
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
        response.on('end', () => resolve(said));
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
  return JSON.parse(text) as Record<string, unknown>;
}

async function makePerson(name: string, width: number, synced = false): Promise<Person> {
  const visited = await visit(own.browser, width);
  visited.expectErrors(/\/staff\/v1\//); // refusals are answers with 4xx
  const device = await visited.context.newCDPSession(visited.page);
  await device.send('WebAuthn.enable');
  const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: synced,
      defaultBackupState: synced,
    },
  });
  const person = { name, visited, device, authenticator: authenticatorId, id: '' };
  people.push(person);
  return person;
}

const message = (person: Person) => person.visited.page.getByRole('alert');
const said = (person: Person, text: string | RegExp): Promise<void> =>
  message(person).filter({ hasText: text }).waitFor();

async function look(person: Person, name: string): Promise<void> {
  await inspect(person.visited, kPictures, name);
}

async function enrol(person: Person, clearance: string): Promise<void> {
  const [id, link] = operate('add', '--name', person.name, '--clearance', clearance).split('\n');
  person.id = id!;
  const { page } = person.visited;
  await page.goto(link!);
  await page.getByText(`For ${person.name}.`).waitFor();
  assert.ok(!page.url().includes('enrol='), 'the link is in no history');
  await page.getByRole('button', { name: 'Make the passkey' }).click();
}

async function confirmed(person: Person): Promise<void> {
  const { page } = person.visited;
  const letters = await page.locator('#enrol-letters').filter({ hasText: /\w/ }).textContent();
  await look(person, 'enrolled');
  assert.match(operate('approve', person.id), new RegExp(`passkey ${letters!.replaceAll(' ', '')}`));
  await page.goto(`${karv.addresses.vault_staff}/staff/v1/`);
}

async function fill(person: Person, card: string, level: string): Promise<void> {
  const { page } = person.visited;
  await page.getByLabel('Card reference').fill(card);
  await page.getByLabel(level).check();
  await page.getByLabel('Case number').fill('C-2026/12');
  await page.getByLabel('Note').fill('the bank asks');
}
const press = (person: Person, name: string): Promise<void> =>
  person.visited.page.getByRole('button', { name, exact: true }).first().click();

const vaultNow = (person: Person): Promise<number> =>
  person.visited.page.evaluate(async () => ((await (await fetch('/staff/v1/now')).json()) as { now: number }).now);

/** Signs words that the page would not offer, and posts them: what the vault says of them. */
function post(person: Person, path: string, words: string): Promise<Record<string, unknown>> {
  return person.visited.page.evaluate(
    async (given) => {
      const text = (bytes: ArrayBuffer): string =>
        btoa(String.fromCharCode(...new Uint8Array(bytes)))
          .replaceAll('+', '-')
          .replaceAll('/', '_')
          .replaceAll('=', '');
      const framed = ['karv staff words 1', given.words].flatMap((part) => {
        const bytes = new TextEncoder().encode(part);
        return [0, 0, bytes.length >> 8, bytes.length & 255, ...bytes];
      });
      const challenge = await crypto.subtle.digest('SHA-256', new Uint8Array(framed));
      const got = (await navigator.credentials.get({
        publicKey: { challenge, userVerification: 'required' },
      })) as PublicKeyCredential;
      const response = got.response as AuthenticatorAssertionResponse;
      const answer = await fetch(`/staff/v1/${given.path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          words: given.words,
          credential: text(got.rawId),
          client_data: text(response.clientDataJSON),
          authenticator_data: text(response.authenticatorData),
          signature: text(response.signature),
        }),
      });
      return (await answer.json()) as Record<string, unknown>;
    },
    { path, words },
  );
}

async function newCard(): Promise<{ customer: string; card: string; token: string }> {
  const customer = crypto.randomUUID();
  const made = await askVault('test-cards', { name: 'approve', customer, purpose: 'saved' });
  const token = made['vault_token'] as string;
  const { card } = await askVault('cards/reference', { vault_token: token, customer });
  return { customer, card: card as string, token };
}

describe('reveal for staff', () => {
  before(async () => {
    karv = await startKarv();
    own = await openBrowser(karv.addresses.ca_file);
  });
  after(async () => {
    await own?.close();
    await karv?.stop();
  });

  test('a whole number is asked for, approved by another person, and looked at', async () => {
    const anna = await makePerson('Anna Berg', kDesktop);
    const bela = await makePerson('Bela Cohn', kPhone);
    await enrol(anna, 'full_request');
    await confirmed(anna);
    await enrol(bela, 'approve');
    await confirmed(bela);
    await look(anna, 'start');

    const { customer, card } = await newCard();
    await press(anna, 'Sign and ask');
    await look(anna, 'wrong-fields');
    await fill(anna, card, 'The whole number');
    await press(anna, 'Sign and ask');
    await said(anna, 'Another person decides');
    await look(anna, 'asked');
    assert.equal(await anna.visited.page.getByRole('button', { name: 'Look', exact: true }).count(), 0);

    await press(bela, 'Show it with my passkey');
    const waiting = bela.visited.page.locator('#to-decide article');
    await waiting.getByText('the whole number').waitFor();
    for (const text of [card, 'the bank asks', 'Anna Berg', 'C-2026/12', 'a dispute'])
      await waiting.getByText(text).first().waitFor();
    await look(bela, 'to-decide');
    await press(bela, 'Approve');
    await said(bela, 'Approved');

    await press(anna, 'Show it with my passkey');
    await press(anna, 'Look');
    const { page } = anna.visited;
    await page.locator('#digits').filter({ hasText: kGrouped }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'shown-title', 'a screen reader is led to it');
    assert.match((await page.locator('#spoken').textContent()) ?? '', /^(\d ){15}\d$/);
    await look(anna, 'shown');
    // Neither selected nor copied nor printed.
    await page.keyboard.press('Control+A');
    assert.equal(
      await page.evaluate((number) => getSelection()!.toString().includes(number.slice(0, 9)), kGrouped),
      false,
    );
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('#digits').isVisible(), false);
    await page.emulateMedia({ media: null });
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#digits').textContent(), '');
    assert.equal(await page.locator('#shown').isVisible(), false);
    await look(anna, 'used');
    assert.equal(await page.getByRole('button', { name: 'Look', exact: true }).count(), 0);

    const { looks } = (await askVault('cards/looks', { customer })) as {
      looks: { level: string; reason: string; card: string }[];
    };
    assert.deepEqual(
      looks.map(({ level, reason, card: of }) => ({ level, reason, card: of })),
      [{ level: 'full', reason: 'dispute', card }],
    );
  });

  test('control 15: nobody approves his own request, another record, or a request whose time is over', async () => {
    const [anna, bela] = [people[0]!, people[1]!];
    const { card } = await newCard();
    const ask = async (lastsMs: number): Promise<{ id: string; words: string }> => {
      const at = await vaultNow(anna);
      const id = crypto.randomUUID();
      const wish = { card, level: 'full', reason: 'dispute', case_number: 'C-13', note: '', looks: 1 };
      const words = JSON.stringify({ act: 'reveal', id, at, ...wish, expires_at: at + lastsMs });
      assert.equal((await post(anna, 'requests', words))['state'], 'requested');
      return { id, words };
    };
    const lookAt = async (id: string): Promise<unknown> =>
      (await post(anna, 'looks', JSON.stringify({ act: 'look', at: await vaultNow(anna), request: id })))['code'];

    const { id, words } = await ask(60_000);
    assert.equal((await post(anna, 'approvals', words))['code'], 'SELF_APPROVAL');
    const { card: other } = await newCard();
    assert.equal((await post(bela, 'approvals', words.replace(card, other)))['code'], 'REQUEST_UNKNOWN');
    assert.equal(await lookAt(id), 'REQUEST_NOT_APPROVED');

    const short = await ask(2_500);
    assert.equal((await post(bela, 'approvals', short.words))['state'], 'approved');
    await anna.visited.page.waitForTimeout(2_600);
    assert.equal(await lookAt(short.id), 'REQUEST_EXPIRED');
  });

  test('who may see the last four sees them without anybody, and asks for more in vain', async () => {
    const cleo = await makePerson('Cleo Dahl', kPhone);
    await enrol(cleo, 'masked');
    await confirmed(cleo);
    const { card } = await newCard();
    await fill(cleo, card, 'The whole number');
    await press(cleo, 'Sign and ask');
    await said(cleo, 'Your clearance does not allow this.');
    await look(cleo, 'refused');
    await fill(cleo, card, 'The last four digits');
    await press(cleo, 'Sign and ask');
    await said(cleo, 'You can look now.');
    await press(cleo, 'Look');
    await cleo.visited.page
      .locator('#digits')
      .filter({ hasText: `•••• •••• •••• ${kNumber.slice(-4)}` })
      .waitFor();
    await look(cleo, 'masked');
    // Whoever left is out at once.
    operate('remove', cleo.id);
    await press(cleo, 'Show it with my passkey');
    await said(cleo, 'Your access is not active');
  });

  test('a passkey that is copied to other devices, a spent link and a person unverified are refused', async () => {
    const dora = await makePerson('Dora Ek', kDesktop, true);
    await enrol(dora, 'partial');
    await said(dora, 'on one device');
    await look(dora, 'synced-passkey');
    const bela = people[1]!;
    await bela.device.send('WebAuthn.setUserVerified', { authenticatorId: bela.authenticator, isUserVerified: false });
    await press(bela, 'Show it with my passkey');
    await said(bela, 'Nothing was signed.');
    const anna = people[0]!;
    await anna.visited.page.goto(`${karv.addresses.vault_staff}/staff/v1/#enrol=spent`);
    await anna.visited.page.reload();
    await said(anna, 'This link is not known');
    await look(anna, 'spent-link');
  });

  test('no page broke its policy or met an error', () => {
    for (const person of people) assert.deepEqual(person.visited.wrongs, [], person.name);
  });
});
