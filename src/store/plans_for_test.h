// How the engine reaches the rows of a statement, asked of the engine itself. For the tests that prove that the payment
// path reaches every row by its key: what finds its rows by a key stays as fast in a table a thousand times as large,
// and is one node's business on an engine that spreads a table over many.
//
//   StatementLog log;
//   database.watch(log.watcher());
//   ...a purchase...
//   for (const auto& step : steps_of(database, log)) EXPECT_FALSE(step.scans) << step.statement;
//
// Source: sqlite.org/eqp.html; postgresql.org/docs/15/using-explain.html
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "store/temporary.h"

namespace karv::store {

// Every different statement that went through a database while it was watched.
class StatementLog {
 public:
  std::function<void(const Query&, bool)> watcher() {
    return [this](const Query& query, bool for_update) { texts_.emplace(query.sql.text(), for_update); };
  }
  const std::set<std::pair<std::string, bool>>& texts() const { return texts_; }

 private:
  std::set<std::pair<std::string, bool>> texts_;  // the text, and whether its rows are kept until the end
};

struct PlanStep {
  std::string statement;
  std::string words;   // of the engine
  std::string index;   // that it goes by; empty: the primary key, or another one that is unique
  bool scans = false;  // goes through all of a table or index
};

namespace plans_detail {

inline std::string word_after(std::string_view text, std::string_view before) {
  const auto at = text.find(before);
  if (at == std::string_view::npos) return {};
  const auto rest = text.substr(at + before.size());
  return std::string(rest.substr(0, rest.find_first_of(" (")));
}

class SqliteFile {
 public:
  explicit SqliteFile(const std::string& path) {
    KARV_CHECK(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  }
  ~SqliteFile() { sqlite3_close(db_); }
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;
  // The values of one column of every row.
  std::vector<std::string> column(const std::string& text, int column) {
    sqlite3_stmt* statement = nullptr;
    KARV_CHECK(sqlite3_prepare_v2(db_, text.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::vector<std::string> values;
    while (sqlite3_step(statement) == SQLITE_ROW)
      values.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)));
    sqlite3_finalize(statement);
    return values;
  }

 private:
  sqlite3* db_ = nullptr;
};

inline std::vector<PlanStep> sqlite_steps(const std::string& path, const StatementLog& log) {
  SqliteFile file(path);
  const auto unique = file.column(
      "select i.name from sqlite_master m join pragma_index_list(m.name) i where m.type = 'table' and i.\"unique\" = 1",
      0);
  const std::set<std::string> keys(unique.begin(), unique.end());
  std::vector<PlanStep> steps;
  for (const auto& [text, for_update] : log.texts())
    for (const auto& words : file.column("explain query plan " + text, 3)) {
      if (!words.starts_with("SEARCH") && (!words.starts_with("SCAN") || words.starts_with("SCAN CONSTANT"))) continue;
      const std::string index = word_after(words, "INDEX ");
      steps.push_back({.statement = text,
                       .words = words,
                       .index = keys.contains(index) ? "" : index,
                       .scans = words.starts_with("SCAN")});
    }
  return steps;
}

// What psql answers to a script, line by line.
inline std::vector<std::string> psql(const std::string& address, const std::string& script) {
  const std::string file = fmt::format("/tmp/karv-plans-{}.sql", ::getpid());
  std::ofstream(file) << script;
  const std::string command = fmt::format("psql -X -q -A -t -v ON_ERROR_STOP=1 -f {} -d '{}'", file, address);
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  KARV_CHECK(output != nullptr);
  std::vector<std::string> lines;
  std::string line;
  for (int c = std::fgetc(output.get()); c != EOF; c = std::fgetc(output.get())) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    lines.push_back(std::exchange(line, {}));
  }
  std::filesystem::remove(file);
  return lines;
}

// "null, null" for the parameters of a statement: each is there once.
inline std::string nulls_for(std::string_view text) {
  const auto count = static_cast<std::size_t>(std::ranges::count(text, '$'));
  std::string out;
  for (std::size_t n = 0; n < count; ++n) out += n == 0 ? "(null" : ", null";
  return out.empty() ? out : out + ")";
}

// A table of a test is so small that reading all of it is cheapest; so that has to be forbidden to see whether there is
// another way. The generic plan is the one that does not know the parameters.
inline constexpr std::string_view kNext = "next statement";
inline std::vector<PlanStep> postgres_steps(const std::string& address, const std::string& schema,
                                            const StatementLog& log) {
  const std::string settings = fmt::format("set search_path = {}; set enable_seqscan = off;\n", schema) +
                               "set plan_cache_mode = force_generic_plan;\n";
  const auto unique = psql(address, settings + "select indexrelid::regclass from pg_index where indisunique;");
  const std::set<std::string> keys(unique.begin(), unique.end());
  std::string script = settings;
  for (const auto& [text, for_update] : log.texts())
    script += fmt::format("\\echo {}\nprepare s as {}{};\nexplain (costs off) execute s{};\ndeallocate s;\n", kNext,
                          text, for_update ? " for update" : "", nulls_for(text));
  const auto lines = psql(address, script);
  std::vector<PlanStep> steps;
  auto text = log.texts().begin();
  bool first = true;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::string_view words = lines[at];
    if (words == kNext && !std::exchange(first, false)) ++text;
    const bool whole = words.find("Seq Scan on") != std::string_view::npos;
    std::string index = word_after(words, "Scan using ");
    if (index.empty()) index = word_after(words, "Bitmap Index Scan on ");
    if (!whole && index.empty()) continue;
    const bool entered = at + 1 < lines.size() && lines[at + 1].find("Index Cond") != std::string::npos;
    steps.push_back({.statement = text->first,
                     .words = std::string(words) + (entered ? lines[at + 1] : ""),
                     .index = keys.contains(index) ? "" : index,
                     .scans = whole || !entered});
  }
  KARV_CHECK(std::next(text) == log.texts().end());  // the script went through
  return steps;
}

}  // namespace plans_detail

// One for each time that a statement of the log enters a table.
inline std::vector<PlanStep> steps_of(const TemporaryDatabase& database, const StatementLog& log) {
  if (!testing_on_postgres()) return plans_detail::sqlite_steps(database.path(), log);
  return plans_detail::postgres_steps(postgres::ClusterForTest::shared().address(), database.schema(), log);
}

}  // namespace karv::store
