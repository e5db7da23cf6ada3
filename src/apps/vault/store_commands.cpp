#include "apps/vault/store_commands.h"

#include <string>

#include "apps/common/migration_command.h"
#include "store/migrate.h"
#include "vault/schema.h"

namespace karv::apps::vault {
namespace {

namespace kv = karv::vault;

base::Result<int> migrate(MigrateAction action, const std::string& configuration) {
  KARV_TRY(const auto store, read_store_address(configuration));
  return run_migrate(action, store.address, configuration,
                     store::all_migrations({store::migrations(), kv::migrations()}));
}

}  // namespace

std::optional<base::Result<int>> run_store_command(std::span<const std::string_view> words) {
  if (words.size() == 4 && words[0] == "migrate" && words[2] == "--config")
    if (const auto action = parse_migrate_action(words[1])) return migrate(*action, std::string(words[3]));
  return std::nullopt;
}

}  // namespace karv::apps::vault
