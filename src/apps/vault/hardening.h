// What the process gives up at start: core dumps, being traced by others of its user, and memory that still holds what
// was freed. As root a tracer is still allowed: the vault is meant to run as a user of its own.
#pragma once

#include "base/result.h"

namespace karv::apps::vault {

// First in main(), before threads and before OpenSSL is used. Errors: internal.
base::Result<void> harden_process();

// Whether this build wipes memory when it is freed (sanitizer builds keep the sanitizer's own allocator).
bool wipes_freed_memory();

}  // namespace karv::apps::vault
