// Test-only stand-ins for the three origins a browser meets: payment server, vault, shop. They serve what was built, with
// the headers the real ones send, and answer as the scenario in the client token says. Not a model of any rule of Karv.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { makePurchases, savedCards, session } from './fixtures.ts';

const kDist = join(import.meta.dirname, '../dist');
const kTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};
export const kCode = '123456';

interface Certificate {
  key: string;
  cert: string;
  spki: string;
}

/** A fresh key for this run; the browser is told this one key's hash, nothing else is relaxed. */
function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'karv-web-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:pay.localhost,DNS:vault.localhost,DNS:shop.localhost';
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=karv page tests', '-addext', names, '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  const pem = readFileSync(cert, 'utf8');
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  const made = { key: readFileSync(key, 'utf8'), cert: pem, spki: createHash('sha256').update(spki).digest('base64') };
  rmSync(folder, { recursive: true });
  return made;
}

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

export interface MockServer {
  pay: string;
  vault: string;
  shop: string;
  spki: string;
  /** Every call to an interface, in order. */
  seen: Seen[];
  token(scenario: string): string;
  /** Changes a purchase as another device or a job would, and tells the stream. */
  payElsewhere(orderId: string, installmentId: string): void;
  dropStreams(): void;
  close(): Promise<void>;
}

interface State {
  origins: { pay: string; vault: string; shop: string };
  seen: Seen[];
  purchases: ReturnType<typeof makePurchases>;
  cards: typeof savedCards;
  signedIn: boolean;
  streams: Set<ServerResponse>;
  attempts: Map<string, number>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string, state: State) => void;

/** The hashes of a page's scripts, as the build lists them. */
function hashesOf(page: string): string {
  const { scripts } = JSON.parse(readFileSync(join(kDist, 'scripts.json'), 'utf8')) as {
    scripts: { page: string; integrity: string }[];
  };
  return scripts
    .filter((one) => one.page === page)
    .map((one) => `'${one.integrity}'`)
    .join(' ');
}

const strictPage = (page: string, more: string): string =>
  `default-src 'none'; script-src ${hashesOf(page)}; style-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; ` +
  `form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; ${more}`;

function json(response: ServerResponse, status: number, body?: unknown): void {
  if (body === undefined) response.writeHead(status).end();
  else {
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
  }
}

function file(
  response: ServerResponse,
  path: string,
  headers: Record<string, string>,
  change = (text: string) => text,
): void {
  try {
    const content = readFileSync(join(kDist, normalize(path)));
    const type = kTypes[extname(path)] ?? 'application/octet-stream';
    const page = type.startsWith('text/html') ? change(content.toString()) : content;
    response.writeHead(200, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff', ...headers }).end(page);
  } catch {
    response.writeHead(404).end();
  }
}

/** An answer that stops in the middle; one that never began would be asked for again by the browser itself. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '500' });
  response.write('{"approved":', () => response.socket?.destroy());
}

function scenarioOf(request: IncomingMessage): string {
  const payload = (request.headers.authorization ?? '').split('.')[1] ?? '';
  try {
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scenario: string }).scenario;
  } catch {
    return 'none';
  }
}

const checkout: Handler = (request, response, body, state) => {
  const scenario = scenarioOf(request);
  const path = request.url?.replace('/checkout/v1', '') ?? '';
  const count = (state.attempts.get(scenario + path) ?? 0) + 1;
  state.attempts.set(scenario + path, count);
  switch (`${request.method} ${path}`) {
    case 'GET /session':
      if (scenario === 'ended') return json(response, 401, { code: 'UNAUTHORIZED' });
      if (scenario === 'flaky') return breakOff(response);
      return json(response, 200, {
        ...session,
        ...(scenario === 'swedish' ? { locale: 'sv-SE', purchase_currency: 'SEK' } : {}),
        ...(scenario === 'german' ? { locale: 'de-DE' } : {}),
        ...(scenario === 'red' ? { show_form: false } : {}),
      });
    case 'POST /session':
      return scenario === 'mismatch' ? json(response, 409, { code: 'NOT_MATCHING' }) : json(response, 204);
    case 'POST /identify':
      return json(response, 204);
    case 'POST /identify/verify':
      if ((JSON.parse(body) as { code: string }).code !== kCode) {
        return json(response, 401, { code: 'WRONG_CODE', attempts_left: 4 });
      }
      return json(response, 200, { identity_token: 'who', saved_cards: scenario === 'saved' ? savedCards : [] });
    case 'POST /card-ticket':
      return json(response, 200, ticket(state, scenario === 'spent' && count === 1 ? 'used' : `t${count}`));
    case 'POST /confirm':
      if (scenario.startsWith('declined') && count === 1) {
        return json(response, 200, {
          approved: false,
          show_form: true,
          error: { code: 'CARD_INSUFFICIENT_FUNDS', message: '' },
        });
      }
      if (scenario === 'refused') {
        return json(response, 200, { approved: false, show_form: false, error: { code: 'REFUSED', message: 'x' } });
      }
      if (scenario === 'lost' && count === 1) return breakOff(response);
      return json(response, 200, { approved: true, authorization_token: 'auth-1', finalize_required: false });
    default:
      return json(response, 404, { code: 'NOT_FOUND' });
  }
};

function ticket(state: State, name: string): unknown {
  const expires_at = new Date(Date.now() + 1_800_000).toISOString();
  return { ticket: name, frame_url: `${state.origins.vault}/frame/v1/card?ticket=${name}`, expires_at };
}

function payInstallment(state: State, installmentId: string): { status: number; body: unknown } {
  for (const purchase of state.purchases) {
    const found = purchase.installments.find((one) => one.installment_id === installmentId);
    if (!found) continue;
    const amount = found.amount - found.canceled_amount;
    Object.assign(found, { paid_amount: amount, status: 'paid', card_payable: false });
    purchase.outstanding_amount -= amount;
    purchase.payments.push({ amount, paid_at: new Date().toISOString(), brand: 'visa', last4: '1111' });
    for (const stream of state.streams) stream.write(`event: changed\ndata: {"order_id":"${purchase.order_id}"}\n\n`);
    return { status: 200, body: { status: 'paid' } };
  }
  return { status: 404, body: { code: 'NOT_FOUND' } };
}

const customer: Handler = (request, response, body, state) => {
  const path = request.url?.replace('/customer/v1', '') ?? '';
  const members = body ? (JSON.parse(body) as Record<string, string>) : {};
  if (path !== '/events' && request.headers['karv-request'] !== '1') return json(response, 403, { code: 'FORBIDDEN' });
  if (path === '/login') return json(response, 204);
  if (path === '/login/verify') {
    if (members['code'] !== kCode) return json(response, 410, { code: 'CODE_EXPIRED' });
    state.signedIn = true;
    return json(response, 200, { email: members['email'] });
  }
  if (!state.signedIn) return json(response, 401, { code: 'UNAUTHORIZED' });
  if (path === '/logout') {
    state.signedIn = false;
    return json(response, 204);
  }
  if (path === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 200\n\n: hello\n\n');
    state.streams.add(response);
    response.on('close', () => state.streams.delete(response));
    return;
  }
  if (path === '/me') return json(response, 200, { email: 'test.person@example.com', cards: state.cards });
  if (path === '/purchases') return json(response, 200, { purchases: state.purchases });
  if (path === '/card-ticket') return json(response, 200, ticket(state, 'account'));
  if (path === '/cards') {
    const card = { card_id: 'c9', brand: 'mastercard', last4: '4444', expiry: '12/40' };
    state.cards = [...state.cards.filter((one) => one.card_id !== members['replaces']), card];
    return json(response, 200, card);
  }
  const removed = /^\/cards\/(\w+)$/.exec(path);
  if (removed?.[1] !== undefined && request.method === 'DELETE') {
    state.cards = state.cards.filter((one) => one.card_id !== removed[1]);
    return json(response, 204);
  }
  const pay = /^\/installments\/(\w+)\/pay$/.exec(path);
  if (pay?.[1] !== undefined) {
    if (members['card_id'] === 'c2') return json(response, 402, { code: 'CARD_DECLINED' });
    const { status, body: answer } = payInstallment(state, pay[1]);
    return json(response, status, answer);
  }
  const purchase = state.purchases.find((one) => path === `/purchases/${one.order_id}`);
  return purchase ? json(response, 200, purchase) : json(response, 404, { code: 'NOT_FOUND' });
};

const pay: Handler = (request, response, body, state) => {
  const url = new URL(request.url ?? '/', 'https://x');
  if (url.pathname.startsWith('/checkout/v1/')) return checkout(request, response, body, state);
  if (url.pathname.startsWith('/customer/v1/')) return customer(request, response, body, state);
  const frames = `frame-src ${state.origins.vault};`;
  const indexed = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname;
  if (indexed.startsWith('/checkout/')) {
    return file(response, indexed, {
      'Content-Security-Policy': strictPage('checkout', `${frames} frame-ancestors https:`),
    });
  }
  if (indexed.startsWith('/account/')) {
    const csp = strictPage('account', `${frames} img-src 'self'; frame-ancestors 'none'`);
    return file(response, indexed.replace('/account/', 'portal/'), { 'Content-Security-Policy': csp });
  }
  if (indexed.startsWith('/assets/karv/')) {
    return file(response, indexed.replace('/assets/', ''), { 'Access-Control-Allow-Origin': '*' });
  }
  return json(response, 404, { code: 'NOT_FOUND' });
};

const vault: Handler = (request, response, body, state) => {
  const url = new URL(request.url ?? '/', 'https://x');
  if (request.method === 'POST' && url.pathname === '/frame/v1/card') {
    const card = JSON.parse(body) as { ticket: string; number: string; code: string };
    if (card.ticket === 'used') return json(response, 410, { code: 'TICKET_USED' });
    if (card.code === '999') return json(response, 400, { code: 'INVALID_CODE' });
    const brand = card.number.startsWith('4') ? 'visa' : 'mastercard';
    return json(response, 200, { brand, last4: card.number.slice(-4), expiry: '12/40' });
  }
  if (url.pathname === '/frame/v1/card') {
    const csp = strictPage(
      'card-frame',
      `frame-ancestors ${state.origins.pay} ${state.origins.shop}; sandbox allow-forms allow-same-origin allow-scripts`,
    );
    const parent = state.origins.pay;
    const headers = { 'Content-Security-Policy': csp, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };
    return file(response, 'card-frame/index.html', headers, (html) => html.replace('{{PARENT_ORIGIN}}', parent));
  }
  return file(response, url.pathname.replace('/frame/v1/', 'card-frame/'), {});
};

const shop: Handler = (request, response, _body, state) => {
  const url = new URL(request.url ?? '/', 'https://x');
  if (url.pathname === '/shop.js' || url.pathname === '/shop.css') {
    const content = readFileSync(join(import.meta.dirname, `shop${extname(url.pathname)}`));
    return void response.writeHead(200, { 'Content-Type': kTypes[extname(url.pathname)] }).end(content);
  }
  const hashes = JSON.parse(readFileSync(join(kDist, 'karv/integrity.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const [version = '', files = {}] = Object.entries(hashes)[0] ?? [];
  const name = url.searchParams.get('script') ?? 'karv.js';
  const script = `${state.origins.pay}/assets/karv/${version}/${name}`;
  const csp =
    `default-src 'none'; script-src 'self' ${state.origins.pay}; style-src 'self'; frame-src ${state.origins.pay}; ` +
    `require-trusted-types-for 'script'; trusted-types 'none'`;
  response
    .writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': csp })
    .end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title>` +
        `<link rel="stylesheet" href="/shop.css"><main><h1>Checkout</h1><p>Two stoneware bowls, 149.00 euro</p>` +
        `<div id="payment"></div><button id="buy">Buy</button><p id="filler"></p></main>` +
        `<script src="${script}" integrity="${files[name]}" crossorigin></script><script src="/shop.js"></script></html>`,
    );
};

async function listen(handler: Handler, certificate: Certificate, state: State): Promise<Server> {
  const server = createServer(certificate, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (request.method === 'POST') {
        const seen = {
          method: 'POST',
          path: request.url ?? '',
          headers: request.headers,
          body: body ? (JSON.parse(body) as unknown) : null,
        };
        state.seen.push(seen);
      }
      handler(request, response, body, state);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export async function startMockServer(): Promise<MockServer> {
  const certificate = makeCertificate();
  const state: State = {
    origins: { pay: '', vault: '', shop: '' },
    seen: [],
    purchases: makePurchases(),
    cards: savedCards,
    signedIn: false,
    streams: new Set(),
    attempts: new Map(),
  };
  const servers = {
    pay: await listen(pay, certificate, state),
    vault: await listen(vault, certificate, state),
    shop: await listen(shop, certificate, state),
  };
  for (const name of ['pay', 'vault', 'shop'] as const) {
    state.origins[name] = `https://${name}.localhost:${(servers[name].address() as AddressInfo).port}`;
  }
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    ...state.origins,
    spki: certificate.spki,
    seen: state.seen,
    token: (scenario) =>
      `${encode({ alg: 'RS256' })}.${encode({ base_url: state.origins.pay, session_id: 's1', scenario })}.c2ln`,
    payElsewhere: (_orderId, installmentId) => void payInstallment(state, installmentId),
    dropStreams() {
      for (const stream of state.streams) stream.socket?.destroy();
    },
    async close() {
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
