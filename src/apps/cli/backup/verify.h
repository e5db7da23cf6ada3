// Proving a backup: restored to scratch, read page by page, the books recomputed, compared with its manifest.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/backup/installation.h"
#include "apps/cli/backup/manifest.h"

namespace karv::apps::cli::backup {

struct Proof {
  Manifest manifest;
  std::int64_t accounts = 0, transfers = 0, audit_records = 0;
  std::size_t pending = 0;            // migrations of this program that the backup is from before
  std::vector<std::string> findings;  // empty: it can be restored
};

// `scratch`: where files are restored to (a folder that is there); a PostgreSQL store is restored into a database
// beside its own and dropped again. Touches neither backup nor installation. Errors: bad_value (not whole, changed,
// foreign), not_allowed (of a newer program), conflict, unavailable.
base::Result<Proof> verify_backup(const Stores& stores, const std::string& folder, const std::string& scratch);

}  // namespace karv::apps::cli::backup
