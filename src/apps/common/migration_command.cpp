#include "apps/common/migration_command.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "apps/common/section.h"
#include "base/clock.h"
#include "store/migrate.h"
#include "store/open.h"

namespace karv::apps {
namespace {

using base::Result;
using store::MigrationState;
using store::MigrationStatus;

std::string said(const MigrationStatus& status) {
  switch (status.state) {
    case MigrationState::applied:
      return status.applied_at ? "applied " + base::to_rfc3339(*status.applied_at) : "applied";
    case MigrationState::pending:
      return "pending";
    case MigrationState::unknown:
      return "UNKNOWN to this program";
    case MigrationState::changed:
      return "CHANGED since it was applied";
  }
  return "";
}

bool does_not_fit(const MigrationStatus& status) {
  return status.state == MigrationState::unknown || status.state == MigrationState::changed;
}
bool is_pending(const MigrationStatus& status) { return status.state == MigrationState::pending; }

// A file that is not there is not made by asking about it.
Result<std::vector<MigrationStatus>> read_status(const std::string& address,
                                                 std::span<const store::Migration> migrations) {
  if (store::is_file(address) && !std::filesystem::exists(address)) {
    std::vector<MigrationStatus> all;
    for (const auto& one : migrations) all.push_back({.number = one.number, .name = std::string(one.name)});
    return all;
  }
  KARV_TRY(const auto database, store::open_database({.address = address, .connections = 1}));
  return store::migration_status(*database, migrations);
}

// The same words as a server's that refuses to start.
base::Error refusal(const std::vector<MigrationStatus>& all) {
  if (std::ranges::find(all, store::kUnfinishedCopy, &MigrationStatus::number) != all.end())
    return base::internal_error(base::ErrorCode::not_allowed, std::string(store::kUnfinishedCopyRefused));
  const auto found = std::find_if(all.begin(), all.end(), does_not_fit);
  return base::internal_error(
      base::ErrorCode::not_allowed,
      found->state == MigrationState::unknown
          ? fmt::format(
                "the database has migration {} ({}), which this program does not know: a newer Karv was here. "
                "Install that version again, or restore a backup from before its update (`karv backup restore`)",
                found->number, found->name)
          : fmt::format("migration {} ({}) was applied with another text: the database belongs to another build. "
                        "Use the version that made it",
                        found->number, found->name));
}

// "create table orders", "alter table orders add column note TEXT": a statement up to its first parenthesis.
std::string summary_of(std::string_view statement) {
  std::string words;
  for (const char letter : statement.substr(0, statement.find('('))) {
    const bool blank = letter == ' ' || letter == '\n';
    if (!blank)
      words.push_back(letter);
    else if (!words.empty() && words.back() != ' ')
      words.push_back(' ');
  }
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

int tell_status(const std::vector<MigrationStatus>& all, const std::string& configuration) {
  for (const auto& one : all) fmt::print("{:>6}  {:<28}  {}\n", one.number, one.name, said(one));
  const auto pending = std::count_if(all.begin(), all.end(), is_pending);
  const auto misfits = std::count_if(all.begin(), all.end(), does_not_fit);
  fmt::print("{} applied, {} pending, {} that do not fit\n", std::ssize(all) - pending - misfits, pending, misfits);
  if (pending > 0 && misfits == 0)
    fmt::print(stderr, "karv: `karv migrate plan --config {0}` shows what is pending, `karv migrate up` applies it\n",
               configuration);
  return pending + misfits == 0 ? 0 : 1;
}

int tell_plan(const std::vector<MigrationStatus>& all, std::span<const store::Migration> migrations) {
  std::size_t steps = 0;
  for (const auto& migration : migrations) {
    const auto status = std::find_if(all.begin(), all.end(),
                                     [&](const MigrationStatus& one) { return one.number == migration.number; });
    if (status == all.end() || !is_pending(*status)) continue;
    fmt::print("{} {}\n", migration.number, migration.name);
    for (const auto statement : migration.statements) fmt::print("    {}\n", summary_of(statement));
    ++steps;
  }
  fmt::print("{} would be applied, each in a transaction of its own; nothing was changed\n", steps);
  return 0;
}

Result<int> apply(const std::string& address, std::span<const store::Migration> migrations) {
  KARV_TRY(const auto database, store::open_database({.address = address, .connections = 1}));
  std::size_t applied = 0;
  KARV_TRY_VOID(store::migrate(*database, migrations, [&](const store::Migration& migration) {
    fmt::print("applied {} {}\n", migration.number, migration.name);
    std::fflush(stdout);
    ++applied;
  }));
  fmt::print("{} applied; the database has this program's schema\n", applied);
  return 0;
}

Result<StoreAddress> address_from(const toml::table& root) {
  const auto address = root["database"].value_exact<std::string>();
  if (!address || address->empty())
    return configuration_error("database is missing: is this a server.toml or vault.toml?");
  return StoreAddress{.address = *address, .is_vault = root.contains("hsm")};
}

}  // namespace

std::optional<MigrateAction> parse_migrate_action(std::string_view word) {
  if (word == "status") return MigrateAction::status;
  if (word == "plan") return MigrateAction::plan;
  if (word == "up") return MigrateAction::up;
  return std::nullopt;
}

base::Result<int> run_migrate(MigrateAction action, const std::string& address, const std::string& configuration,
                              std::span<const store::Migration> migrations) {
  KARV_TRY(const auto all, read_status(address, migrations));
  const bool misfit = std::any_of(all.begin(), all.end(), does_not_fit);
  if (action == MigrateAction::status) {
    const int code = tell_status(all, configuration);
    if (misfit) return refusal(all);
    return code;
  }
  if (misfit) return refusal(all);
  return action == MigrateAction::plan ? tell_plan(all, migrations) : apply(address, migrations);
}

base::Result<StoreAddress> read_store_address(const std::string& configuration) {
  return read_toml<StoreAddress>(configuration, address_from);
}

}  // namespace karv::apps
