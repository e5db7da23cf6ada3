// What the vault says of the payment pages' scripts, asked as karv-server asks it: over its private door.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Addresses } from './addresses.ts';

export interface Finding {
  readonly kind: string;
  readonly page: string;
  readonly directive: string;
  readonly blocked: string;
  readonly hash: string;
  readonly times: number;
}

export interface Scripts {
  readonly alarms: number;
  readonly scripts: readonly { page: string; path: string; integrity: string; owner: string; seen: number }[];
  readonly findings: readonly Finding[];
}

export async function scriptsOf({ folder, ca_file }: Addresses): Promise<Scripts> {
  const listen = /\[private\]\s+listen = "127\.0\.0\.1:(\d+)"/.exec(readFileSync(join(folder, 'vault.toml'), 'utf8'));
  const tls = (kind: string): Buffer => readFileSync(join(folder, 'tls', `karv-server.${kind}`));
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: listen?.[1], servername: 'vault-private', path: '/private/v1/scripts' };
    request({ ...options, ca: readFileSync(ca_file), cert: tls('crt'), key: tls('key'), agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Scripts);
        else reject(new Error(`the vault answered ${answer.statusCode}: ${Buffer.concat(chunks).toString('utf8')}`));
      });
    })
      .on('error', reject)
      .end();
  });
}
