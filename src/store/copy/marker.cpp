#include "store/copy/marker.h"

#include <algorithm>
#include <array>

#include "store/migrate.h"

namespace karv::store::copy {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

constexpr std::array<std::string_view, 5> kInternal{"schema_migrations", "schema_migration_times", "store_attempts",
                                                    "store_copy", "store_copy_tables"};
constexpr std::string_view kCreateCopy =
    "create table store_copy (copy_id BIGINT primary key, source TEXT not null, state TEXT not null)";
constexpr std::string_view kCreateTables =
    "create table store_copy_tables ("
    " table_name TEXT primary key, source_rows BIGINT not null, copied_rows BIGINT not null)";
constexpr const char* kInsertCopy = "insert into store_copy (copy_id, source, state) values (1, $1, 'unfinished')";
constexpr const char* kInsertTable =
    "insert into store_copy_tables (table_name, source_rows, copied_rows) values ($1, $2, 0)";
constexpr const char* kKeepOff = "insert into schema_migrations (number, name, digest) values ($1, $2, $3)";
constexpr const char* kLetIn = "delete from schema_migrations where number = $1";
constexpr const char* kFindCopy = "select source, state from store_copy where copy_id = 1";
constexpr const char* kFindTables = "select table_name, source_rows, copied_rows from store_copy_tables";
constexpr const char* kProgress =
    "update store_copy_tables set copied_rows = $1 where table_name = $2 and copied_rows = $3";
constexpr const char* kComplete = "update store_copy set state = 'complete' where copy_id = 1 and state = 'unfinished'";

}  // namespace

bool is_internal(const std::string& table) { return std::ranges::find(kInternal, table) != kInternal.end(); }

Result<std::optional<Marker>> find_marker(Place& target, const std::vector<Table>& tables) {
  if (std::ranges::find(tables, "store_copy", &Table::name) == tables.end()) return std::optional<Marker>();
  KARV_TRY(const auto copies, target.read(kFindCopy, {}));
  if (copies.size() != 1)
    return internal_error(ErrorCode::not_allowed,
                          "the target's table store_copy is not as a copy leaves it: make an "
                          "empty database and copy into that");
  Marker marker{.source = copies[0].text(0), .complete = copies[0].text(1) == "complete", .tables = {}};
  KARV_TRY(const auto lines, target.read(kFindTables, {}));
  for (const auto& line : lines)
    marker.tables[line.text(0)] = {.source_rows = line.integer(1), .copied_rows = line.integer(2)};
  return std::optional(std::move(marker));
}

Result<void> begin_marker(Place& target, const Marker& marker) {
  std::vector<Statement> statements{
      {.text = target.schema_words(kCreateCopy), .parameters = {}},
      {.text = target.schema_words(kCreateTables), .parameters = {}},
      {.text = kInsertCopy, .parameters = {marker.source}, .counted = true},
      {.text = kKeepOff, .parameters = {kUnfinishedCopy, "unfinished copy", Bytes{}}, .counted = true}};
  for (const auto& [name, progress] : marker.tables)
    statements.push_back({.text = kInsertTable, .parameters = {name, progress.source_rows}, .counted = true});
  return target.write(statements);
}

Statement progress(const std::string& table, std::int64_t from, std::int64_t to) {
  return {.text = kProgress, .parameters = {to, table, from}, .counted = true};
}

Result<void> finish_marker(Place& target) {
  return target.write({{.text = kComplete, .parameters = {}, .counted = true},
                       {.text = kLetIn, .parameters = {kUnfinishedCopy}, .counted = true}});
}

}  // namespace karv::store::copy
