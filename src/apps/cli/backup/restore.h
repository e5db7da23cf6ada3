// Putting a backup in the place of an installation's stores: proved first, made beside, the vault's tokens frozen
// before its store gets its name.
#pragma once

#include <string>

#include "apps/cli/backup/verify.h"

namespace karv::apps::cli::backup {

enum class Existing : std::uint8_t { refuse, set_aside };

struct Restored {
  Proof proof;
  std::string server_aside, vault_aside;  // where what was there is now; empty when nothing was
};

// Errors: as verify_backup; conflict (a store is there and `existing` does not say what to do with it, or is in use);
// internal (the backup does not prove). Until the last step nothing of the installation is changed.
base::Result<Restored> restore_backup(const Stores& stores, const std::string& folder, const std::string& scratch,
                                      Existing existing);

}  // namespace karv::apps::cli::backup
