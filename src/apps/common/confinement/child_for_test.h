// For confinement's tests: what cannot be taken back is done in a child process.
#pragma once

#include <functional>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace karv::apps::testing {

struct ChildEnd {
  int code = -1;  // of its exit; -1 when a signal ended it
  int signal = 0;
};

// The body's answer is the exit code. No new privileges, as in the vault.
inline ChildEnd in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(120);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return {.code = -1, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace karv::apps::testing
