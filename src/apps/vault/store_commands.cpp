#include "apps/vault/store_commands.h"

#include <iostream>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/common/migration_command.h"
#include "apps/vault/config.h"
#include "apps/vault/init_command.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "store/migrate.h"
#include "store/open.h"
#include "vault/erasure/eraser.h"
#include "vault/operations/restore.h"
#include "vault/schema.h"

namespace karv::apps::vault {
namespace {

namespace kv = karv::vault;
using base::Result;
using Words = std::span<const std::string_view>;

std::vector<store::Migration> all_migrations() {
  return store::all_migrations({store::migrations(), audit::migrations(), kv::migrations()});
}

Result<int> migrate(MigrateAction action, std::string_view option, const std::string& where) {
  if (option == "--database") return run_migrate(action, where, "vault.toml", all_migrations());
  KARV_TRY(const auto store, read_store_address(where));
  return run_migrate(action, store.address, where, all_migrations());
}

Result<std::unique_ptr<store::Database>> open_store(const std::string& address) {
  KARV_TRY(auto database, store::open_database({.address = address, .connections = 1}));
  KARV_TRY_VOID(store::require_schema(*database, all_migrations()));
  return database;
}

Result<int> freeze(const std::string& address, const std::string& backup) {
  const base::SystemClock wall;
  base::SystemRandom random;
  KARV_TRY(const auto database, open_store(address));
  KARV_TRY(const auto tokens,
           kv::freeze_restored(*database, base::make_id<kv::RestoreTag>(wall, random), backup, wall.now()));
  fmt::print("{} tokens frozen\n", tokens);
  return 0;
}

Result<int> accept_journal_loss(const std::string& configuration, const std::string& reason) {
  const base::SystemClock wall;
  base::SystemRandom random;
  KARV_TRY(const auto config, read_config(configuration));
  if (config.erasure.journal.empty())
    return base::internal_error(base::ErrorCode::bad_value, configuration + " names no [erasure] journal");
  KARV_TRY(const auto database, open_store(config.database));
  KARV_TRY_VOID(kv::accept_journal_loss(*database,
                                        {.path = config.erasure.journal, .reason = reason, .accepted_at = wall.now()},
                                        fmt::format("uid {}", ::geteuid()), wall, random));
  fmt::print(
      "When it is opened within an hour, the vault of {} may begin a new erasure journal in the place of {},\n"
      "if that is missing or refused. Whoever was erased after the backup that this store came from is known again:\n"
      "erase them once more.\n",
      configuration, config.erasure.journal);
  return 0;
}

Result<int> reconcile(const std::string& configuration) {
  KARV_TRY(const auto store, read_store_address(configuration));
  KARV_TRY(const auto database, open_store(store.address));
  kv::Reconciler reconciler(*database);
  for (std::string line; std::getline(std::cin, line);) {
    KARV_TRY(const auto batch, json::decode<vault_api::KnownBatch>(line, json::kOwnChannel));
    KARV_TRY_VOID(reconciler.compare(batch));
  }
  KARV_TRY(const auto done, reconciler.finish(base::SystemClock().now()));
  fmt::print("{}\n", json::encode(done));
  return 0;
}

}  // namespace

std::optional<Result<int>> run_store_command(Words words) {
  if (words.size() == 4 && words[0] == "migrate" && (words[2] == "--config" || words[2] == "--database"))
    if (const auto action = parse_migrate_action(words[1])) return migrate(*action, words[2], std::string(words[3]));
  if (words.size() == 5 && words[0] == "freeze" && words[1] == "--database" && words[3] == "--backup")
    return freeze(std::string(words[2]), std::string(words[4]));
  if (words.size() == 5 && words[0] == "accept-journal-loss" && words[1] == "--config" && words[3] == "--reason")
    return accept_journal_loss(std::string(words[2]), std::string(words[4]));
  if (!words.empty() && words[0] == "init") return run_init(words.subspan(1), all_migrations());
  if (words.size() == 3 && words[0] == "reconcile" && words[1] == "--config") return reconcile(std::string(words[2]));
  return std::nullopt;
}

}  // namespace karv::apps::vault
