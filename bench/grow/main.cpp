// Makes the database of a server large in the way in which purchases would have: copies of the rows of real purchases
// are put before them, each earlier than the one before and with ids of its own, so that everything that refers to
// another row still does.
//
//   grow --base base.db --into server.db --first-copy 1 --copies 99
//
// The server is stopped; server.db is a copy of base.db, or one that was grown from it and perhaps used since. Copies
// are numbered: the next run begins with 100. They hold the tables that every purchase writes, but not what waits to be
// sent or was (outbox) and not the audit records, whose chain no copy can continue. Sealed values are copied as they
// are, so nobody can open those of a copy. Broken off, server.db is to be thrown away.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "bench_support.h"
#include "grow/books.h"
#include "grow/identities.h"
#include "grow/mapping.h"
#include "grow/stencil.h"
#include "grow/target.h"
#include "source.h"

namespace karv::bench {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

// What grows with purchases and is not copied, and what is not theirs however few they are.
constexpr std::array<std::string_view, 16> kLeftAlone{"audit_chain",    "audit_records",          "audit_waiting",
                                                      "business_clock", "ledger_rollups",         "ledger_tail",
                                                      "mail_keys",      "merchant_credentials",   "merchants",
                                                      "outbox",         "schema_migration_times", "schema_migrations",
                                                      "scheduler_jobs", "store_copy_tables",      "store_copy",
                                                      "store_attempts"};
// Copies do not overlap, and neither do those of a base that was made in an instant.
constexpr std::int64_t kLeastShift = 20'000;

struct Arguments {
  std::string base, into;
  std::int64_t first_copy = 1;
  std::int64_t copies = 0;
  std::int64_t last_copy() const { return first_copy + copies - 1; }
};

// What a copy is made of.
struct Template {
  std::string schema;
  std::int64_t purchases = 0;
  std::int64_t shift_ms = 0;
  std::string first_order;  // its id
  std::vector<Stencil> stencils;
  std::vector<SharedAccount> accounts;
  std::int64_t rows() const {
    std::int64_t sum = 0;
    for (const auto& stencil : stencils) sum += stencil.rows();
    return sum;
  }
};

Result<> check_database(const std::string& path, int mode) {
  const auto no = [&](std::string_view why) { return internal_error(ErrorCode::bad_value, path + std::string(why)); };
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return no(" is no file");
  sqlite3* db = nullptr;
  const bool opened =
      sqlite3_open_v2(path.c_str(), &db, mode, nullptr) == SQLITE_OK &&
      sqlite3_exec(db, "select number from schema_migrations limit 1", nullptr, nullptr, nullptr) == SQLITE_OK &&
      sqlite3_exec(db, "select order_id from orders limit 1", nullptr, nullptr, nullptr) == SQLITE_OK;
  const int code = sqlite3_errcode(db) & 0xff;
  sqlite3_close(db);
  if (code == SQLITE_BUSY) return no(" is in use: stop the server first");
  if (!opened) return no(" is not the database of a karv-server");
  return {};
}

Result<> check(const Arguments& a) {
  KARV_TRY_VOID(check_database(a.base, SQLITE_OPEN_READONLY));
  KARV_TRY_VOID(check_database(a.into, SQLITE_OPEN_READWRITE));
  std::error_code failed;
  if (std::filesystem::equivalent(a.base, a.into, failed))
    return internal_error(ErrorCode::bad_value, "--base and --into are the same file: copy it first");
  return {};
}

Result<Template> read_template(const Arguments& a) {
  Source source(a.base);
  Template out;
  source.each(std::string(kSchemaVersion), [&](sqlite3_stmt* row) { out.schema = bytes_of(row, 0); });
  out.purchases = source.number("select count(*) from orders");
  if (out.purchases == 0) return internal_error(ErrorCode::bad_value, a.base + " has no orders to copy");
  source.each("select min(order_id) from orders", [&](sqlite3_stmt* row) { out.first_order = bytes_of(row, 0); });
  auto tables = tables_of_purchases(source, out.purchases);
  std::erase_if(tables,
                [](const Table& table) { return std::ranges::find(kLeftAlone, table.name) != kLeftAlone.end(); });
  const Identities identities(source, tables, out.purchases);
  for (const auto& table : tables) {
    const bool accounts = table.name == "ledger_accounts";
    out.stencils.emplace_back(source, table, accounts ? "balance_mode = 'kept'" : "", identities);
  }
  out.accounts = read_shared_accounts(source);
  out.shift_ms = std::max(kLeastShift, identities.last_ms() - identities.first_ms() + 1000);
  if (!is_moment(identities.first_ms() - a.last_copy() * out.shift_ms))
    return internal_error(ErrorCode::bad_value,
                          fmt::format("copy {} would lie too far in the past: a copy is {} s before the next",
                                      a.last_copy(), out.shift_ms / 1000));
  return out;
}

std::string order_of(const Template& made, std::int64_t copy) {
  base::Uuid id;
  KARV_CHECK(made.first_order.size() == id.size());
  std::ranges::copy(made.first_order, id.begin());
  const auto mapped = Mapping(copy, made.shift_ms).id(id);
  return {mapped.begin(), mapped.end()};
}

// A copy takes no more than its base, which holds more tables.
Result<> check_space(const Arguments& a) {
  std::error_code failed;
  const auto needed = std::filesystem::file_size(a.base, failed) * static_cast<std::uintmax_t>(a.copies);
  const auto space = std::filesystem::space(a.into, failed);
  if (failed || space.available > needed) return {};
  return internal_error(ErrorCode::storage_full,
                        fmt::format("{} copies may take {} MB, and {} MB are free beside {}", a.copies,
                                    needed / 1'000'000, space.available / 1'000'000, a.into));
}

// Before the first row is written: most wrong calls are found here.
Result<> check_place(Target& target, const Arguments& a, const Template& made) {
  if (target.schema() != made.schema)
    return internal_error(ErrorCode::bad_value,
                          fmt::format("{} and {} were made by different versions of Karv", a.base, a.into));
  if (!target.has_order(made.first_order))
    return internal_error(ErrorCode::bad_value, fmt::format("{} does not descend from {}", a.into, a.base));
  for (auto copy = a.first_copy; copy <= a.last_copy(); ++copy)
    if (target.has_order(order_of(made, copy)))
      return internal_error(ErrorCode::conflict, fmt::format("{} holds copy {} already", a.into, copy));
  return {};
}

class Progress {
 public:
  explicit Progress(const Arguments& a) : copies_(a.copies) {}
  void say(std::int64_t done, std::int64_t rows) {
    if (seconds_since(last_) < 2) return;
    last_ = Clock::now();
    fmt::print(stderr, "grow: {} of {} copies, {} rows, {:.0f} s\n", done, copies_, rows, seconds_since(begin_));
  }

 private:
  std::int64_t copies_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

// The oldest first: indexes that begin with a time grow in their order.
Result<std::int64_t> fill(Target& target, const Arguments& a, const Template& made) {
  Progress progress(a);
  std::int64_t rows = 0;
  for (auto copy = a.last_copy(); copy >= a.first_copy; --copy) {
    KARV_TRY_VOID(target.add_copy(made.stencils, made.accounts, Mapping(copy, made.shift_ms)));
    rows += made.rows();
    progress.say(a.last_copy() - copy + 1, rows);
  }
  return rows;
}

Result<> grow(const Arguments& a) {
  const auto begin = Clock::now();
  KARV_TRY_VOID(check(a));
  KARV_TRY_VOID(check_space(a));
  KARV_TRY(const auto made, read_template(a));
  KARV_TRY(const auto target, Target::open(a.into));
  KARV_TRY_VOID(check_place(*target, a, made));
  KARV_TRY(const auto rows, fill(*target, a, made));
  const auto orders = target->count_orders();
  KARV_TRY(const auto bytes, target->finish());
  fmt::print(R"({{"orders":{},"rows":{},"seconds":{:.3f},"bytes":{}}})"
             "\n",
             orders, rows, seconds_since(begin), bytes);
  return {};
}

void declare(CLI::App& app, Arguments& a) {
  app.add_option("--base", a.base, "a stopped server's database after some purchases")->required();
  app.add_option("--into", a.into, "a copy of it, or what has grown from one")->required();
  app.add_option("--first-copy", a.first_copy, "its number")->required()->check(CLI::Range(1, 1'000'000));
  app.add_option("--copies", a.copies)->required()->check(CLI::Range(1, 1'000'000));
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  CLI::App app("Makes a server's database large with copies of the purchases in it");
  karv::bench::Arguments arguments;
  karv::bench::declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto grown = karv::bench::grow(arguments);
  if (grown.ok()) return 0;
  fmt::print(stderr, "grow: {}\n", grown.error().internal_text());
  return 2;
}
