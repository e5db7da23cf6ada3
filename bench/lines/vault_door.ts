// Describe and use through the vault's private door, as karv-server asks: mutual TLS, JSON, and for a use the sandbox's
// card network behind its own TLS line. All of it shares the machine.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDatabases } from '../../tests/functional/support/postgres.ts';
import type { System } from '../../tests/functional/support/system.ts';
import { privateAddress } from '../../tests/functional/support/vaults.ts';
import { onFreshKarv, say, shoppers, type Scale } from '../support/bench.ts';
import { post, type LoadResult, type Posts, type Target } from '../support/programs.ts';
import * as report from '../support/report.ts';

const merchant = '0190a1b2-c3d4-7000-8000-00000000000b';

/** Ordered by time, as Karv's own are. Source: RFC 9562, 5.7. */
function uuidv7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function doorOf(system: System): Target {
  const tls = (name: string): string => join(system.data, 'tls', name);
  return {
    address: privateAddress(readFileSync(join(system.data, 'vault.toml'), 'utf8')),
    ca: system.addresses.ca_file,
    authorization: '',
    mutual: { serverName: 'vault-private', cert: tls('karv-server.crt'), key: tls('karv-server.key') },
  };
}

interface Holder {
  readonly customer: string;
  readonly vault_token: string;
}

/** Customers with a test card each. */
async function makeHolders(target: Target, count: number): Promise<Holder[]> {
  const [host, port] = target.address.split(':');
  const { cert, key, serverName } = target.mutual ?? { cert: '', key: '', serverName: '' };
  const files = { ca: readFileSync(target.ca), cert: readFileSync(cert), key: readFileSync(key) };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const make = (customer: string): Promise<Holder> =>
    new Promise((resolve, reject) => {
      const options = { host, port, method: 'POST', path: '/private/v1/test-cards', agent, servername: serverName };
      const body = JSON.stringify({ name: 'approve', customer, merchant, purpose: 'purchase' });
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
      const outgoing = request({ ...options, ...files, headers }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
        incoming.on('end', () => {
          if (incoming.statusCode !== 200) return reject(new Error(`no test card: ${text}`));
          const { vault_token } = JSON.parse(text) as { vault_token: string };
          resolve({ customer, vault_token });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const holders: Holder[] = [];
  for (let i = 0; i < count; i += 1) holders.push(await make(uuidv7()));
  agent.destroy();
  return holders;
}

function holdOf({ customer, vault_token }: Holder): string {
  const amount = { amount_minor: 100, currency: 'EUR', merchant_reference: 'SHOP-1', merchant_name: 'Bench Shop' };
  const whose = { vault_token, customer, merchant, initiator: 'cardholder' };
  return JSON.stringify({ operation: uuidv7(), ...whose, ...amount, business_time: Date.now() });
}

/** One line with its percentiles in the notes, from rounds of the load generator. */
function lineOf(name: string, rounds: readonly LoadResult[]): report.Line {
  const middle = (what: (one: LoadResult) => number): number => report.median(rounds.map(what));
  return {
    name,
    unit: '/s',
    ...report.alone(rounds.map((one) => one.per_second)),
    goal: null,
    notes: {
      callers: shoppers,
      p50_ms: middle((one) => one.p50_ms),
      p95_ms: middle((one) => one.p95_ms),
      p99_ms: middle((one) => one.p99_ms),
    },
  };
}

export async function measureVaultDoor(scale: Scale, engine: 'sqlite' | 'postgres'): Promise<report.Line[]> {
  const databases = engine === 'postgres' ? await makeDatabases() : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'karv-door-bench-'));
  const bodies = join(folder, 'bodies');
  const amount = { connections: shoppers, warmUp: 200, rounds: scale.quick ? 400 : 3000 };
  const described: LoadResult[] = [];
  const used: LoadResult[] = [];
  await onFreshKarv(async ({ system }) => {
    const target = doorOf(system);
    const holders = await makeHolders(target, scale.quick ? 200 : 1000);
    const play = (lines: readonly string[], posts: Omit<Posts, 'bodies'>): Promise<LoadResult> => {
      writeFileSync(bodies, lines.join('\n'));
      return post(target, amount, { ...posts, bodies });
    };
    for (let round = 0; round < scale.rounds; round += 1) {
      const asked = holders.map((one) => JSON.stringify({ tokens: [one] }));
      described.push(await play(asked, { path: '/private/v1/batch/describe', answer: '"brand":"visa"' }));
      const holds = Array.from({ length: amount.warmUp + amount.rounds }, (_, at) => holders[at % holders.length]);
      const texts = holds.filter((one) => one !== undefined).map(holdOf);
      used.push(await play(texts, { path: '/private/v1/cards/hold', answer: '"outcome":"approved"' }));
      const rate = (results: readonly LoadResult[]): string => results.at(-1)?.per_second.toFixed(0) ?? '-';
      say(`private door, ${engine}, round ${round + 1}: describe ${rate(described)}/s, use ${rate(used)}/s`);
    }
  }, databases);
  rmSync(folder, { recursive: true });
  return [
    lineOf(`vault, describe at the door, ${engine}`, described),
    lineOf(`vault, use at the door, ${engine}`, used),
  ];
}
