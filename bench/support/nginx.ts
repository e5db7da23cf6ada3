// nginx as the limit for reads: same certificate, TLS 1.3, connections kept, a constant of the same size. Never as root,
// on a free port, with everything it writes in a temporary folder.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tests/functional/support/ports.ts';

const nobody = 65_534;

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function configuration(folder: string, port: number, bodySize: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `  ${what}_temp_path ${folder}/${what};`,
  );
  return `
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
${temporary.join('\n')}
  access_log off;
  keepalive_timeout 600;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.3;
    default_type application/json;
    location / { return 200 '${'x'.repeat(bodySize)}'; }
  }
}
`;
}

export class Nginx {
  readonly address: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(address: string, folder: string, child: ChildProcess) {
    this.address = address;
    this.#folder = folder;
    this.#child = child;
  }

  static async start(certificate: string, key: string, bodySize: number): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'karv-nginx-'));
    const port = await freePort();
    copyFileSync(certificate, join(folder, 'cert.pem'));
    copyFileSync(key, join(folder, 'key.pem'));
    chmodSync(join(folder, 'key.pem'), 0o600);
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, bodySize));
    const root = process.getuid?.() === 0;
    if (root)
      for (const name of ['', 'cert.pem', 'key.pem', 'nginx.conf']) chownSync(join(folder, name), nobody, nobody);
    const program = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
    const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
    const child = spawn(program, args, { stdio: 'inherit', ...(root ? { uid: nobody, gid: nobody } : {}) });
    for (let tries = 0; tries < 100; tries += 1) {
      if (await listens(port)) return new Nginx(`127.0.0.1:${port}`, folder, child);
      if (child.exitCode !== null) break;
      await sleep(50);
    }
    child.kill('SIGKILL');
    throw new Error('nginx did not come up (./dev installs nginx-light)');
  }

  /** The one that was started and its workers. */
  get pids(): number[] {
    const parent = this.#child.pid ?? 0;
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
    return [parent, ...children.split(' ').filter(Boolean).map(Number)];
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
