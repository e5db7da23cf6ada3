#include "apps/cli/backup/installation.h"

#include <fmt/format.h>

#include "apps/common/migration_command.h"
#include "apps/common/section.h"
#include "apps/common/server_store.h"

namespace karv::apps::cli::backup {

base::Result<Stores> read_stores(const std::string& server_configuration, const std::string& vault_configuration) {
  Stores stores;
  KARV_TRY(stores.server_files, read_server_files(server_configuration));
  stores.server = stores.server_files.database;
  KARV_TRY(const auto vault, read_store_address(vault_configuration));
  if (!vault.is_vault) return configuration_error(vault_configuration + " is no vault.toml: it has no [hsm] section");
  if (vault.address == stores.server)
    return configuration_error("server and vault have the same database: each needs one of its own");
  stores.vault = vault.address;
  stores.vault_configuration = vault_configuration;
  KARV_TRY(stores.key, read_backup_key(stores.server_files.server_key));
  return stores;
}

void tell(const std::string& line) {
  fmt::print(stderr, "karv: {}\n", line);
  std::fflush(stderr);
}

}  // namespace karv::apps::cli::backup
