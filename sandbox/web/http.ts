// The few HTTP habits that the shop and the sandbox's pages share: calls and answers as plain values, a route table,
// limits, and errors that people and programs can read.
//
// Bad input: unknown paths 404, known path with another method 405, bodies above 64 KiB 413, a form or JSON that cannot
// be read 400, anything else than those 415, a request that another site caused 403, a foreign Host 421.

export const maxBodyBytes = 64 * 1024;

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
  /** True when the caller asked in JSON or for JSON: errors are then JSON too. */
  readonly json: boolean;
  readonly body: Body;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Segments that start with a colon are parameters: "/products/:slug". */
  readonly pattern: string;
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

export class HttpError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function notFound(what: string): HttpError {
  return new HttpError(404, 'NOT_FOUND', `${what} was not found.`);
}

export function badValue(message: string): HttpError {
  return new HttpError(400, 'BAD_VALUE', message);
}

export function page(text: string, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'text/html; charset=utf-8', body: text, headers };
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export function redirect(to: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 303, type: 'text/plain; charset=utf-8', body: '', headers: { ...headers, Location: to } };
}

export function noContent(): Answer {
  return { status: 204, type: '', body: '' };
}

/** A request's body, read as what its Content-Type says. */
export class Body {
  readonly #bytes: Buffer;
  readonly #type: string;

  constructor(bytes: Buffer, contentType: string) {
    this.#bytes = bytes;
    this.#type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  }

  /** A JSON object; an absent body is an empty one. */
  object(): Readonly<Record<string, unknown>> {
    if (this.#bytes.length === 0) return {};
    if (this.#type !== 'application/json') {
      throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.');
    }
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes));
    } catch {
      throw new HttpError(400, 'BAD_JSON', 'The body is not valid JSON.');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw badValue('The body must be a JSON object.');
    return value as Record<string, unknown>;
  }

  /** The fields of an HTML form. */
  form(): URLSearchParams {
    if (this.#type !== 'application/x-www-form-urlencoded') {
      throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be a form.');
    }
    return new URLSearchParams(this.#bytes.toString('utf8'));
  }
}

/** Finds the route. Errors: 404, 405. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } {
  let pathKnown = false;
  for (const route of routes) {
    const params = matchPattern(route.pattern, path);
    if (params === null) continue;
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return { route, params };
    pathKnown = true;
  }
  if (pathKnown) throw new HttpError(405, 'METHOD_NOT_ALLOWED', `This address does not take ${method.slice(0, 12)}.`);
  throw notFound('This page');
}

function matchPattern(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, want] of wanted.entries()) {
    const got = given[i] ?? '';
    if (want.startsWith(':')) {
      if (!/^[\w.-]{1,64}$/.test(got)) return null;
      params[want.slice(1)] = got;
    } else if (want !== got) return null;
  }
  return params;
}

export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return cookies;
}
