// What a serving vault gives up: before its threads all files and TCP ports that its configuration does not name
// (Landlock) and being swapped out; when everything is open all system calls that serving does not need (seccomp).
// In production each of them must succeed; in sandbox mode what this machine cannot do is logged.
#pragma once

#include "apps/common/confinement/landlock.h"
#include "apps/vault/config.h"
#include "base/result.h"

namespace karv::apps::vault {

// The files, folders and ports that serving with this configuration needs. Reads SoftHSM's configuration, if it is the
// HSM, for the folder of its tokens.
LandlockRules rules_of(const Config& config);

// Pre: harden_process() was called and there is one thread. Errors: unavailable, in production alone.
base::Result<void> confine_process(const Config& config);
// After everything was opened. Errors: as above.
base::Result<void> limit_system_calls(const Config& config);
// Logs what was refused since the last time. Not for two threads at once.
void report_refused_calls();

}  // namespace karv::apps::vault
