#include "transfers/bare_postgres.h"
#include "transfers/place.h"

namespace karv::bench {
namespace {

class PostgresPlace final : public Place {
 public:
  explicit PostgresPlace(const std::string& address) : schema_(address) {}
  std::unique_ptr<store::Database> open(const Opening& opening) override { return schema_.open(opening); }
  std::unique_ptr<Limit> open_limit(int writers, Depth depth) override {
    return std::make_unique<BarePostgres>(schema_.where(), writers, depth);
  }
  void filled() override {
    PostgresLine(schema_.where()).run("analyze ledger_accounts, ledger_balances, ledger_rollups");
  }

 private:
  PostgresSchema schema_;
};

}  // namespace

Engine postgres_engine(const std::string& address) {
  return {
      .name = "postgres", .make_place = [address] { return std::make_unique<PostgresPlace>(address); }, .writers = 4};
}

}  // namespace karv::bench
