// Holds requests and responses against api-spec: what is sent must be allowed (unless a test says that it is not), what
// is answered must be exactly what is promised.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { root } from './paths.ts';

type Node = Readonly<Record<string, unknown>>;

interface Operation {
  readonly file: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly segments: number;
  readonly pointer: string;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: ReadonlyMap<string, string>;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const files = ['merchant.yaml', 'checkout.yaml', 'customer.yaml', 'operations.yaml'];
const methods = ['get', 'post', 'patch', 'put', 'delete'];
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const documents = new Map<string, Node>();
const operations: Operation[] = [];

for (const file of files) {
  const document = parse(readFileSync(join(root, 'api-spec', file), 'utf8')) as Node;
  documents.set(file, document);
  ajv.addSchema(document, file, undefined, false);
  for (const [path, item] of Object.entries(document['paths'] as Node)) {
    for (const method of methods) {
      if ((item as Node)[method] === undefined) continue;
      operations.push({
        file,
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
        segments: path.split('/').length,
        pointer: `/paths/${escape(path)}/${method}`,
      });
    }
  }
}

function escape(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

function at(file: string, pointer: string): unknown {
  let node: unknown = documents.get(file);
  for (const part of pointer.split('/').slice(1)) {
    node = (node as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return node;
}

/** Follows one $ref, so that the pointer leads to the thing itself. */
function settled(file: string, pointer: string): string {
  const reference = (at(file, pointer) as Node | undefined)?.['$ref'];
  return typeof reference === 'string' ? settled(file, reference.slice(1)) : pointer;
}

function validator(file: string, pointer: string): ValidateFunction {
  // In a URI's fragment the braces of path templates are percent-encoded.
  const found = ajv.getSchema(`${file}#${pointer.replaceAll('{', '%7B').replaceAll('}', '%7D')}`);
  if (found === undefined) throw new Error(`api-spec/${file} has nothing at ${pointer}`);
  return found;
}

function check(file: string, pointer: string, value: unknown, what: string): void {
  const validate = validator(file, pointer);
  if (validate(value) === true) return;
  const faults = (validate.errors ?? []).map(
    (e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`,
  );
  throw new Error(`${what} breaks api-spec/${file}:\n  ${faults.join('\n  ')}\n${JSON.stringify(value, null, 1)}`);
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${what} is no JSON: ${text.slice(0, 200)}`);
  }
}

function find(method: string, path: string): Operation | undefined {
  const plain = path
    .replace(/\?.*$/, '')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/(.)\/$/, '$1');
  return operations.find((one) => one.method === method && one.pattern.test(plain));
}

function checkRequest(operation: Operation, exchange: Exchange): void {
  const { file } = operation;
  const what = `the request ${exchange.method} ${exchange.path}`;
  const pointer = settled(file, `${operation.pointer}/requestBody`);
  const body = at(file, pointer) as Node | undefined;
  if (exchange.requestBody === '') {
    if (body?.['required'] === true) throw new Error(`${what} must have a body`);
    return;
  }
  if (body === undefined) throw new Error(`${what} must not have a body`);
  check(file, `${pointer}/content/application~1json/schema`, parsed(exchange.requestBody, what), what);
}

function checkHeaders(file: string, pointer: string, exchange: Exchange, what: string): void {
  const declared = (at(file, `${pointer}/headers`) ?? {}) as Node;
  for (const name of Object.keys(declared)) {
    const header = settled(file, `${pointer}/headers/${escape(name)}`);
    const value = exchange.headers.get(name);
    if (value === undefined) throw new Error(`${what} lacks the header ${name}, spelled so`);
    check(file, `${header}/schema`, value, `${what}, header ${name},`);
  }
}

function checkResponse(operation: Operation, exchange: Exchange): void {
  const { file } = operation;
  const what = `the answer ${exchange.status} to ${exchange.method} ${exchange.path}`;
  const exact = `${operation.pointer}/responses/${exchange.status}`;
  if (at(file, exact) === undefined && exchange.status < 400) throw new Error(`${what} is not documented`);
  const pointer = settled(file, at(file, exact) === undefined ? `${operation.pointer}/responses/default` : exact);
  checkHeaders(file, pointer, exchange, what);
  const content = at(file, `${pointer}/content`) as Node | undefined;
  const type = exchange.headers.get('Content-Type')?.replace(/;.*$/, '');
  if (content === undefined) {
    if (exchange.body !== '') throw new Error(`${what} must have no body: ${exchange.body}`);
    if (type !== undefined) throw new Error(`${what} has no body but a Content-Type`);
    return;
  }
  const media = Object.keys(content)[0] ?? '';
  if (type !== media) throw new Error(`${what} must be ${media}, is ${String(type)}: ${exchange.body.slice(0, 300)}`);
  if (media.endsWith('json'))
    check(file, `${pointer}/content/${escape(media)}/schema`, parsed(exchange.body, what), what);
}

/** What holds for every answer, documented path or not. */
function checkEveryAnswer(exchange: Exchange): void {
  for (const name of exchange.headers.keys()) {
    if (!/^[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*$/.test(name)) throw new Error(`${name} is not in Title-Case`);
  }
  const id = exchange.headers.get('Klarna-Correlation-Id');
  if (id === undefined) throw new Error('Klarna-Correlation-Id is missing');
  if (exchange.status < 400 || exchange.method === 'HEAD') return;
  const error = parsed(exchange.body, 'the error') as { correlation_id?: string };
  if (error.correlation_id !== id) throw new Error(`the correlation ids differ: ${error.correlation_id} and ${id}`);
}

export interface Expectation {
  /** The request breaks the contract on purpose: it must be refused. */
  readonly refused?: boolean;
  /** There is no such path or method. */
  readonly undocumented?: boolean;
}

export function holdAgainstContract(exchange: Exchange, expected: Expectation): void {
  checkEveryAnswer(exchange);
  const operation = find(exchange.method, exchange.path);
  if (expected.undocumented === true) {
    if (operation !== undefined) throw new Error(`${exchange.method} ${exchange.path} is documented`);
    if (exchange.method !== 'HEAD') {
      const what = `the answer to ${exchange.path}`;
      check('merchant.yaml', '/components/schemas/Error', parsed(exchange.body, what), what);
    }
    return;
  }
  if (operation === undefined) throw new Error(`${exchange.method} ${exchange.path} is not in api-spec`);
  if (expected.refused !== true) checkRequest(operation, exchange);
  else if (exchange.status < 400) throw new Error(`${exchange.status}, but this had to be refused: ${exchange.body}`);
  checkResponse(operation, exchange);
}
