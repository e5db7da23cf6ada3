// Transfers per second through the ledger's batch call into one hot merchant, against bare inserts of the same rows.
//
//   ledger_bench [transfers per call] [seconds]
#include <fmt/format.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "bench_support.h"
#include "ledger/service.h"
#include "store/migrate.h"
#include "store/sqlite/dialect.h"
#include "store/sqlite/sqlite.h"

namespace karv::bench {
namespace {

using namespace ledger;

constexpr int kCustomers = 10'000;
constexpr auto kEur = money::Currency::of("EUR");
constexpr std::string_view kInsert =
    "insert into ledger_transfers (transfer_id, step, kind, debit_account, credit_account, derived_debit,"
    " derived_credit, amount_minor, pending_minor, currency, pending_id, group_id, reference, business_time)"
    " values ($1, 'posted', 'bench', $2, $3, null, $3, 100, 0, 'EUR', null, null, null, 1)";

struct Measured {
  double per_second = 0;
  double cpu_us = 0;  // processor time per transfer
};

struct World {
  base::SystemClock clock;
  base::SystemRandom random;
  Account merchant = account(NormalSide::credit, BalanceMode::derived);
  std::vector<Account> customers = make_customers();

  Account account(NormalSide side, BalanceMode mode) {
    return {.id = base::make_id<AccountTag>(clock, random),
            .kind = "bench",
            .owner = "",
            .currency = kEur,
            .normal_side = side,
            .balance_mode = mode};
  }
  std::vector<Account> make_customers() {
    std::vector<Account> all;
    for (int i = 0; i < kCustomers; ++i) all.push_back(account(NormalSide::debit, BalanceMode::kept));
    return all;
  }
  std::vector<TransferSpec> draw(int count) {
    std::vector<TransferSpec> specs;
    for (int i = 0; i < count; ++i)
      specs.push_back({.id = base::make_id<TransferTag>(clock, random),
                       .step = Step::posted,
                       .kind = "bench",
                       .debit = customers[random.below(kCustomers)].id,
                       .credit = merchant.id,
                       .amount = money::Money{100, kEur},
                       .pending_id = std::nullopt,
                       .group = std::nullopt,
                       .reference = std::nullopt,
                       .business_time = {1}});
    return specs;
  }
};

Measured measure_ledger(int batch, double seconds) {
  const Folder folder;
  auto opened = store::open_sqlite({.path = folder.file("karv.db")});
  KARV_CHECK(opened.ok());
  store::Database& db = **opened;
  KARV_CHECK(store::migrate(db, ledger::migrations()).ok());
  World world;
  KARV_CHECK(db.write<void>("fill", [&](store::Tx& tx) -> base::Result<void> {
                 open_account(tx, world.merchant);
                 for (const auto& customer : world.customers) open_account(tx, customer);
                 return {};
               }).ok());
  std::int64_t done = 0;
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  for (; seconds_since(start) < seconds; done += batch) {
    const auto specs = world.draw(batch);
    KARV_CHECK(db.write<void>("post", [&](store::Tx& tx) { return post(tx, specs); }).ok());
  }
  return {.per_second = static_cast<double>(done) / seconds_since(start),
          .cpu_us = (cpu_seconds() - cpu) * 1e6 / static_cast<double>(done)};
}

Measured measure_bare(int batch, double seconds) {
  const Folder folder;
  Bare bare(folder.file("bare.db"));
  for (const auto& migration : ledger::migrations())
    for (const auto statement : migration.statements) bare.run(store::sqlite::to_sqlite_schema(statement));
  World world;
  auto* insert = bare.prepare(kInsert);
  std::int64_t done = 0;
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  for (; seconds_since(start) < seconds; done += batch) {
    const auto specs = world.draw(batch);
    bare.run("begin immediate");
    for (const auto& spec : specs) {
      sqlite3_bind_blob(insert, 1, spec.id.view().data(), 16, SQLITE_STATIC);
      sqlite3_bind_blob(insert, 2, spec.debit.view().data(), 16, SQLITE_STATIC);
      sqlite3_bind_blob(insert, 3, spec.credit.view().data(), 16, SQLITE_STATIC);
      KARV_CHECK(sqlite3_step(insert) == SQLITE_DONE);
      sqlite3_reset(insert);
    }
    bare.run("commit");
  }
  return {.per_second = static_cast<double>(done) / seconds_since(start),
          .cpu_us = (cpu_seconds() - cpu) * 1e6 / static_cast<double>(done)};
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  using namespace karv::bench;
  const int batch = argc > 1 ? std::atoi(argv[1]) : 1000;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
  const Measured ours = measure_ledger(batch, seconds);
  const Measured bare = measure_bare(batch, seconds);
  fmt::print("ledger, {} transfers per call: {:.0f} transfers/s into one hot merchant, {:.1f} us of CPU each\n", batch,
             ours.per_second, ours.cpu_us);
  fmt::print("bare SQLite inserts of the same rows: {:.0f}/s, {:.1f} us of CPU each\n", bare.per_second, bare.cpu_us);
  fmt::print("ratio by time {:.2f} (goal 0.5, and 40,000/s; means nothing on a busy machine), by CPU {:.2f}\n",
             ours.per_second / bare.per_second, bare.cpu_us / ours.cpu_us);
}
