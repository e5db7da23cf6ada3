// Which settings of the configuration, the machine and the way it was started a production vault refuses to serve with.
// Source: PCI DSS 2.2.6 (system security parameters prevent misuse).
#pragma once

#include <string>
#include <vector>

#include "apps/vault/config.h"
#include "base/result.h"

namespace karv::apps::vault {

// One sentence each: what is unsafe, and what to do. Pre: harden_process() was called, before Landlock.
std::vector<std::string> unsafe_settings(const Config& config);

// Errors: unavailable with all of them; never in sandbox mode.
base::Result<void> require_safe_settings(const Config& config);

}  // namespace karv::apps::vault
