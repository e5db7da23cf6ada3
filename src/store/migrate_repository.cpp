#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "store/migrate.h"

namespace karv::store {
namespace {

constexpr std::string_view kCreateRecord =
    "create table if not exists schema_migrations ("
    " number BIGINT primary key,"
    " name TEXT not null,"
    " digest BYTEA not null)";
// A table of its own, so that databases from before the times were kept need no change.
constexpr std::string_view kCreateTimes =
    "create table if not exists schema_migration_times ("
    " number BIGINT primary key,"
    " applied_at BIGINT not null)";
constexpr Sql kFindRecorded = "select number, digest from schema_migrations order by number";
constexpr Sql kListRecorded = "select number, name, digest from schema_migrations order by number";
constexpr Sql kListTimes = "select number, applied_at from schema_migration_times";
constexpr Sql kInsertRecord = "insert into schema_migrations (number, name, digest) values ($1, $2, $3)";
constexpr Sql kUpsertTime =
    "insert into schema_migration_times (number, applied_at) values ($1, $2)"
    " on conflict (number) do update set applied_at = excluded.applied_at";

using Recorded = std::map<std::int64_t, Bytes>;

Bytes digest_of(const Migration& migration) {
  Bytes digest = crypto::sha256(base::as_bytes(migration.name));
  for (const auto statement : migration.statements)
    digest = crypto::sha256(crypto::framed({digest, base::as_bytes(statement)}));
  return digest;
}

Result<Recorded> read_recorded(ReadTx& tx) {
  KARV_TRY(auto rows, tx.read_one({kFindRecorded, {}}));
  Recorded recorded;
  for (const auto& row : rows) recorded.emplace(row.integer(0), row.bytes(1));
  return recorded;
}

base::Error refusal(std::string detail) {
  return base::internal_error(base::ErrorCode::not_allowed, std::move(detail));
}

// Everything that is recorded must be known, word for word.
Result<void> check_recorded(const Recorded& recorded, std::span<const Migration> known) {
  if (recorded.contains(kUnfinishedCopy)) return refusal(std::string(kUnfinishedCopyRefused));
  for (const auto& [number, digest] : recorded) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& m) { return m.number == number; });
    if (found == known.end())
      return refusal(
          fmt::format("the database has migration {}, which this program does not know: a newer Karv was here. "
                      "Start that version, or restore a backup from before its update",
                      number));
    if (digest_of(*found) != digest)
      return refusal(
          fmt::format("migration {} ({}) was applied with another text: the database belongs to another build. "
                      "Start the version that made it",
                      number, found->name));
  }
  return {};
}

// The rows; none when the table is not there, which the engines answer as a mistake in the SQL.
Result<Rows> read_table(Database& database, Sql query) {
  auto rows = database.read<Rows>("migration_status", [&](ReadTx& tx) { return tx.read_one({query, {}}); });
  if (!rows.ok() && rows.error().code() == base::ErrorCode::internal) return Rows();
  return rows;
}

Result<bool> apply_if_missing(Tx& tx, const Migration& migration, std::span<const Migration> known) {
  KARV_TRY(auto recorded, read_recorded(tx));
  KARV_TRY_VOID(check_recorded(recorded, known));
  if (recorded.contains(migration.number)) return false;
  for (const auto statement : migration.statements) KARV_TRY_VOID(tx.change_schema(statement));
  tx.write({kInsertRecord, {migration.number, migration.name, digest_of(migration)}}, 1);
  tx.write({kUpsertTime, {migration.number, base::SystemClock().now().ms}}, 1);
  return true;
}

}  // namespace

std::vector<Migration> all_migrations(std::initializer_list<std::span<const Migration>> modules) {
  std::vector<Migration> all;
  for (const auto module : modules) all.insert(all.end(), module.begin(), module.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  for (std::size_t i = 1; i < all.size(); ++i) KARV_CHECK(all[i - 1].number != all[i].number);
  return all;
}

Result<void> migrate(Database& database, std::span<const Migration> migrations,
                     const std::function<void(const Migration&)>& applied) {
  KARV_TRY_VOID(database.write<void>("migrate", [](Tx& tx) -> Result<void> {
    KARV_TRY_VOID(tx.change_schema(kCreateRecord));
    return tx.change_schema(kCreateTimes);
  }));
  // Before anything is applied, so that a refused database is left as it was.
  KARV_TRY(auto recorded, database.read<Recorded>("migrate", [](ReadTx& tx) { return read_recorded(tx); }));
  KARV_TRY_VOID(check_recorded(recorded, migrations));
  for (const auto& migration : migrations) {
    KARV_TRY(const bool was_missing, database.write<bool>("migrate", [&](Tx& tx) -> Result<bool> {
      return apply_if_missing(tx, migration, migrations);
    }));
    if (!was_missing) continue;
    base::log::info("migration_applied", {{"number", migration.number}, {"name", migration.name}});
    if (applied) applied(migration);
  }
  return {};
}

Result<std::vector<MigrationStatus>> migration_status(Database& database, std::span<const Migration> migrations) {
  KARV_TRY(const auto recorded, read_table(database, kListRecorded));
  KARV_TRY(const auto times, read_table(database, kListTimes));
  std::map<std::int64_t, MigrationStatus> all;
  for (const auto& known : migrations)
    all.emplace(known.number, MigrationStatus{.number = known.number, .name = std::string(known.name)});
  for (const auto& row : recorded) {
    const auto found = std::find_if(migrations.begin(), migrations.end(),
                                    [&](const Migration& known) { return known.number == row.integer(0); });
    auto& status = all[row.integer(0)];
    status.number = row.integer(0);
    status.name = row.text(1);
    status.state = found == migrations.end()           ? MigrationState::unknown
                   : digest_of(*found) != row.bytes(2) ? MigrationState::changed
                                                       : MigrationState::applied;
  }
  for (const auto& row : times)
    if (const auto found = all.find(row.integer(0)); found != all.end())
      found->second.applied_at = base::Instant{row.integer(1)};
  std::vector<MigrationStatus> ordered;
  ordered.reserve(all.size());
  for (auto& [number, status] : all) ordered.push_back(std::move(status));
  return ordered;
}

Result<void> require_schema(Database& database, std::span<const Migration> migrations) {
  const auto recorded = database.read<Recorded>("require_schema", [](ReadTx& tx) { return read_recorded(tx); });
  if (!recorded.ok())
    return refusal("the database has no schema yet: run `karv migrate up --config FILE`, then start again (" +
                   recorded.error().internal_text() + ")");
  KARV_TRY_VOID(check_recorded(*recorded, migrations));
  for (const auto& migration : migrations)
    if (!recorded->contains(migration.number))
      return refusal(
          fmt::format("migration {} ({}) is not applied: run `karv migrate up --config FILE`, then start again",
                      migration.number, migration.name));
  return {};
}

}  // namespace karv::store
