// A certificate authority and leaves for one test run, made with the openssl program in a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Leaf {
  readonly cert: string;
  readonly key: string;
}

export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'karv-sandbox-test-'));
  readonly ca = join(this.folder, 'ca.crt');
  readonly #caKey = join(this.folder, 'ca.key');

  constructor() {
    const subject = ['-subj', '/CN=test authority', '-days', '2'];
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
    openssl(['req', '-x509', '-nodes', ...newKey, '-keyout', this.#caKey, '-out', this.ca, ...subject, ...ca]);
  }

  /** A leaf for a common name; the name and 127.0.0.1 are its alternative names. */
  leaf(name: string): Leaf {
    const [cert, key, request, extensions] = ['crt', 'key', 'csr', 'ext'].map((end) =>
      join(this.folder, `${name}.${end}`),
    ) as [string, string, string, string];
    writeFileSync(extensions, `subjectAltName=DNS:${name},IP:127.0.0.1\nbasicConstraints=CA:FALSE\n`);
    openssl(['req', '-nodes', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
    const issuer = ['-CA', this.ca, '-CAkey', this.#caKey, '-CAcreateserial', '-days', '2'];
    openssl(['x509', '-req', '-in', request, '-out', cert, ...issuer, '-extfile', extensions]);
    return { cert, key };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
