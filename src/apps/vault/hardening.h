// What the process gives up at start: core dumps, being traced by others of its user, being swapped out, and memory
// that still holds what was freed. As root a tracer is still allowed: the vault is meant to run as a user of its own.
#pragma once

#include "base/result.h"

namespace karv::apps::vault {

// First in main(), before threads and before OpenSSL is used. Errors: internal.
base::Result<void> harden_process();

// Whether lock_memory() can succeed: no limit, or the capability.
bool may_lock_memory();
// No page that was ever touched is swapped out, now or later. Errors: unavailable.
base::Result<void> lock_memory();

// Whether this build wipes memory when it is freed (sanitizer builds keep the sanitizer's own allocator).
bool wipes_freed_memory();

}  // namespace karv::apps::vault
