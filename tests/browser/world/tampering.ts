// A proxy between the browser and one of Karv's servers, with that server's own certificate: what an attacker could do
// who has the server, or what stands before it. The browser is told to go through it; the server knows nothing.
import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Addresses } from './addresses.ts';

export interface Passing {
  readonly path: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface Tampering {
  readonly port: number;
  /** Changes what passes from now on; undefined: nothing. */
  change: ((answer: Passing) => void) | undefined;
  close(): Promise<void>;
}

/** `name`: whose certificate. Requests reach the server as if they had been sent to its own address. */
export async function tamperWith(karv: Addresses, name: 'pay' | 'vault' | 'shop'): Promise<Tampering> {
  const real = new URL(karv[name]);
  const tls = (kind: string): Buffer => readFileSync(join(karv.folder, 'tls', `${real.hostname}.${kind}`));
  const own: { change: Tampering['change'] } = { change: undefined };
  const server = createServer({ key: tls('key'), cert: tls('crt') }, (incoming, outgoing) => {
    const headers = { ...incoming.headers, host: real.host };
    if (headers.origin !== undefined && headers.origin.includes(real.hostname)) headers.origin = real.origin;
    delete headers['accept-encoding'];
    const options = { host: '127.0.0.1', port: real.port, servername: real.hostname, ca: readFileSync(karv.ca_file) };
    const onward = ask({ ...options, method: incoming.method, path: incoming.url, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const passing: Passing = {
          path: incoming.url ?? '/',
          headers: { ...answer.headers },
          body: Buffer.concat(chunks),
        };
        own.change?.(passing);
        delete passing.headers['transfer-encoding'];
        if (answer.statusCode !== 304 && answer.statusCode !== 204) {
          passing.headers['content-length'] = String(passing.body.length);
        }
        outgoing.writeHead(answer.statusCode ?? 502, passing.headers).end(passing.body);
      });
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get change() {
      return own.change;
    },
    set change(change) {
      own.change = change;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
