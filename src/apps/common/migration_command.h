// `migrate status|plan|up` on one database: shared by karv (the server's store) and karv-vault (its own), which know
// different migrations. Prints for a person; decides nothing about the schema itself (store/migrate.h does).
//
// Exit codes: 0 the database has this program's schema, or `plan` had something to tell; 1 something is pending, does
// not fit, or failed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace karv::apps {

enum class MigrateAction : std::uint8_t { status, plan, up };
std::optional<MigrateAction> parse_migrate_action(std::string_view word);

// `address` as in the configuration; `configuration` is its file, for sentences that say what to type next.
// Answers the exit code. Errors: unavailable, not_allowed (a newer or another build was here).
base::Result<int> run_migrate(MigrateAction action, const std::string& address, const std::string& configuration,
                              std::span<const store::Migration> migrations);

// The `database` of a server.toml or vault.toml, and whether it is a vault's. Errors: bad_value.
struct StoreAddress {
  std::string address;
  bool is_vault = false;
};
base::Result<StoreAddress> read_store_address(const std::string& configuration);

}  // namespace karv::apps
