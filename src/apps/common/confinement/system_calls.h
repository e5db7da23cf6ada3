// The system calls that a serving vault may make, as a seccomp filter over all of its threads. Set when everything is
// open; it cannot be taken back. Three answers to what is not on the list:
//
//   starting programs, forking, tracing, reading another process, loading kernel code, changing mounts or names spaces
//                         the process is killed (SIGSYS): no healthy vault asks, so somebody else does
//   everything else       EPERM, counted here and logged by the kernel's audit
//   clone3                ENOSYS: the C library then uses clone, whose flags a filter can see (threads only)
//
// Source: seccomp(2), libseccomp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace karv::apps {

// Tries at the end what must be refused, and fails when it is not. Pre: PR_SET_NO_NEW_PRIVS; no thread blocks SIGSYS.
// Errors: unavailable.
base::Result<void> restrict_system_calls();

struct RefusedCall {
  std::string name;  // "socket"
  std::uint64_t count = 0;
};
// What was answered with EPERM since the last time this was asked.
std::vector<RefusedCall> take_refused_calls();

}  // namespace karv::apps
