// The people who open a vault, with their files, in a folder of an installation.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin } from './paths.ts';

export interface Said {
  readonly code: number | null;
  readonly said: string;
}
const slug = (person: string): string => person.toLowerCase().replace(' ', '-');

export class Custodians {
  readonly #data: string;
  readonly people: readonly string[];

  constructor(data: string, people: readonly string[]) {
    this.#data = data;
    this.people = people;
  }

  at(...names: string[]): string {
    return join(this.#data, ...names);
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, SOFTHSM2_CONF: this.at('hsm', 'softhsm2.conf') };
  }

  /** `karv vault ...`. */
  karv(...words: string[]): Said {
    const ran = spawnSync(join(bin, 'karv'), ['vault', ...words], { encoding: 'utf8', env: this.environment });
    return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
  }
  /** The same; throws when it fails. */
  done(...words: string[]): string {
    const ran = this.karv(...words);
    if (ran.code !== 0) throw new Error(`karv vault ${words.join(' ')}: ${ran.said}`);
    return ran.said;
  }

  get operator(): string[] {
    return ['--operator', this.at('operator.toml')];
  }

  /** Keys and the ceremony; the PIN file goes. The vault must not be running. */
  init(needed: number): void {
    mkdirSync(this.at('people'));
    for (const person of this.people) {
      const passphrase = this.at('people', `${slug(person)}.passphrase`);
      writeFileSync(passphrase, `the passphrase of ${person}\n`, { mode: 0o600 });
      this.done('custodian', 'create', '--name', person, '--out', this.at('people'), '--passphrase-file', passphrase);
    }
    this.done(
      ...['init', '--config', this.at('vault.toml'), '--pin-file', this.at('secrets', 'hsm.pin')],
      ...['--needed', String(needed), '--out', this.at('shares')],
      ...this.people.flatMap((person) => ['--custodian', this.at('people', `${slug(person)}.pub`)]),
    );
    const configuration = readFileSync(this.at('vault.toml'), 'utf8');
    writeFileSync(this.at('vault.toml'), configuration.replace(/^pin_file = .*\n/m, ''));
  }

  /** How somebody is named to a command. */
  as(person: string): string[] {
    const share = readdirSync(this.at('shares'))
      .map((name) => this.at('shares', name))
      .find((file) => (JSON.parse(readFileSync(file, 'utf8')) as { name: string }).name === person);
    if (share === undefined) throw new Error(`no share for ${person}`);
    return [
      ...this.operator,
      ...['--key', this.at('people', `${slug(person)}.key`), '--share', share],
      ...['--passphrase-file', this.at('people', `${slug(person)}.passphrase`)],
    ];
  }

  accept(): void {
    for (const person of this.people) this.done('custodian', 'accept', ...this.as(person));
  }
  /** Pre: as many people as are needed are the first ones. */
  unseal(needed: number): void {
    for (const person of this.people.slice(0, needed)) this.done('unseal', ...this.as(person));
  }
}
