// Bytes over TLS, as no decent client would send them.
import { connect, type TLSSocket } from 'node:tls';
import type { System } from './system.ts';

export function open(system: System): Promise<TLSSocket> {
  const { port } = new URL(system.addresses.base_url);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: Number(port), servername: 'pay.localhost', ca: system.authority };
    const socket = connect(options, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Everything the server says until it hangs up or the time is over. */
export function everything(socket: TLSSocket, limitMs = 30_000): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(done, limitMs);
    socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        clearTimeout(timer);
        done();
      });
    }
  });
}

/** The status line's number; 0 when the server hung up without a word. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
