// Where one side of one line keeps its rows: a file, or a schema, that nothing else uses and that is gone afterwards.
// What was opened is closed before the place ends.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench_support.h"
#include "engines/postgres_line.h"
#include "store/database.h"

namespace karv::bench {

struct Opening {
  int connections = 1;  // PostgreSQL
  std::function<void(const store::WriteReport&)> on_write = {};
};

class SqliteFile {
 public:
  SqliteFile() = default;
  // In memory: for what is not measured.
  explicit SqliteFile(const char* parent) : folder_(parent) {}
  std::string path() const { return folder_.file("karv.db"); }
  std::unique_ptr<store::Database> open(const Opening& opening) const;
  void filled() const {}

 private:
  Folder folder_;
};

// A schema of a database in which the karv user may make some.
class PostgresSchema {
 public:
  explicit PostgresSchema(std::string address);
  ~PostgresSchema();
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;
  const PostgresAddress& where() const { return here_; }
  std::unique_ptr<store::Database> open(const Opening& opening) const;
  // What the engine does by itself some time after many rows came is done now, rather than in the middle of a round:
  // statistics, without which it goes by plans for empty tables.
  void filled() const;

 private:
  const PostgresAddress here_;
};

}  // namespace karv::bench
