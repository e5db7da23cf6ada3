// A PostgreSQL primary and its synchronous standby, each in a network namespace of its own: two hosts on one machine.
//
//   here (Karv)  10.77.1.1 ─ 10.77.1.2  db1
//                10.77.2.1 ─ 10.77.2.2  db2        db1 and db2 reach each other through here
//
// Pre: this process is root of a network, mount and process namespace that is its own (see failover.ts): names and
// addresses disturb nobody, and everything is gone with the process.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startLimitMs = 60_000;

// libpq looks for certificates in the home of whoever started us.
const environment = { ...process.env, HOME: '/nonexistent' };

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: environment }).trim();
}

/** What no waiting mends. */
class Hopeless extends Error {}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    try {
      if (holds()) return;
    } catch (error) {
      if (error instanceof Hopeless || Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${startLimitMs} ms`);
    await sleep(20);
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** The newest of Debian's. */
function programs(): string {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(a) - Number(b));
  return join('/usr/lib/postgresql', versions.at(-1) ?? '', 'bin');
}

const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'];

/** One of the two hosts. */
class Host {
  readonly name: string;
  readonly #number: number;
  readonly #folder: string;
  #postmaster: ChildProcess | null = null;

  constructor(folder: string, number: number) {
    this.name = `db${number}`;
    this.#number = number;
    this.#folder = folder;
    const far = this.name;
    run('ip', 'netns', 'add', far);
    run('ip', 'link', 'add', `to-${far}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', far);
    run('ip', 'address', 'add', `10.77.${number}.1/24`, 'dev', `to-${far}`);
    run('ip', 'link', 'set', `to-${far}`, 'up');
    run('ip', '-n', far, 'link', 'set', 'lo', 'up');
    run('ip', '-n', far, 'link', 'set', 'eth0', 'up');
    this.connect();
    mkdirSync(this.#socket);
    run('chown', 'postgres:', this.#socket);
  }

  get address(): string {
    return `10.77.${this.#number}.2`;
  }
  get data(): string {
    return join(this.#folder, this.name);
  }
  get #socket(): string {
    return `${this.data}.socket`;
  }

  connect(): void {
    run('ip', '-n', this.name, 'address', 'add', `${this.address}/24`, 'dev', 'eth0');
    run('ip', '-n', this.name, 'route', 'add', 'default', 'via', `10.77.${this.#number}.1`);
  }
  /** What is sent to it vanishes, and nothing comes from it: no reset, no "unreachable". */
  disconnect(): void {
    run('ip', '-n', this.name, 'address', 'flush', 'dev', 'eth0');
  }
  remove(): void {
    run('ip', 'link', 'delete', `to-${this.name}`);
    run('ip', 'netns', 'delete', this.name);
  }

  /** A program of PostgreSQL's on this host, as its user. */
  program(name: string, ...args: string[]): string {
    const [setpriv, ...flags] = asPostgres;
    return run('ip', 'netns', 'exec', this.name, setpriv ?? '', ...flags, join(programs(), name), ...args);
  }
  sql(text: string): string {
    return this.program('psql', '-XqAt', '-h', this.#socket, '-U', 'karv', '-d', 'postgres', '-c', text);
  }

  async start(): Promise<void> {
    const logFile = join(this.#folder, `${this.name}.log`);
    const log = openSync(logFile, 'a');
    const settings = {
      wal_retrieve_retry_interval: '1s', // as high-availability.md says: how soon a standby asks for its primary again
      listen_addresses: this.address,
      unix_socket_directories: this.#socket,
      max_connections: '200',
      ssl: 'on',
      ssl_cert_file: join(this.#folder, 'server.crt'),
      ssl_key_file: join(this.#folder, 'server.key'),
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = ['netns', 'exec', this.name, ...asPostgres, join(programs(), 'postgres'), '-D', this.data];
    const postmaster = spawn('ip', [...command, ...options], { stdio: ['ignore', log, log], env: environment });
    postmaster.unref();
    this.#postmaster = postmaster;
    await until(`${this.name} answers`, () => {
      if (hasEnded(postmaster)) {
        const last = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
        throw new Hopeless(`${this.name} did not come up:\n${last}`);
      }
      return this.sql('select 1') === '1';
    });
  }

  /**
   * Every process on the host dies at once. Until we have taken note that the postmaster ended, its number is taken, and
   * the next one would believe that it still runs.
   */
  async kill(): Promise<void> {
    const alive = (): string[] => run('ip', 'netns', 'pids', this.name).split('\n').filter(Boolean);
    await until(`${this.name} is dead`, () => {
      for (const pid of alive()) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // It was quicker.
        }
      }
      return alive().length === 0 && (this.#postmaster === null || hasEnded(this.#postmaster));
    });
  }

  configure(line: string): void {
    appendFileSync(join(this.data, 'postgresql.auto.conf'), `${line}\n`);
  }
  reload(): void {
    this.program('pg_ctl', 'reload', '-D', this.data);
  }
}

/** Once, in a network and mount namespace of our own: routes between the hosts, and their names where nobody else looks. */
export function prepareNetwork(): void {
  run('ip', 'link', 'set', 'lo', 'up');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  mkdirSync('/run/netns', { recursive: true });
  run('mount', '-t', 'tmpfs', 'tmpfs', '/run/netns');
}

/** restart: the database's processes die and come up again where they were; nobody is promoted. */
export type Death = 'processes' | 'host' | 'restart';

export class PostgresPair {
  readonly folder: string;
  primary: Host;
  standby: Host;
  #unreachable = false;

  private constructor(folder: string, primary: Host, standby: Host) {
    this.folder = folder;
    this.primary = primary;
    this.standby = standby;
  }

  /** synchronous: no commit is answered before the standby has it on disk. */
  static async start(options: { readonly synchronous: boolean }): Promise<PostgresPair> {
    const folder = mkdtempSync('/dev/shm/karv-pair-');
    run('chown', 'postgres:', folder);
    makeCertificates(folder);
    const pair = new PostgresPair(folder, new Host(folder, 1), new Host(folder, 2));
    const { primary } = pair;
    const setUp = ['-D', primary.data, '-U', 'karv', '-A', 'trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
    primary.program('initdb', ...setUp);
    writeFileSync(
      join(primary.data, 'pg_hba.conf'),
      'local all all trust\nhostssl all all 10.77.0.0/16 scram-sha-256\nhostssl replication all 10.77.0.0/16 scram-sha-256\n',
    );
    await primary.start();
    const password = randomBytes(24).toString('hex');
    primary.sql(`alter user karv password '${password}'`);
    writeFileSync(join(folder, 'passfile'), `*:*:*:karv:${password}\n`, { mode: 0o600 });
    run('chown', 'postgres:', join(folder, 'passfile'));
    await pair.#attachStandby(options.synchronous);
    return pair;
  }

  /** Both hosts: libpq takes the one that takes writes. */
  makeDatabase(name: string): string {
    this.primary.sql(`create database ${name}`);
    const hosts = [this.primary, this.standby];
    const options = new URLSearchParams({
      hostaddr: hosts.map((host) => host.address).join(','),
      sslrootcert: join(this.folder, 'ca.crt'),
      passfile: join(this.folder, 'passfile'),
      connect_timeout: '2',
      tcp_user_timeout: '2000',
    });
    return `postgresql://karv@${hosts.map((host) => host.name).join(',')}/${name}?${options.toString()}`;
  }

  async killPrimary(how: Death): Promise<void> {
    this.#unreachable = how === 'host';
    if (this.#unreachable) this.primary.disconnect();
    await this.primary.kill();
  }

  /** After its processes died: it recovers from its log. */
  async restartPrimary(): Promise<void> {
    await this.primary.start();
  }

  /** The standby takes writes from here on. It waits for nobody: the base backup copied the list it was in itself. */
  async promote(): Promise<void> {
    const next = this.standby;
    next.configure("synchronous_standby_names = ''");
    next.reload();
    next.program('pg_ctl', 'promote', '-D', next.data, '-w');
    await until(`${next.name} takes writes`, () => next.sql('select pg_is_in_recovery()') === 'f');
    [this.primary, this.standby] = [next, this.primary];
  }

  /** The host that died comes back, as the standby of the other. */
  async rejoin(): Promise<void> {
    if (this.#unreachable) this.standby.connect();
    await this.#attachStandby(true);
  }

  async stop(): Promise<void> {
    for (const host of [this.primary, this.standby]) {
      await host.kill();
      host.remove();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #attachStandby(synchronous: boolean): Promise<void> {
    const { primary, standby } = this;
    rmSync(standby.data, { recursive: true, force: true });
    const source = [
      `host=${primary.name}`,
      `hostaddr=${primary.address}`,
      'user=karv',
      'sslmode=verify-full',
      `sslrootcert=${join(this.folder, 'ca.crt')}`,
      `passfile=${join(this.folder, 'passfile')}`,
      `application_name=${standby.name}`,
    ].join(' ');
    standby.program('pg_basebackup', '-D', standby.data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d', source);
    await standby.start();
    primary.configure(`synchronous_standby_names = '${synchronous ? `FIRST 1 (${standby.name})` : ''}'`);
    primary.reload();
    const wanted = synchronous ? 'sync' : 'async';
    const state = `select sync_state from pg_stat_replication where application_name = '${standby.name}'`;
    await until(`${standby.name} follows`, () => primary.sql(state) === wanted);
  }
}

/** An authority and one certificate for both names. */
function makeCertificates(folder: string): void {
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-days', '2', '-subj', '/CN=karv-test-authority', '-keyout', at('ca.key'), '-out', at('ca.crt')];
  run('openssl', 'req', '-x509', ...key, ...authority);
  const names = ['-subj', '/CN=db', '-addext', 'subjectAltName=DNS:db1,DNS:db2'];
  run('openssl', 'req', ...key, ...names, '-keyout', at('server.key'), '-out', at('server.csr'));
  const signing = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy'];
  run('openssl', 'x509', '-req', '-in', at('server.csr'), ...signing, '-days', '2', '-out', at('server.crt'));
  run('chown', 'postgres:', at('server.key'), at('server.crt'), at('ca.crt'));
}
