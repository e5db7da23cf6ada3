#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

#include "store/postgres/postgres.h"
#include "transfers/bare_postgres.h"
#include "transfers/must.h"
#include "transfers/place.h"

namespace karv::bench {
namespace {

std::string next_schema() {
  static std::atomic<int> made = 0;
  return fmt::format("ledger_bench_{}_{}", ::getpid(), ++made);
}

class PostgresPlace final : public Place {
 public:
  explicit PostgresPlace(std::string address) : here_{.address = std::move(address), .schema = next_schema()} {
    PostgresLine({.address = here_.address, .schema = {}}).run("create schema " + here_.schema);
  }
  ~PostgresPlace() override {
    PostgresLine line(here_);
    line.run("set client_min_messages = error");  // else it lists the tables that go
    line.run(fmt::format("drop schema {} cascade", here_.schema));
  }
  std::unique_ptr<store::Database> open(const Opening& opening) override {
    return must(store::open_postgres({.address = here_.address,
                                      .connections = opening.connections,
                                      .schema = here_.schema,
                                      .on_write = opening.on_write}));
  }
  std::unique_ptr<Limit> open_limit(int writers, Depth depth) override {
    return std::make_unique<BarePostgres>(here_, writers, depth);
  }
  void filled() override { PostgresLine(here_).run("analyze ledger_accounts, ledger_balances, ledger_rollups"); }

 private:
  const PostgresAddress here_;
};

}  // namespace

Engine postgres_engine(const std::string& address) {
  return {
      .name = "postgres", .make_place = [address] { return std::make_unique<PostgresPlace>(address); }, .writers = 4};
}

}  // namespace karv::bench
