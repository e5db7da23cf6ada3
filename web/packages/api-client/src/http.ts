// One JSON call over fetch: a deadline on every call, problem documents as errors, nothing retried on its own.
// Used by the checkout and customer clients; not by the merchant script, which makes no calls.
import { Problem, problemFrom } from './problem.ts';

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export type Method = 'GET' | 'POST' | 'DELETE';
export type Call = <T>(method: Method, path: string, options?: CallOptions) => Promise<T>;

const kTimeoutMs = 15_000;
const kLargestBody = 2_000_000;

function failure(error: unknown): Problem {
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') return new Problem(0, { code: 'TIMEOUT' });
  if (name === 'AbortError') return new Problem(0, { code: 'ABORTED' });
  return new Problem(0, { code: 'NETWORK' });
}

async function jsonOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (!/^application\/([a-z.+-]+\+)?json\b/i.test(type)) return undefined;
  const content = await response.text();
  if (content.length > kLargestBody) return undefined;
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return undefined;
  }
}

/** Makes the function that calls one API. `headers` is asked before each call, so it may change. */
export function createCall(base: string, headers: () => Record<string, string>): Call {
  return async <T>(method: Method, path: string, options: CallOptions = {}): Promise<T> => {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? kTimeoutMs);
    const init: RequestInit = {
      method,
      headers: { Accept: 'application/json', ...headers(), ...options.headers },
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: options.signal ? AbortSignal.any([deadline, options.signal]) : deadline,
    };
    if (options.body !== undefined) {
      init.body = JSON.stringify(options.body);
      init.headers = { ...init.headers, 'Content-Type': 'application/json' };
    }
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(base + path, init);
      body = response.status === 204 ? undefined : await jsonOf(response);
    } catch (error) {
      throw failure(error);
    }
    if (!response.ok) throw problemFrom(response.status, body);
    if (response.status !== 204 && (typeof body !== 'object' || body === null)) {
      throw new Problem(response.status, { code: 'BAD_RESPONSE' });
    }
    return body as T;
  };
}
