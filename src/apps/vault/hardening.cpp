#include "apps/vault/hardening.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/memory.h"

namespace karv::apps::vault {

base::Result<void> harden_process() {
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0)
    return base::internal_error(base::ErrorCode::internal, "core dumps cannot be turned off");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return base::internal_error(base::ErrorCode::internal, "privileges cannot be given up");
  if (!crypto::wipe_openssl_memory_on_free())
    return base::internal_error(base::ErrorCode::internal, "OpenSSL was used before it could be told to wipe memory");
  return {};
}

}  // namespace karv::apps::vault
