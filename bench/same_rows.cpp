// The limit that purchases are held against: the rows that real purchases left in the server's database, written again
// into an empty database of the same schema by a bare SQLite loop, in as many commits as the server made.
//
//   same_rows --database server.db --purchases 5000 --commits 1300
//
// A row is inserted as it is at the end and then updated as often as its version says (ledger balances: as often as
// transfers touched them); such an update rewrites the row but moves no index entry. What the mail queue and the audit
// chain's waiting list write and remove again is left out. So the limit is on the fast side, never on the slow one.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench_support.h"
#include "source.h"

namespace karv::bench {
namespace {

struct ValueFree {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using Value = std::unique_ptr<sqlite3_value, ValueFree>;
using Row = std::vector<Value>;

// A table, and what is written into it.
struct Written {
  Table table;
  std::vector<Row> rows;     // in key order: time order, since ids are
  std::string touched;       // the column an update writes; empty: never updated
  std::vector<int> updates;  // per row
};

void read_rows(Source& source, Written& written) {
  source.each("select * from " + written.table.name, [&](sqlite3_stmt* found) {
    Row row;
    for (int i = 0; i < sqlite3_column_count(found); ++i)
      row.emplace_back(sqlite3_value_dup(sqlite3_column_value(found, i)));
    written.rows.push_back(std::move(row));
  });
}

void read_updates(Source& source, Written& written) {
  const auto& columns = written.table.columns;
  const auto version = std::ranges::find(columns, "version");
  if (version != columns.end()) {
    written.touched = *version;
    const auto at = static_cast<std::size_t>(version - columns.begin());
    const auto value = [&](const Row& row) { return sqlite3_value_int(row[at].get()); };
    for (const auto& row : written.rows)
      written.updates.push_back(std::max(0, value(row) - 1));  // versions begin with 1
  } else if (written.table.name == "ledger_balances") {
    written.touched = "debits_posted";
    const auto touches = [&](const char* side) {
      return source.number(fmt::format(
          "select count(*) from ledger_transfers t join ledger_balances b on b.account_id = t.{}_account", side));
    };
    const auto each = (touches("debit") + touches("credit")) / std::max<std::int64_t>(1, std::ssize(written.rows));
    written.updates.assign(written.rows.size(), static_cast<int>(each));
  } else {
    written.updates.assign(written.rows.size(), 0);
  }
}

std::vector<Written> read_tables(Source& source, std::int64_t purchases) {
  std::vector<Written> all;
  for (auto& table : tables_of_purchases(source, purchases)) {
    Written written{.table = std::move(table), .rows = {}, .touched = {}, .updates = {}};
    read_rows(source, written);
    read_updates(source, written);
    all.push_back(std::move(written));
  }
  return all;
}

struct Operation {
  sqlite3_stmt* statement;
  const Row* row;
  std::vector<std::size_t> binds;  // which values of the row
};

struct Plan {
  std::vector<Operation> operations;  // purchase by purchase
  std::int64_t inserts = 0, updates = 0, bytes = 0;
};

std::string update_text(const Written& written) {
  const auto& table = written.table;
  std::string where;
  for (const auto at : table.key) where += fmt::format("{}{} = ?", where.empty() ? "" : " and ", table.columns[at]);
  return fmt::format("update {} set {} = ? where {}", table.name, written.touched, where);
}

Plan make_plan(Bare& bare, const std::vector<Written>& tables, std::int64_t purchases) {
  struct Statements {
    sqlite3_stmt *insert, *update;
    std::vector<std::size_t> insert_binds, update_binds;
  };
  std::vector<Statements> statements;
  for (const auto& written : tables) {
    const auto& columns = written.table.columns;
    Statements s{
        .insert = bare.prepare(insert_text(written.table)), .update = nullptr, .insert_binds = {}, .update_binds = {}};
    for (std::size_t i = 0; i < columns.size(); ++i) s.insert_binds.push_back(i);
    if (!written.touched.empty()) {
      s.update = bare.prepare(update_text(written));
      s.update_binds.push_back(static_cast<std::size_t>(std::ranges::find(columns, written.touched) - columns.begin()));
      s.update_binds.insert(s.update_binds.end(), written.table.key.begin(), written.table.key.end());
    }
    statements.push_back(std::move(s));
  }
  Plan plan;
  for (std::int64_t purchase = 0; purchase < purchases; ++purchase)
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const auto count = std::ssize(tables[t].rows);
      for (auto at = count * purchase / purchases; at < count * (purchase + 1) / purchases; ++at) {
        const auto& row = tables[t].rows[static_cast<std::size_t>(at)];
        const int updates = tables[t].updates[static_cast<std::size_t>(at)];
        plan.operations.push_back({statements[t].insert, &row, statements[t].insert_binds});
        for (int i = 0; i < updates; ++i)
          plan.operations.push_back({statements[t].update, &row, statements[t].update_binds});
        ++plan.inserts;
        plan.updates += updates;
        for (const auto& value : row) plan.bytes += std::max(8, sqlite3_value_bytes(value.get()));
      }
    }
  return plan;
}

void step(sqlite3_stmt* statement) {
  KARV_CHECK(sqlite3_step(statement) == SQLITE_DONE);
  sqlite3_reset(statement);
}

// Seconds for all operations in that many commits.
double write_all(Bare& bare, const Plan& plan, std::int64_t commits) {
  auto* const begin = bare.prepare("begin immediate");
  auto* const commit = bare.prepare("commit");
  const auto total = std::ssize(plan.operations);
  const auto start = Clock::now();
  step(begin);
  for (std::int64_t done = 0; done < total; ++done) {
    const auto& operation = plan.operations[static_cast<std::size_t>(done)];
    int position = 0;
    for (const auto at : operation.binds)
      sqlite3_bind_value(operation.statement, ++position, (*operation.row)[at].get());
    step(operation.statement);
    const bool due = done * commits / total != (done + 1) * commits / total;
    if (due && done + 1 < total) {
      step(commit);
      step(begin);
    }
  }
  step(commit);
  return seconds_since(start);
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  using namespace karv::bench;
  CLI::App app("Writes the rows of real purchases again, with nothing but SQLite");
  std::string path;
  std::int64_t purchases = 0;
  std::int64_t commits = 0;
  app.add_option("--database", path)->required()->check(CLI::ExistingFile);
  app.add_option("--purchases", purchases)->required()->check(CLI::PositiveNumber);
  app.add_option("--commits", commits)->required()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  Source source(path);
  const auto tables = read_tables(source, purchases);
  const Folder folder;
  Bare bare(folder.file("bare.db"));
  for (const char* kind : {"table", "index"})
    for (const auto& text : source.texts(fmt::format(
             "select sql from sqlite_master where type = '{}' and sql is not null and name not glob 'sqlite_*'", kind)))
      bare.run(text);
  const Plan plan = make_plan(bare, tables, purchases);
  const double seconds = write_all(bare, plan, commits);
  const auto each = [&](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(purchases); };
  fmt::print(R"({{"purchases":{},"seconds":{:.4f},"per_second":{:.2f},"inserts_each":{:.2f},"updates_each":{:.2f},)"
             R"("bytes_each":{:.0f},"commits":{}}})"
             "\n",
             purchases, seconds, static_cast<double>(purchases) / seconds, each(plan.inserts), each(plan.updates),
             each(plan.bytes), commits);
  return 0;
}
