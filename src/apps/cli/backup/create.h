// Making a backup: both stores copied while they serve, the server's first, with a manifest; complete or not there.
#pragma once

#include <string>

#include "apps/cli/backup/installation.h"
#include "apps/cli/backup/manifest.h"

namespace karv::apps::cli::backup {

// `folder` must not exist; it gets its name when everything in it is durable. Writes progress to standard error.
// Errors: conflict, storage_full, unavailable; then nothing stays that could be taken for a backup.
base::Result<Manifest> create_backup(const Stores& stores, const std::string& folder);

}  // namespace karv::apps::cli::backup
