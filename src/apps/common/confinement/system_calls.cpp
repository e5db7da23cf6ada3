#include "apps/common/confinement/system_calls.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "apps/common/confinement/sanitized.h"
#include "apps/common/confinement/system_call_list.h"

namespace karv::apps {
namespace {

constexpr int kFromSeccomp = 1;  // SYS_SECCOMP of the kernel's asm-generic/siginfo.h
constexpr int kNumbers = 1024;   // more than there are system calls
std::array<std::atomic<std::uint64_t>, kNumbers> g_refused;
std::array<std::uint64_t, kNumbers> g_taken;  // of take_refused_calls()

// In the thread that asked, in place of its system call: counts it and lets it see EPERM. Nothing but atomics here.
void refuse(int, siginfo_t* info, void* context) {
  if (info->si_code != kFromSeccomp) ::abort();
  const int number = info->si_syscall;
  if (number >= 0 && number < kNumbers) g_refused[static_cast<std::size_t>(number)].fetch_add(1);
  auto* const interrupted = static_cast<ucontext_t*>(context);
#if defined(__x86_64__)
  interrupted->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
  interrupted->uc_mcontext.regs[0] = static_cast<unsigned long long>(-EPERM);
#else
#error "which register holds a system call's answer is not known for this processor"
#endif
}

base::Error cannot(std::string_view what, int reason) {
  return base::internal_error(
      base::ErrorCode::unavailable,
      "seccomp: " + std::string(what) + ": " + std::error_code(std::abs(reason), std::generic_category()).message());
}

// Collects rules; the first that fails is remembered.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_TRAP), &seccomp_release) {}

  void attribute(scmp_filter_attr name, std::uint32_t value) {
    if (context_) note("attribute", seccomp_attr_set(context_.get(), name, value));
  }
  void rule(std::uint32_t action, const char* call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    const int number = seccomp_syscall_resolve_name(call);
    if (!context_ || number == __NR_SCMP_ERROR) return;  // not on this processor, or younger than the library: refused
    note(call, seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(conditions.size()),
                                      conditions.begin()));
  }
  void all(std::uint32_t action, std::span<const char* const> calls) {
    for (const char* call : calls) rule(action, call);
  }
  base::Result<void> load() {
    if (!context_) return cannot("no filter", ENOMEM);
    if (problem_ == 0) note("load", seccomp_load(context_.get()));
    if (problem_ != 0) return cannot(where_, problem_);
    return {};
  }

 private:
  void note(const char* where, int result) {
    if (result >= 0 || problem_ != 0) return;
    problem_ = result;
    where_ = where;
  }
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int problem_ = 0;
  std::string where_;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

// Allowed with these arguments only.
void add_conditional(Filter& filter) {
  constexpr std::uint64_t kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
  constexpr std::uint64_t kNewSpaces =
      CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  const auto own = static_cast<std::uint64_t>(::getpid());
  filter.rule(SCMP_ACT_ALLOW, "clone", {has_bits(0, kThread | kNewSpaces, kThread)});
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  // No code comes into being any more: neither from memory nor from a file.
  for (const char* call : {"mmap", "mprotect"}) filter.rule(SCMP_ACT_ALLOW, call, {has_bits(2, PROT_EXEC, 0)});
  for (const int family : {AF_INET, AF_INET6, AF_UNIX})
    filter.rule(SCMP_ACT_ALLOW, "socket", {equals(0, static_cast<std::uint64_t>(family))});
  filter.rule(SCMP_ACT_ALLOW, "socketpair", {equals(0, AF_UNIX)});
  for (const std::uint64_t request : {FIONBIO, FIONREAD, FIOCLEX, TCGETS})
    filter.rule(SCMP_ACT_ALLOW, "ioctl", {has_bits(1, 0xffffffff, request)});
  filter.rule(SCMP_ACT_ALLOW, "tgkill", {equals(0, own)});  // abort()
  if (kSanitized) return;
  constexpr std::uint64_t kSetVma = 0x53564d41;                                 // PR_SET_VMA: malloc names its arenas
  filter.rule(SCMP_ACT_KILL_PROCESS, "clone", {has_bits(0, CLONE_THREAD, 0)});  // fork and posix_spawn
  for (const std::uint64_t option : {std::uint64_t{PR_SET_NAME}, std::uint64_t{PR_GET_NAME}, kSetVma})
    filter.rule(SCMP_ACT_ALLOW, "prctl", {equals(0, option)});
  filter.rule(SCMP_ACT_ALLOW, "prlimit64", {equals(0, 0), equals(2, 0)});  // its own limits, read only
}

bool is_for_sanitizers(std::string_view call) {
  return kSanitized && std::ranges::any_of(kForSanitizers, [&](const char* one) { return call == one; });
}

// A filter that does not bite is worse than none.
base::Result<void> try_what_is_refused() {
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
  const int reason = errno;
  if (socket >= 0) {
    ::close(socket);
    return cannot("a netlink socket can still be made", 0);
  }
  if (reason != EPERM) return cannot("a netlink socket was refused otherwise than by the filter", reason);
  const auto refused = take_refused_calls();
  if (refused.size() != 1 || refused.front().name != "socket") return cannot("what is refused is not counted", 0);
  return {};
}

}  // namespace

base::Result<void> restrict_system_calls() {
  struct sigaction action{};
  action.sa_sigaction = &refuse;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  if (::sigaction(SIGSYS, &action, nullptr) != 0) return cannot("SIGSYS", errno);
  Filter filter;
  filter.attribute(SCMP_FLTATR_CTL_TSYNC, 1);
  filter.attribute(SCMP_FLTATR_CTL_LOG, 1);
  filter.attribute(SCMP_FLTATR_CTL_OPTIMIZE, 2);
  filter.attribute(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  filter.all(SCMP_ACT_ALLOW, kFiles);
  filter.all(SCMP_ACT_ALLOW, kSockets);
  filter.all(SCMP_ACT_ALLOW, kMemoryAndThreads);
  filter.all(SCMP_ACT_ALLOW, kSignalsAndTime);
  filter.all(SCMP_ACT_ALLOW, kWhoAmI);
  add_conditional(filter);
  for (const char* call : kDeadly)
    if (!is_for_sanitizers(call)) filter.rule(SCMP_ACT_KILL_PROCESS, call);
  for (const char* call : kForSanitizers)
    if (is_for_sanitizers(call)) filter.rule(SCMP_ACT_ALLOW, call);
  KARV_TRY_VOID(filter.load());
  return try_what_is_refused();
}

std::vector<RefusedCall> take_refused_calls() {
  std::vector<RefusedCall> refused;
  for (std::size_t number = 0; number < g_refused.size(); ++number) {
    const std::uint64_t count = g_refused[number].load();
    if (count == g_taken[number]) continue;
    char* const name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number));
    refused.push_back({.name = name != nullptr ? name : std::to_string(number), .count = count - g_taken[number]});
    std::free(name);
    g_taken[number] = count;
  }
  return refused;
}

}  // namespace karv::apps
