// The sandbox's configuration: one TOML file. Every key is known and checked at start; an unknown, missing or
// mistyped key stops the sandbox with one sentence that names it.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'smol-toml';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Config {
  readonly shop: { readonly listen: Listen; readonly publicUrl: URL } & KeyPair;
  readonly merchant: {
    readonly baseUrl: URL;
    readonly publicBaseUrl: URL;
    readonly username: string;
    readonly passwordFile: string;
    readonly caFile: string;
  };
  readonly network: { readonly listen: Listen; readonly clientCa: string; readonly cryptogramKey: string } & KeyPair;
  readonly smtp: { readonly listen: Listen } & KeyPair;
  readonly bank: { readonly listen: Listen; readonly clientCa: string } & KeyPair;
}

export class ConfigError extends Error {}

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  shop: ['listen', 'public_url', 'cert', 'key'],
  merchant: ['base_url', 'public_base_url', 'username', 'password_file', 'ca_file'],
  network: ['listen', 'cert', 'key', 'client_ca', 'cryptogram_key'],
  smtp: ['listen', 'cert', 'key'],
  bank: ['listen', 'cert', 'key', 'client_ca'],
};

type Table = Readonly<Record<string, unknown>>;

/** Reads and checks the file. Relative paths in it are relative to the file. */
export function loadConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError(`${path}: cannot be read`);
  }
  try {
    return parseConfig(text, dirname(resolve(path)));
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${path}: ${error.message}`);
    throw error;
  }
}

export function parseConfig(text: string, folder: string): Config {
  const root = parseToml(text);
  refuseUnknown(root, [...Object.keys(knownKeys), 'ca_file'], '');
  const section = (name: string): Table => {
    const value = root[name];
    if (!isTable(value)) throw new ConfigError(`the section [${name}] is missing`);
    refuseUnknown(value, knownKeys[name] ?? [], `${name}.`);
    return value;
  };
  const shop = section('shop');
  const merchant = section('merchant');
  const network = section('network');
  const smtp = section('smtp');
  const bank = section('bank');
  const file = (table: Table, name: string, key: string): string => resolve(folder, text1(table, name, key));
  const pair = (table: Table, name: string): KeyPair => ({
    cert: file(table, name, 'cert'),
    key: file(table, name, 'key'),
  });
  return {
    shop: { listen: listenOf(shop, 'shop'), publicUrl: httpsUrl(shop, 'shop', 'public_url'), ...pair(shop, 'shop') },
    merchant: {
      baseUrl: httpsUrl(merchant, 'merchant', 'base_url'),
      publicBaseUrl: httpsUrl(merchant, 'merchant', 'public_base_url'),
      username: text1(merchant, 'merchant', 'username'),
      passwordFile: file(merchant, 'merchant', 'password_file'),
      caFile: 'ca_file' in merchant ? file(merchant, 'merchant', 'ca_file') : file(root, '', 'ca_file'),
    },
    network: {
      listen: listenOf(network, 'network'),
      clientCa: file(network, 'network', 'client_ca'),
      cryptogramKey: file(network, 'network', 'cryptogram_key'),
      ...pair(network, 'network'),
    },
    smtp: { listen: listenOf(smtp, 'smtp'), ...pair(smtp, 'smtp') },
    bank: { listen: listenOf(bank, 'bank'), clientCa: file(bank, 'bank', 'client_ca'), ...pair(bank, 'bank') },
  };
}

function parseToml(text: string): Table {
  try {
    return parse(text);
  } catch (error) {
    throw new ConfigError(`not valid TOML: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseUnknown(table: Table, known: readonly string[], prefix: string): void {
  for (const key of Object.keys(table)) {
    if (!known.includes(key)) throw new ConfigError(`${prefix}${key} is not a known key`);
  }
}

function text1(table: Table, section: string, key: string): string {
  const value = table[key];
  const name = section === '' ? key : `${section}.${key}`;
  if (value === undefined) throw new ConfigError(`${name} is missing`);
  if (typeof value !== 'string' || value === '') throw new ConfigError(`${name} must be a text that is not empty`);
  return value;
}

function httpsUrl(table: Table, section: string, key: string): URL {
  const value = text1(table, section, key);
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new ConfigError(
      `${section}.${key} must be an https address without a path, like "https://shop.localhost:8446"`,
    );
  }
  return url;
}

/** Loopback only: the sandbox shows every mail, sign-in codes included, to whoever asks. */
function listenOf(table: Table, section: string): Listen {
  const value = text1(table, section, 'listen');
  const match = /^(127(?:\.\d{1,3}){3}|\[::1\]):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2] ?? NaN);
  if (match === null || port > 65535) {
    throw new ConfigError(`${section}.listen must be a loopback address and a port, like "127.0.0.1:8446"`);
  }
  return { host: (match[1] ?? '').replace(/[[\]]/g, ''), port };
}
