// Control 47: service accounts hold least rights. Each service runs under a tracer while cards are held, charged and
// refunded. A right that it has and did not use is a finding, and fails, unless a list here says what it is for; one
// that it used and does not need fails too. The rights of database roles are not compared.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOfTests } from '../torture/engine.ts';
import { Installation } from '../torture/installation.ts';
import { Client } from './support/client.ts';
import { capture, placedOrder, purchase, refund } from './support/purchases.ts';
import { hasEnded, listedCalls, readTrace, traced, unusedFiles, type Trace } from './support/rights.ts';

const tracer = spawnSync('strace', ['-V']).status === 0 && process.getuid?.() === 0;
if (!tracer) console.warn('rights are not compared: that needs strace, and root');

/** What a purchase does not need and something else does. */
const kCallsFor: Readonly<Record<string, string>> = {
  'other C libraries and processors, in place of a call that was used':
    'open stat fstat lstat statx access faccessat faccessat2 readlink readlinkat rename renameat renameat2 unlink ' +
    'unlinkat mkdir mkdirat rmdir chmod fchmodat readv writev preadv pwritev preadv2 pwritev2 poll ppoll select ' +
    'pselect6 epoll_wait epoll_pwait accept accept4 sendmsg recvmsg sendto recvfrom nanosleep clock_nanosleep ' +
    'clock_gettime clock_getres gettimeofday time getuid geteuid getgid getegid getppid dup getcwd umask sysinfo',
  'a store in a file: growing, locking, checking, backups of it':
    'lseek fsync fdatasync ftruncate fallocate flock fadvise64 statfs fstatfs fchmod fchown pread64 pwrite64 getdents64 fcntl mremap',
  'connections that are made again: card network, banks, database':
    'connect getsockname getpeername getsockopt shutdown',
  'names of hosts, asked of a resolver': 'sendmmsg recvmmsg uname',
  'threads and loops that begin after the start':
    'set_robust_list rseq sched_getaffinity sched_yield set_tid_address membarrier rt_sigprocmask sigaltstack gettid ' +
    'epoll_create1 epoll_ctl eventfd2 timerfd_create timerfd_settime pipe2 madvise munmap brk setsockopt',
  'secrets of libraries, locked and measured': 'mlock munlock mlock2 mincore getrusage times getrandom',
  'signals, and calls that one interrupted': 'rt_sigaction rt_sigreturn rt_sigtimedwait restart_syscall tgkill',
  'the end': 'exit exit_group',
};
const kFilesFor: readonly (readonly [RegExp, string])[] = [
  [/^\/etc\/(nsswitch\.conf|hosts|host\.conf|resolv\.conf|gai\.conf|services)$/, 'destinations that have names'],
  [/^\/etc\/(passwd|group)$/, 'names of users and groups'],
  [
    /^\/usr\/lib(64)?(\/|$)|^\/etc\/ld\.so\.cache$|^\/etc\/ssl\/openssl\.cnf$/,
    'modules that are loaded late: of the HSM',
  ],
  [/^\/usr\/share\/zoneinfo|^\/etc\/localtime$/, 'the time of day in the words of a library'],
  [/^\/dev\/(null|zero|u?random)$/, 'older ways to random bytes, and nowhere'],
  [/^\/sys\/devices\/system\/cpu$|^\/proc\/sys\/vm\/overcommit_memory$/, 'allocators'],
  [/^\/proc\/(self|\d+)$/, 'sanitizer builds'],
];

describe.skipIf(!tracer)('a vault and a server under a tracer', () => {
  let installation: Installation;
  let vault: Trace;
  let server: Trace;
  const config = (name: 'vault' | 'server'): string => readFileSync(join(installation.data, `${name}.toml`), 'utf8');
  const portsIn = (text: string, key: string): string[] =>
    [...text.matchAll(new RegExp(`^${key} = "[^"]*:(\\d+)"`, 'gm'))].map(([, port = '']) => port);

  beforeAll(async () => {
    installation = await Installation.create(engineOfTests());
    const file = (name: string): string => join(installation.data, `${name}.trace`);
    const environment = { ASAN_OPTIONS: 'detect_leaks=0' }; // the search for leaks is a tracer itself
    await installation.start('karv-sandbox');
    await installation.start('karv-vault', { prefix: traced(file('vault')), environment });
    await installation.start('karv-server', { prefix: traced(file('server')), environment });
    const { merchant, authority } = installation;
    const client = new Client({ addresses: merchant, merchant, authority });
    const order = await placedOrder(client, 'pay_now', purchase(50_000));
    await capture(client, order, 50_000);
    await refund(client, order, 10_000);
    client.close();
    await installation.stopAll();
    await hasEnded(file('vault'));
    await hasEnded(file('server'));
    vault = readTrace(file('vault'));
    server = readTrace(file('server'));
  }, 240_000);
  afterAll(async () => {
    await installation?.killAll();
    installation?.remove();
  });

  test('control 47: each system call that a vault may make has a use or a reason', () => {
    const listed = listedCalls();
    const reasoned = new Set(Object.values(kCallsFor).flatMap((words) => words.split(' ')));
    expect(vault.confined.calls.size, 'the filter was seen').toBeGreaterThan(10);
    const findings = [...listed].filter((call) => !vault.confined.calls.has(call) && !reasoned.has(call));
    expect(findings, 'rights that nothing needs').toEqual([]);
    const unlisted = [...reasoned].filter((call) => !listed.has(call) && call !== 'accept' && call !== 'tgkill');
    expect(unlisted, 'reasons for what is no right').toEqual([]);
  });

  test('control 47: each file that a vault may open has a use or a reason', () => {
    expect(vault.rules.size, 'the rules were seen').toBeGreaterThan(20);
    const findings = unusedFiles(vault).filter((path) => !kFilesFor.some(([pattern]) => pattern.test(path)));
    expect(findings, 'rights that nothing needs').toEqual([]);
  });

  test('control 47: a vault listens where its doors are, and connects to whom it was told', () => {
    const doors = portsIn(config('vault'), 'listen');
    expect([...vault.all.bound].filter((port) => !doors.includes(port))).toEqual([]);
    const peers = portsIn(config('vault'), 'address');
    const probe = '1'; // the vault's own proof that its rules bite
    expect([...vault.all.connected].filter((port) => port !== probe && !peers.includes(port))).toEqual([]);
  });

  test('control 47: a server opens nothing of the vault, and writes its own store alone', () => {
    const { data } = installation;
    expect(server.all.opened.has(join(data, 'server.toml')), 'its configuration was seen').toBe(true);
    const foreign =
      /\/(vault\.db|hsm\/|hsm\.pin|erasure\/|vault\.toml|karv-vault\.key|vault-private\.key|vault\.localhost\.key)/;
    expect([...server.all.opened].filter((path) => foreign.test(path))).toEqual([]);
    const own = (path: string): boolean =>
      path.startsWith(join(data, 'server.db')) || /^\/dev\/(null|tty)$/.test(path) || path.startsWith('/proc/self/');
    expect([...server.all.written].filter((path) => !own(path))).toEqual([]);
    const ports = new Set([...config('server').matchAll(/:(\d{4,5})\b/g)].map(([, port = '']) => port));
    expect([...server.all.connected].filter((port) => !ports.has(port))).toEqual([]);
  });
});
