// A server's database as same_rows and grow read it: a connection that only reads, and the tables that every purchase
// writes. Not the server's own way to its store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "base/check.h"

namespace karv::bench {

// One snapshot, also while the server is up. Pre: the file is a database.
class Source {
 public:
  explicit Source(const std::string& path);
  ~Source() { sqlite3_close(db_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  template <class Take>
  void each(const std::string& text, Take take) {
    sqlite3_stmt* statement = nullptr;
    KARV_CHECK(sqlite3_prepare_v2(db_, text.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    int said = SQLITE_ROW;
    while ((said = sqlite3_step(statement)) == SQLITE_ROW) take(statement);
    KARV_CHECK(said == SQLITE_DONE);
    sqlite3_finalize(statement);
  }
  std::int64_t number(const std::string& text);
  std::vector<std::string> texts(const std::string& text);

 private:
  sqlite3* db_ = nullptr;
};

// A text or blob of the current row, which it does not outlive.
std::string_view bytes_of(sqlite3_stmt* row, int column);

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::size_t> key;  // columns of the primary key
};

// Passing things (queues) and settings have fewer rows than purchases.
std::vector<Table> tables_of_purchases(Source& source, std::int64_t purchases);
std::string insert_text(const Table& table);

}  // namespace karv::bench
