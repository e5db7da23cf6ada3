// Which system calls are on the list, in groups by what needs them. Internal to confinement.
#pragma once

#include <array>

namespace karv::apps {

// Allowed whatever their arguments are.
inline constexpr std::array kFiles = {
    "read",       "write",     "readv",      "writev",     "pread64", "pwrite64",   "preadv",
    "pwritev",    "preadv2",   "pwritev2",   "open",       "openat",  "close",      "stat",
    "fstat",      "lstat",     "newfstatat", "statx",      "lseek",   "fsync",      "fdatasync",
    "ftruncate",  "fallocate", "flock",      "fcntl",      "unlink",  "unlinkat",   "rename",
    "renameat",   "renameat2", "mkdir",      "mkdirat",    "rmdir",   "getdents64", "readlink",
    "readlinkat", "access",    "faccessat",  "faccessat2", "chmod",   "fchmod",     "fchmodat",
    "fchown",     "umask",     "statfs",     "fstatfs",    "getcwd",  "dup",        "fadvise64",
};
inline constexpr std::array kSockets = {
    "connect",     "accept",   "accept4",        "sendto",          "recvfrom",      "sendmsg",    "recvmsg",
    "sendmmsg",    "recvmmsg", "shutdown",       "getsockname",     "getpeername",   "getsockopt", "setsockopt",
    "poll",        "ppoll",    "select",         "pselect6",        "epoll_create1", "epoll_ctl",  "epoll_wait",
    "epoll_pwait", "eventfd2", "timerfd_create", "timerfd_settime", "pipe2",
};
inline constexpr std::array kMemoryAndThreads = {
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "mlock",
    "munlock",
    "mlock2",
    "mincore",
    "membarrier",
    "futex",
    "set_robust_list",
    "rseq",
    "sched_yield",
    "sched_getaffinity",
    "set_tid_address",
    "gettid",
    "exit",
    "exit_group",
    "restart_syscall",
};
inline constexpr std::array kSignalsAndTime = {
    "rt_sigaction",    "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "nanosleep",
    "clock_nanosleep", "clock_gettime",  "clock_getres", "gettimeofday",    "time",
};
inline constexpr std::array kWhoAmI = {
    "getpid",    "getppid", "getuid",  "geteuid",   "getgid", "getegid",
    "getrandom", "uname",   "sysinfo", "getrusage", "times",
};

// No healthy vault asks for these: whoever does is ended at once.
inline constexpr std::array kDeadly = {
    "execve",
    "execveat",
    "fork",
    "vfork",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    "bpf",
    "perf_event_open",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "unshare",
    "setns",
    "add_key",
    "request_key",
    "keyctl",
    "userfaultfd",
    "io_uring_setup",
    "reboot",
    "swapon",
    "swapoff",
    "setuid",
    "setgid",
    "setresuid",
    "setresgid",
    "setreuid",
    "setregid",
    "setgroups",
    "capset",
    "modify_ldt",
    "personality",
    "open_by_handle_at",
};

// Of sanitizer builds alone: the leak search at the end runs in a process-like clone that traces the others.
inline constexpr std::array kForSanitizers = {"ptrace", "wait4", "clone", "prctl", "prlimit64", "getpgrp", "kill"};

}  // namespace karv::apps
