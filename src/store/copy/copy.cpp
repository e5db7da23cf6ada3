#include "store/copy/copy.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "store/copy/texts.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/postgres/address.h"

namespace karv::store {
namespace {

using base::ErrorCode;
using base::internal_error;
using copy::Place;
using copy::Table;

constexpr const char* kMigrations = "select number, name, digest from schema_migrations order by number";
constexpr std::string_view kFilePrefix = "sqlite:";

base::Error refusal(std::string what) { return internal_error(ErrorCode::not_allowed, std::move(what)); }

// In front of what an engine says: which of the two it is about.
base::Error about(std::string_view side, const base::Error& error) {
  return internal_error(error.code(), fmt::format("{}: {}", side, error.internal_text()));
}

// The same for one database however a path is written, and never with a secret in it.
Result<std::string> identity_of(const CopyEnd& end) {
  if (is_file(end.address)) {
    std::error_code unknown;
    const auto path = std::filesystem::canonical(end.address, unknown);
    return unknown ? end.address : path.string();
  }
  KARV_TRY(const auto keywords, postgres::read_address(end.address));
  return postgres::shown(keywords) + (end.schema.empty() ? "" : " " + end.schema);
}

Result<std::unique_ptr<Place>> open_place(const CopyEnd& end) {
  return is_file(end.address) ? copy::open_sqlite_place(end.address)
                              : copy::open_postgres_place(end.address, end.schema);
}

// The migrations that were applied, in words; both sides must say the same.
Result<std::string> schema_of(Place& place, const std::vector<Table>& tables) {
  const auto none = [] { return refusal("has no schema: bring it to this program's with `karv migrate up` first"); };
  if (std::ranges::find(tables, "schema_migrations", &Table::name) == tables.end()) return none();
  KARV_TRY(const auto rows, place.read(kMigrations, {}));
  std::string schema;
  for (const auto& row : rows)
    if (row.integer(0) != kUnfinishedCopy)
      schema += fmt::format("{} {} {}\n", row.integer(0), row.text(1), base::to_hex(row.bytes(2)));
  if (schema.empty()) return none();
  return schema;
}

bool is_unfinished(const Rows& rows) {
  return std::ranges::any_of(rows, [](const Row& row) { return row.integer(0) == kUnfinishedCopy; });
}

Result<void> check_tables(std::vector<Table> from, std::vector<Table> to) {
  const auto internal = [](const Table& table) { return copy::is_internal(table.name); };
  std::erase_if(from, internal);
  std::erase_if(to, internal);
  for (const auto& table : from) {
    if (table.key.empty())
      return refusal(fmt::format("table {} has no primary key: it is no table of Karv's; remove it", table.name));
    const auto found = std::ranges::find(to, table.name, &Table::name);
    if (found == to.end())
      return refusal(
          fmt::format("the target has no table {}, though the migrations are the same: if it is none of "
                      "Karv's, move it out of the source",
                      table.name));
    if (*found != table)
      return refusal(fmt::format("table {} has other columns or another key in the target", table.name));
  }
  for (const auto& table : to)
    if (std::ranges::find(from, table.name, &Table::name) == from.end())
      return refusal(
          fmt::format("the target has a table {} that the source has not: copy into a database that holds "
                      "nothing but Karv's tables",
                      table.name));
  return {};
}

// What is referred to before what refers to it.
Result<std::vector<Table>> in_order(std::vector<Table> tables) {
  std::erase_if(tables, [](const Table& table) { return copy::is_internal(table.name); });
  std::vector<Table> ordered;
  while (!tables.empty()) {
    const auto waits = [&](const Table& table) {
      return std::ranges::any_of(table.references, [&](const std::string& name) {
        return std::ranges::find(tables, name, &Table::name) != tables.end();
      });
    };
    const auto next = std::ranges::find_if_not(tables, waits);
    if (next == tables.end()) return refusal("the tables' foreign keys go in a circle, which a copy cannot follow");
    ordered.push_back(std::move(*next));
    tables.erase(next);
  }
  return ordered;
}

Result<std::int64_t> count(Place& place, const Table& table) {
  KARV_TRY(const auto rows, place.read(copy::count_text(table), {}));
  return rows.at(0).integer(0);
}

}  // namespace

std::string without_engine(const std::string& address) {
  return address.starts_with(kFilePrefix) ? address.substr(kFilePrefix.size()) : address;
}

Result<std::unique_ptr<Copy>> Copy::open(CopyOptions options) {
  KARV_REQUIRE(options.page_rows > 0);
  options.from.address = without_engine(options.from.address);
  options.to.address = without_engine(options.to.address);
  std::unique_ptr<Copy> made(new Copy(std::move(options)));
  KARV_TRY_VOID(made->open_places());
  KARV_TRY_VOID(made->find_tables());
  KARV_TRY_VOID(made->find_progress());
  return made;
}

Result<void> Copy::open_places() {
  KARV_TRY(marker_.source, identity_of(options_.from));
  KARV_TRY(const auto target, identity_of(options_.to));
  if (marker_.source == target)
    return internal_error(ErrorCode::bad_value, "source and target are the same database: name two");
  for (const bool source : {true, false}) {
    const char* side = source ? "the source" : "the target";
    auto place = open_place(source ? options_.from : options_.to);
    if (!place.ok()) return about(side, place.error());
    (source ? from_ : to_) = std::move(place).value();
  }
  return from_->begin_snapshot();
}

Result<void> Copy::find_tables() {
  KARV_TRY(auto source, from_->tables());
  KARV_TRY(auto target, to_->tables());
  const auto schema = schema_of(*from_, source);
  if (!schema.ok()) return about("the source", schema.error());
  const auto wanted = schema_of(*to_, target);
  if (!wanted.ok()) return about("the target", wanted.error());
  if (*schema != *wanted)
    return refusal(
        "source and target have different schemas: bring both to the same version, each with `karv migrate up` "
        "of the program that will run");
  KARV_TRY(const auto migrations, from_->read(kMigrations, {}));
  if (is_unfinished(migrations)) return refusal("the source is itself a copy that was broken off: finish that first");
  KARV_TRY_VOID(check_tables(source, target));
  KARV_TRY(auto earlier, copy::find_marker(*to_, target));
  resumes_ = earlier.has_value();
  if (earlier) {
    if (earlier->source != marker_.source)
      return refusal(fmt::format("the target holds a copy of {}, not of {}: copy into an empty database",
                                 earlier->source, marker_.source));
    marker_ = *std::move(earlier);
  }
  KARV_TRY(tables_, in_order(std::move(source)));
  return {};
}

Result<void> Copy::find_progress() {
  if (marker_.complete) return {};
  std::map<std::string, std::int64_t> counts;
  for (const auto& table : tables_) {
    KARV_TRY(counts[table.name], count(*from_, table));
  }
  if (!resumes_) {
    for (const auto& table : tables_) {
      KARV_TRY(const auto rows, to_->read(copy::any_text(table), {}));
      if (!rows.empty())
        return refusal(
            fmt::format("the target is not empty: table {} has rows. Make a new database, bring it to this "
                        "program's schema, and copy into that",
                        table.name));
      marker_.tables[table.name] = {.source_rows = counts[table.name], .copied_rows = 0};
    }
    return copy::begin_marker(*to_, marker_);
  }
  for (const auto& table : tables_) {
    const auto& progress = marker_.tables[table.name];
    if (counts[table.name] != progress.source_rows)
      return refusal(
          fmt::format("the source has changed since this copy began (table {} had {} rows, and has {}): "
                      "copy into a new, empty database",
                      table.name, progress.source_rows, counts[table.name]));
    KARV_TRY(const auto there, count(*to_, table));
    if (there != progress.copied_rows)
      return refusal(
          fmt::format("somebody else wrote to the target's table {}: copy into a new, empty database", table.name));
  }
  return {};
}

bool Copy::has_table(std::string_view name) const {
  return std::ranges::find(tables_, name, &Table::name) != tables_.end();
}

Result<void> Copy::run() {
  rows_before_ = 0;
  for (const auto& table : tables_) {
    if (const auto done = copy_table(table); !done.ok()) return about("table " + table.name, done.error());
    rows_before_ += marker_.tables.at(table.name).source_rows;
  }
  return {};
}

Result<void> Copy::copy_table(const Table& table) {
  const auto& progress = marker_.tables.at(table.name);
  std::vector<Value> after;
  if (progress.copied_rows > 0) {
    KARV_TRY(const auto last, to_->read(copy::last_key_text(*to_, table), {}));
    after = copy::key_of(table, last.at(0));
  }
  while (progress.copied_rows < progress.source_rows) {
    KARV_TRY(const auto rows, copy_page(table, after));
    if (rows == 0) return refusal("the source has fewer rows than it had: copy into a new, empty database");
    tell(CopyProgress::Step::copying, table, progress.copied_rows);
  }
  return {};
}

Result<std::int64_t> Copy::copy_page(const Table& table, std::vector<Value>& after) {
  KARV_TRY(const auto rows, from_->read(copy::page_text(*from_, table, !after.empty(), options_.page_rows), after));
  if (rows.empty()) return 0;
  const std::string insert = copy::insert_text(table);
  std::vector<copy::Statement> statements;
  statements.reserve(rows.size() + 1);
  for (const auto& row : rows) statements.push_back({.text = insert, .parameters = copy::values_of(table, row)});
  auto& copied = marker_.tables.at(table.name).copied_rows;
  const auto now = copied + static_cast<std::int64_t>(rows.size());
  statements.push_back(copy::progress(table.name, copied, now));
  KARV_TRY_VOID(to_->write(statements));
  copied = now;
  after = copy::key_of(table, rows.back());
  return static_cast<std::int64_t>(rows.size());
}

Result<CopiedTable> Copy::read_through(Place& place, const Table& table) {
  CopiedTable seen{.name = table.name, .rows = 0, .digest = {}};
  copy::RowDigest digest;
  std::vector<Value> after;
  for (;;) {
    KARV_TRY(const auto rows, place.read(copy::page_text(place, table, !after.empty(), options_.page_rows), after));
    if (rows.empty()) break;
    digest.add(table, rows);
    seen.rows += static_cast<std::int64_t>(rows.size());
    after = copy::key_of(table, rows.back());
    tell(CopyProgress::Step::comparing, table, seen.rows);
  }
  seen.digest = digest.value();
  return seen;
}

Result<std::vector<CopiedTable>> Copy::compare() {
  rows_before_ = 0;
  std::vector<CopiedTable> all;
  for (const auto& table : tables_) {
    KARV_TRY(const auto source, read_through(*from_, table));
    KARV_TRY(auto target, read_through(*to_, table));
    if (source.rows != target.rows || source.digest != target.digest)
      return refusal(
          fmt::format("table {} is not the same on both sides ({} rows and {}): the source has changed since "
                      "this copy began. Copy into a new, empty database",
                      table.name, source.rows, target.rows));
    rows_before_ += target.rows;
    all.push_back(std::move(target));
  }
  return all;
}

Result<void> Copy::finish() {
  KARV_TRY_VOID(copy::finish_marker(*to_));
  marker_.complete = true;
  return {};
}

void Copy::tell(CopyProgress::Step step, const Table& table, std::int64_t table_rows) const {
  if (!options_.on_progress) return;
  std::int64_t total = 0;
  for (const auto& [name, progress] : marker_.tables) total += progress.source_rows;
  options_.on_progress({.step = step,
                        .table = table.name,
                        .table_rows = table_rows,
                        .table_total = marker_.tables.at(table.name).source_rows,
                        .rows = rows_before_ + table_rows,
                        .total = total});
}

}  // namespace karv::store
