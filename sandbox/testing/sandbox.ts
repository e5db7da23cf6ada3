// A whole sandbox on free ports, with its own certificates and a stand-in for Karv.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../common/config.ts';
import { silentLog } from '../common/log.ts';
import { startSandbox, type Running } from '../main.ts';
import { Certificates } from './certificates.ts';
import { networkKey } from './cryptograms.ts';
import { FakeKarv } from './fake_karv.ts';
import { TestClient } from './https.ts';

export interface TestSandbox {
  readonly certificates: Certificates;
  readonly karv: FakeKarv;
  readonly running: Running;
  readonly client: TestClient;
  readonly stop: () => Promise<void>;
}

/** The TOML of a configuration whose files lie in the folder of the certificates. */
export function writeConfig(certificates: Certificates, karvPort: number): string {
  for (const name of ['shop.localhost', 'network.localhost', 'mail.localhost', 'bank', 'karv-vault'])
    certificates.leaf(name);
  writeFileSync(join(certificates.folder, 'password'), 'correct horse\n');
  writeFileSync(join(certificates.folder, 'cryptogram.key'), networkKey);
  return `
[shop]
listen = "127.0.0.1:0"
public_url = "https://shop.localhost:8446"
cert = "shop.localhost.crt"
key = "shop.localhost.key"
[merchant]
base_url = "https://127.0.0.1:${karvPort}"
public_base_url = "https://pay.localhost:${karvPort}"
username = "K1_demo"
password_file = "password"
ca_file = "ca.crt"
[network]
listen = "127.0.0.1:0"
cert = "network.localhost.crt"
key = "network.localhost.key"
client_ca = "ca.crt"
cryptogram_key = "cryptogram.key"
[smtp]
listen = "127.0.0.1:0"
cert = "mail.localhost.crt"
key = "mail.localhost.key"
[bank]
listen = "127.0.0.1:0"
cert = "bank.crt"
key = "bank.key"
client_ca = "ca.crt"
`;
}

export async function startTestSandbox(): Promise<TestSandbox> {
  const certificates = new Certificates();
  const karv = new FakeKarv(certificates.leaf('pay.localhost'));
  const karvPort = await karv.start();
  const config = parseConfig(writeConfig(certificates, karvPort), certificates.folder);
  const running = await startSandbox(config, silentLog);
  return {
    certificates,
    karv,
    running,
    client: new TestClient(running.ports.shop, certificates.ca),
    stop: async () => {
      await running.stop();
      await karv.stop();
      certificates.remove();
    },
  };
}
