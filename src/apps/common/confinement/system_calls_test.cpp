#include "apps/common/confinement/system_calls.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <linux/keyctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "apps/common/confinement/child_for_test.h"
#include "apps/common/confinement/sanitized.h"

namespace karv::apps {
namespace {

using testing::in_child;

// The filter in a child, then the body there.
testing::ChildEnd filtered(const std::function<int()>& body) {
  return in_child([&] {
    if (!restrict_system_calls().ok()) return 121;
    return body();
  });
}

TEST(SystemCallsTest, starting_a_program_ends_the_process) {
  EXPECT_EQ(filtered([] {
              ::execl("/usr/bin/true", "true", nullptr);
              return errno;
            }).signal,
            SIGSYS);
}

TEST(SystemCallsTest, what_only_an_intruder_asks_for_ends_the_process) {
  EXPECT_EQ(filtered([] { return ::mount("none", "/mnt", "tmpfs", 0, nullptr); }).signal, SIGSYS);
  EXPECT_EQ(filtered([] { return static_cast<int>(::syscall(SYS_bpf, 0, nullptr, 0)); }).signal, SIGSYS);
  EXPECT_EQ(filtered([] { return static_cast<int>(::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, 0, 0)); }).signal,
            SIGSYS);
  EXPECT_EQ(
      filtered([] { return static_cast<int>(::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0)); }).signal,
      SIGSYS);
  EXPECT_EQ(filtered([] { return ::setuid(0); }).signal, SIGSYS);
}

TEST(SystemCallsTest, tracing_and_forking_end_the_process) {
  if (kSanitized) GTEST_SKIP() << "the leak search of sanitizer builds forks and traces";
  EXPECT_EQ(filtered([] { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }).signal, SIGSYS);
  EXPECT_EQ(filtered([] {
              const pid_t child = ::fork();
              if (child == 0) ::_exit(0);
              return 0;
            }).signal,
            SIGSYS);
}

TEST(SystemCallsTest, other_kinds_of_sockets_are_refused_and_counted) {
  EXPECT_EQ(filtered([] {
              for (const int family : {AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK})
                if (::socket(family, SOCK_RAW, 0) >= 0 || errno != EPERM) return family;
              for (const int family : {AF_INET, AF_INET6, AF_UNIX})
                if (::socket(family, SOCK_STREAM, 0) < 0 && errno == EPERM) return family;
              const auto refused = take_refused_calls();
              if (refused.size() != 1 || refused.front().name != "socket" || refused.front().count != 4) return 122;
              return take_refused_calls().empty() ? 0 : 123;
            }).code,
            0);
}

TEST(SystemCallsTest, no_code_can_be_made) {
  EXPECT_EQ(filtered([] {
              void* const writable = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              if (writable == MAP_FAILED) return 1;
              if (::mprotect(writable, 4096, PROT_READ | PROT_EXEC) == 0 || errno != EPERM) return 2;
              void* const code = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return code == MAP_FAILED && errno == EPERM ? 0 : 3;
            }).code,
            0);
}

TEST(SystemCallsTest, a_thread_that_was_there_before_is_bound_and_new_ones_can_be_started) {
  EXPECT_EQ(in_child([] {
              std::atomic<bool> go{false};
              int before = 0;
              int later = 0;
              std::thread early([&] {
                while (!go) std::this_thread::yield();
                before = ::socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ? 0 : errno;
              });
              if (!restrict_system_calls().ok()) return 121;
              go = true;
              early.join();
              std::thread([&] { later = ::socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ? 0 : errno; }).join();
              return before == EPERM && later == EPERM ? 0 : 1;
            }).code,
            0);
}

}  // namespace
}  // namespace karv::apps
