#include "apps/vault/hardening.h"

#include <array>
#include <fstream>

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/memory.h"

namespace karv::apps::vault {

base::Result<void> harden_process() {
  // First: afterwards the file is root's. An empty list of what a dump may hold, should one be made all the same.
  std::ofstream("/proc/self/coredump_filter") << "0\n";
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0)
    return base::internal_error(base::ErrorCode::internal, "core dumps cannot be turned off");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return base::internal_error(base::ErrorCode::internal, "privileges cannot be given up");
  if (!crypto::wipe_openssl_memory_on_free())
    return base::internal_error(base::ErrorCode::internal, "OpenSSL was used before it could be told to wipe memory");
  return {};
}

bool may_lock_memory() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> own{};
  if (::syscall(SYS_capget, &header, own.data()) == 0 && (own[0].effective & (1U << CAP_IPC_LOCK)) != 0) return true;
  rlimit limit{};
  return ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_max == RLIM_INFINITY;
}

base::Result<void> lock_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_max == RLIM_INFINITY) {
    limit.rlim_cur = RLIM_INFINITY;
    ::setrlimit(RLIMIT_MEMLOCK, &limit);
  }
  // A limit counts what is mapped, not what is touched: the threads' stacks alone would pass it, at some later time.
  if (!may_lock_memory() || ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    return base::internal_error(base::ErrorCode::unavailable,
                                "memory cannot be locked: LimitMEMLOCK=infinity in its unit, or `ulimit -l unlimited`");
  return {};
}

}  // namespace karv::apps::vault
