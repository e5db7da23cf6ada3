// karv-sandbox: what stands around Karv on a developer's machine. Wiring only.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bank } from './bank/server.ts';
import { bankRoutes } from './bank/view.ts';
import { ConfigError, loadConfig, type Config } from './common/config.ts';
import { createLog, errorName, type Log } from './common/log.ts';
import { Mailbox } from './mail/mailbox.ts';
import { MailCatcher } from './mail/smtp.ts';
import { mailRoutes } from './mail/view.ts';
import { CardNetwork } from './network/server.ts';
import { networkRoutes } from './network/view.ts';
import { shopErrorPage } from './shop/layout.ts';
import { MerchantClient } from './shop/merchant_client.ts';
import { Orders } from './shop/orders.ts';
import { shopRoutes } from './shop/routes.ts';
import { ScriptSource } from './shop/script.ts';
import { assetRoutes } from './web/assets.ts';
import { WebServer } from './web/server.ts';

const help = `karv-sandbox: a card network, a bank, a mail catcher and a demo shop, to run Karv against.

  node sandbox/main.ts --config FILE

It prints one line {"event":"ready",...} with its ports when it listens, logs JSON lines to standard error, keeps
everything in memory, and stops on SIGTERM or Ctrl-C. It listens on loopback addresses only, because it shows every
mail to whoever asks.

FILE is TOML; paths in it are relative to it:

  [shop]                       # the demo shop, and the pages below
  listen = "127.0.0.1:8446"    # port 0 takes a free one
  public_url = "https://shop.localhost:8446"
  cert = "shop.crt"
  key = "shop.key"

  [merchant]                   # how the shop reaches Karv's merchant API
  base_url = "https://127.0.0.1:8443"
  public_base_url = "https://pay.localhost:8443"
  username = "..."
  password_file = "merchant.password"
  ca_file = "ca.crt"

  [network]                    # the card network, ISO 8583 over TLS, for karv-vault
  listen = "127.0.0.1:8583"
  cert = "network.crt"
  key = "network.key"
  client_ca = "ca.crt"
  cryptogram_key = "network.key"   # X25519, 32 bytes as they are; vault.toml has the public one

  [smtp]                       # the mail catcher, STARTTLS required
  listen = "127.0.0.1:8025"
  cert = "mail.crt"
  key = "mail.key"

  [bank]                       # the bank, ISO 20022 over HTTPS, for karv-vault
  listen = "127.0.0.1:8584"
  cert = "bank.crt"
  key = "bank.key"
  client_ca = "ca.crt"

Then look at
  /                   the shop               /back-office       capture, refund, cancel, release
  /sandbox/mail       the mails              /sandbox/network   card messages, books and test cards
and, for programs (JSON),
  GET  /sandbox/mail/messages?to=ADDRESS     GET  /sandbox/network/messages, /sandbox/network/books
  POST /sandbox/network/next {"behaviour":"timeout","count":1}      for cards of the canary range
  POST /sandbox/network/settings {"late_ms":12000}
  GET  /sandbox/bank/files                   POST /sandbox/bank/settle
  POST /sandbox/bank/next {"behaviour":"silence","count":1}
  POST /sandbox/bank/credit {"to":IBAN,"from":ACCOUNT,"amount":100,"text":"..."}
`;

export interface Running {
  readonly ports: { readonly shop: number; readonly network: number; readonly smtp: number; readonly bank: number };
  readonly stop: () => Promise<void>;
}

/** Starts all four, or none. Errors: whatever a listener says, such as EADDRINUSE. */
export async function startSandbox(config: Config, log: Log): Promise<Running> {
  const mailbox = new Mailbox();
  const mail = new MailCatcher(config.smtp, mailbox, log);
  const network = new CardNetwork(config.network, { log });
  const bank = new Bank(config.bank, log);
  const client = new MerchantClient(config.merchant);
  const orders = new Orders(client, config.shop.publicUrl, log);
  const scripts = new ScriptSource(client, config.merchant.publicBaseUrl.origin);
  const web = new WebServer({
    listen: config.shop.listen,
    keys: config.shop,
    publicUrl: config.shop.publicUrl,
    payOrigin: config.merchant.publicBaseUrl.origin,
    routes: [
      ...shopRoutes({ orders, scripts }),
      ...mailRoutes(mailbox),
      ...networkRoutes(network),
      ...bankRoutes(bank),
      ...assetRoutes(join(import.meta.dirname, 'browser')),
    ],
    errorPage: shopErrorPage,
    log,
  });
  const started: { stop: () => Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((one) => one.stop()));
    client.close();
  };
  try {
    const ports = { shop: 0, network: 0, smtp: 0, bank: 0 };
    for (const [name, part] of [
      ['smtp', mail],
      ['network', network],
      ['bank', bank],
      ['shop', web],
    ] as const) {
      ports[name] = await part.start();
      started.push(part);
    }
    return { ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (values.config === undefined) {
    process.stderr.write('karv-sandbox: --config FILE is missing; --help shows what goes into it.\n');
    return 2;
  }
  const log = createLog();
  const stopAsked = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const sandbox = await startSandbox(loadConfig(values.config), log);
  process.stdout.write(JSON.stringify({ event: 'ready', ...portNames(sandbox.ports) }) + '\n');
  await stopAsked;
  log('stopping');
  await sandbox.stop();
  return 0;
}

function portNames(ports: Running['ports']): Record<string, number> {
  return { shop_port: ports.shop, network_port: ports.network, smtp_port: ports.smtp, bank_port: ports.bank };
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    const why = error instanceof ConfigError ? error.message : explainStart(error);
    process.stderr.write(`karv-sandbox: ${why}\n`);
    process.exitCode = 2;
  }
}

function explainStart(error: unknown): string {
  const path = (error as NodeJS.ErrnoException | undefined)?.path;
  if (errorName(error) === 'EADDRINUSE') return 'a port of the configuration is taken (EADDRINUSE)';
  if (errorName(error) === 'ENOENT' && path !== undefined) return `${path} does not exist`;
  return error instanceof Error ? error.message : 'could not start';
}
