#include "engines/stores.h"

#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

#include "engines/must.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"

namespace karv::bench {
namespace {

std::string next_schema() {
  static std::atomic<int> made = 0;
  return fmt::format("bench_{}_{}", ::getpid(), ++made);
}

}  // namespace

std::unique_ptr<store::Database> SqliteFile::open(const Opening& opening) const {
  return must(store::open_sqlite({.path = path(), .on_write = opening.on_write}));
}

PostgresSchema::PostgresSchema(std::string address) : here_{.address = std::move(address), .schema = next_schema()} {
  PostgresLine({.address = here_.address, .schema = {}}).run("create schema " + here_.schema);
}

PostgresSchema::~PostgresSchema() {
  PostgresLine line(here_);
  line.run("set client_min_messages = error");  // else it lists the tables that go
  line.run(fmt::format("drop schema {} cascade", here_.schema));
}

void PostgresSchema::filled() const { PostgresLine(here_).run("analyze"); }

std::unique_ptr<store::Database> PostgresSchema::open(const Opening& opening) const {
  return must(store::open_postgres({.address = here_.address,
                                    .connections = opening.connections,
                                    .schema = here_.schema,
                                    .on_write = opening.on_write}));
}

}  // namespace karv::bench
