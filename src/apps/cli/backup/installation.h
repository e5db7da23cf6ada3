// The two stores of one installation and the key that its backups are authenticated with, as its two configuration
// files name them.
#pragma once

#include <string>

#include "apps/cli/server_store.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::apps::cli::backup {

struct Stores {
  ServerFiles server_files;
  std::string server, vault;  // addresses
  std::string vault_configuration;
  base::SecretBytes key;
};
// Errors: bad_value (no such files, or the other way round), unavailable (the key cannot be read).
base::Result<Stores> read_stores(const std::string& server_configuration, const std::string& vault_configuration);

// Something to know or to wait for, on standard error: standard output is for results.
void tell(const std::string& line);

}  // namespace karv::apps::cli::backup
