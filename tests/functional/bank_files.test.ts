// A file of payouts from the server's message to the bank and back, through the vault's own doors: nobody but the
// browser that typed them and the bank ever sees an account number.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { clusterFiles } from './support/postgres.ts';
import { eventually } from './support/sandbox.ts';

// From the IBAN registry.
const ours = 'DE89370400440532013000';
const stranger = 'FI2112345600000785';
const theirs = ['BE68539007547034', 'NL91ABNA0417164300', 'AT611904300234573201'] as const;

let installation: Installation;
const at = (...names: string[]): string => join(installation.data, ...names);
const vaultConfig = (): string => readFileSync(at('vault.toml'), 'utf8');
const portIn = (config: string, section: string): number =>
  Number(new RegExp(`\\[${section}\\]\\nlisten = "127.0.0.1:(\\d+)"`).exec(config)?.[1]);

interface Answer {
  readonly status: number;
  readonly text: string;
}
interface Door {
  readonly port: number;
  readonly name: string;
  readonly client?: string;
}
const said: string[] = [];

function send(door: Door, method: string, path: string, body?: unknown): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: door.port,
        method,
        path,
        servername: door.name,
        ca: readFileSync(at('tls', 'ca.crt')),
        agent: false,
        headers: {
          Host: `${door.name}:${door.port}`,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
        },
        ...(door.client === undefined
          ? {}
          : {
              cert: readFileSync(at('tls', `${door.client}.crt`)),
              key: readFileSync(at('tls', `${door.client}.key`)),
            }),
      },
      (incoming) => {
        let got = '';
        incoming.setEncoding('utf8').on('data', (part: string) => (got += part));
        incoming.on('end', () => {
          said.push(got);
          resolve({ status: incoming.statusCode ?? 0, text: got });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

async function ask<T = Record<string, unknown>>(path: string, body?: unknown): Promise<T> {
  const door = { port: portIn(vaultConfig(), 'private'), name: 'vault-private', client: 'karv-server' };
  const answer = await send(door, body === undefined ? 'GET' : 'POST', `/private/v1/bank/${path}`, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

async function sandbox<T>(method: string, path: string, body?: unknown): Promise<T> {
  const port = portIn(readFileSync(at('sandbox.toml'), 'utf8'), 'shop');
  const answer = await send({ port, name: 'shop.localhost' }, method, path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as T;
}
interface FileLine {
  readonly message_id: string;
  readonly entries: number;
  readonly sum: string;
  readonly status: string;
  readonly times: number;
  readonly creditors: readonly string[];
}
const atBank = async (id: string): Promise<FileLine | undefined> => {
  const { files } = await sandbox<{ files: FileLine[] }>('GET', '/sandbox/bank/files');
  return files.find((each) => each.message_id === id.replaceAll('-', ''));
};
const next = (behaviour: string): Promise<unknown> => sandbox('POST', '/sandbox/bank/next', { behaviour });

/** Time-ordered, as Karv makes them. */
function newId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const merchant = newId();
/** Typed in a browser, collected by the server. */
async function tokenFor(number: string, purpose: 'own' | 'payout'): Promise<string> {
  const owner = purpose === 'own' ? {} : { merchant };
  const { ticket } = await ask<{ ticket: string }>('tickets', { purpose, ...owner });
  const door = { port: portIn(vaultConfig(), 'public'), name: 'vault.localhost' };
  const posted = await send(door, 'POST', '/frame/v1/bank-account', { ticket, kind: 'iban', number });
  expect(posted.status, posted.text).toBe(200);
  return (await ask<{ bank_token: string }>('tickets/collect', { ticket, ...owner })).bank_token;
}

let own = '';
let payees: string[] = [];
const amount = (i: number): number => 100 + i;

/** A file of that many payouts, complete; answers its id. */
async function payouts(count: number): Promise<string> {
  const file = newId();
  const business_time = Date.now();
  const sum = Array.from({ length: count }, (_, i) => amount(i)).reduce((a, b) => a + b, 0);
  await ask('files', {
    ...{ file, destination: 'sandbox-bank', kind: 'pain.001.001.09', purpose: 'payout', debtor_token: own },
    ...{ debtor_name: 'Karv Testbank AB', execution_date: '2030-01-02', currency: 'EUR' },
    ...{ entries: count, sum_minor: sum, business_time },
  });
  for (let from = 0; from < count; from += 100) {
    const entries = Array.from({ length: Math.min(100, count - from) }, (_, i) => ({
      ...{ entry: newId(), bank_token: payees[(from + i) % payees.length], merchant, name: `Sæl & Søn <${from + i}>` },
      ...{ amount_minor: amount(from + i), remittance: `Payout ${from + i}` },
    }));
    await ask('files/entries', { file, first: from + 1, entries, business_time });
  }
  await ask('files/commit', { file });
  return file;
}
interface FileAnswer {
  readonly state: string;
  readonly problem: string;
  readonly digest: string;
  readonly message_id: string;
}
const look = (file: string): Promise<FileAnswer> => ask<FileAnswer>('files/find', { file });
const inState = (file: string, state: string): Promise<FileAnswer> =>
  eventually(`${file} is ${state}`, async () => {
    const answer = await look(file);
    return answer.state === state ? answer : undefined;
  });
const withProblem = (file: string, problem: string): Promise<FileAnswer> =>
  eventually(`${file} has ${problem}`, async () => {
    const answer = await look(file);
    return answer.problem === problem ? answer : undefined;
  });

describe('files of payouts', () => {
  beforeAll(async () => {
    installation = await Installation.create(engineOfTests());
    await installation.start('karv-sandbox');
    await installation.start('karv-vault');
    own = await tokenFor(ours, 'own');
    payees = [];
    for (const number of theirs) payees.push(await tokenFor(number, 'payout'));
  });
  afterAll(async () => {
    await installation.stopAll();
    installation.remove();
  });

  test('a file of 250 reaches the bank whole, once, and its end is learned', async () => {
    const file = await payouts(250);
    const answer = await inState(file, 'accepted');
    expect(answer.digest).toMatch(/^[0-9a-f]{64}$/);
    const line = await atBank(file);
    expect(line?.entries).toBe(250);
    expect(line?.sum).toBe(String(250 * 100 + (249 * 250) / 2));
    expect(line?.creditors.slice(0, 3)).toEqual(theirs.map((number) => `••${number.slice(-4)}`));
    await sandbox('POST', '/sandbox/bank/settle', {});
    await inState(file, 'completed');
    expect((await atBank(file))?.times).toBe(1);
  });

  test('what the bank says of entries is told', async () => {
    await next('reject_first');
    const file = await payouts(3);
    await inState(file, 'partly_accepted');
    const { entries } = await ask<{ entries: { bank_status: string; bank_reason: string }[] }>('files/outcomes', {
      file,
      after: 0,
    });
    expect(entries.map((each) => each.bank_status)).toEqual(['RJCT', '', '']);
    expect(entries[0]?.bank_reason).toBe('AC01');
  });

  test('killed while it sends, the vault asks for the file and does not send it again', async () => {
    await next('hang');
    const file = await payouts(2);
    await eventually('the bank has it', () => atBank(file));
    expect((await look(file)).state).toBe('sending');
    await installation.kill('karv-vault');
    await installation.start('karv-vault');
    await inState(file, 'accepted');
    expect((await atBank(file))?.times).toBe(1);
  });

  test('a file whose answer is lost, and one that never arrived, are not repeated', async () => {
    await next('silence');
    const lost = await payouts(1);
    await inState(lost, 'accepted');
    expect((await atBank(lost))?.times).toBe(1);
    await next('drop');
    const dropped = await payouts(1);
    await withProblem(dropped, 'NOT_KNOWN_THERE');
    await sleep(3_000);
    expect((await look(dropped)).state).toBe('unknown');
    expect(await atBank(dropped)).toBeUndefined();
  });

  test('a redirect is not followed, and raises the alarm', async () => {
    await next('redirect');
    const file = await payouts(1);
    await eventually('the redirect was told', async () =>
      readFileSync(installation.logFile('karv-vault'), 'utf8').includes('"problem":"REDIRECTED"') ? true : undefined,
    );
    expect(['unknown']).toContain((await look(file)).state);
    expect(await atBank(file)).toBeUndefined();
  });

  test('a statement is fetched, its accounts are tokens, and what came can be sent back', async () => {
    interface Line {
      readonly amount_minor: number;
      readonly end_to_end_id: string;
      readonly message_id: string;
      readonly remittance: string;
      readonly account?: { readonly bank_token: string; readonly last: string; readonly known: boolean };
    }
    interface Page {
      readonly statements: readonly { readonly account?: { readonly last: string } }[];
      readonly lines: readonly Line[];
      readonly next?: number;
    }
    interface Fetched {
      readonly files: readonly { readonly file: string; readonly lines: number; readonly problem: string }[];
      readonly problem: string;
    }
    const fetched = (): Promise<Fetched> => ask<Fetched>('statements/fetch', { destination: 'sandbox-bank' });
    const readAll = async (file: string): Promise<Line[]> => {
      const lines: Line[] = [];
      for (let after: number | undefined = 0; after !== undefined;) {
        const page: Page = await ask<Page>('statements/read', { file, after });
        lines.push(...page.lines);
        after = page.next;
      }
      return lines;
    };
    const paid = await payouts(205);
    await inState(paid, 'accepted');
    const text = `from ${stranger}, order 7`;
    await sandbox('POST', '/sandbox/bank/credit', { to: ours, from: stranger, amount: 4_200, text });
    await sandbox('POST', '/sandbox/bank/statements', { text: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' });
    await sandbox('POST', '/sandbox/bank/settle', {});
    const { files } = await fetched();
    expect(files.map((each) => each.problem)).toContain('MALFORMED');
    const [last] = files.slice(-1);
    const lines = await readAll(last?.file ?? '');
    expect(lines).toHaveLength(last?.lines ?? 0);
    const booked = lines.filter((each) => each.message_id === paid.replaceAll('-', ''));
    expect(booked).toHaveLength(205);
    expect(booked.reduce((sum, each) => sum + each.amount_minor, 0)).toBe(-(205 * 100 + (204 * 205) / 2));
    expect(booked.every((each) => each.account?.known === true)).toBe(true);
    const came = lines.find((each) => each.amount_minor > 0);
    expect(came?.account).toMatchObject({ last: stranger.slice(-4), known: false });
    expect(came?.remittance).toMatch(/^from [A-Z*\d]+, order 7$/);
    expect(await fetched()).toEqual({ ...(await fetched()), files });

    const back = newId();
    const business_time = Date.now();
    await ask('files', {
      ...{ file: back, destination: 'sandbox-bank', kind: 'pain.001.001.09', purpose: 'refund', debtor_token: own },
      ...{ debtor_name: 'Karv', execution_date: '2030-01-02', currency: 'EUR' },
      ...{ entries: 1, sum_minor: 4_200, business_time },
    });
    const sendBack = (amount_minor: number): Promise<unknown> =>
      ask('files/entries', {
        ...{ file: back, first: 1, business_time },
        entries: [
          {
            ...{ entry: newId(), bank_token: came?.account?.bank_token, name: 'Somebody' },
            ...{ amount_minor, remittance: 'sent back' },
          },
        ],
      });
    await expect(sendBack(4_201)).rejects.toThrow('SCOPE_REFUSED');
    await sendBack(4_200);
    await ask('files/commit', { file: back });
    await inState(back, 'accepted');
    expect((await atBank(back))?.creditors).toEqual([`••${stranger.slice(-4)}`]);
  });

  test('another key than the pinned one gets nothing, and raises the alarm', async () => {
    await installation.stop('karv-vault');
    const config = vaultConfig();
    const pinned = (pin: string): string =>
      config.replace('[banks.sandbox-bank]\n', `[banks.sandbox-bank]\nkey_pins = ["${pin}"]\n`);
    writeFileSync(at('vault.toml'), pinned(Buffer.alloc(32).toString('base64')));
    await installation.start('karv-vault');
    const file = await payouts(1);
    await withProblem(file, 'PEER_NOT_TRUSTED');
    expect((await look(file)).state).toBe('committed');
    expect(readFileSync(installation.logFile('karv-vault'), 'utf8')).toContain('vault_bank_destination_alarm');
    expect(await atBank(file)).toBeUndefined();
    await installation.stop('karv-vault');
    writeFileSync(at('vault.toml'), config);
    await installation.start('karv-vault');
    await inState(file, 'accepted');
  });

  test('the list of destinations is closed, and the signing key outlives the process', async () => {
    await expect(
      ask('files', {
        ...{ file: newId(), destination: 'other-bank', kind: 'pain.001.001.09', purpose: 'payout', debtor_token: own },
        ...{ debtor_name: 'Karv', execution_date: '2030-01-02', currency: 'EUR' },
        ...{ entries: 1, sum_minor: 1, business_time: Date.now() },
      }),
    ).rejects.toThrow('DESTINATION_UNKNOWN');
    const { destinations } = await ask<{ destinations: { name: string; signing_key: string }[] }>('destinations');
    expect(destinations).toHaveLength(1);
    expect(destinations[0]?.signing_key).toMatch(/^[\w+/]{43}=$/);
  });

  test('control_17_and_20_no_account_number_is_in_an_answer_a_log_or_the_store', async () => {
    await installation.stop('karv-vault');
    const numbers = [ours, stranger, ...theirs];
    const store = engineOfTests().isFile ? installation.data : await clusterFiles();
    const files = readdirSync(store, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile() && (!engineOfTests().isFile || each.name.startsWith('vault.db')))
      .map((each) => join(each.parentPath, each.name));
    expect(files.length).toBeGreaterThan(0);
    files.push(installation.logFile('karv-vault'), installation.logFile('karv-sandbox'));
    for (const number of numbers) {
      for (const text of said) expect(text.includes(number)).toBe(false);
      for (const file of files) expect(readFileSync(file).includes(number), `${file} holds an account`).toBe(false);
    }
  });
});
