// Transfers per second through the ledger's batch call, against bare inserts of the same rows with the same batching.
//
//   ledger_bench [--seconds 2] [--rounds 5] [--json file] [--only hot:256]
//
// For each shape and batch, rounds in turn: ours, the inserts alone, the inserts and the updates of kept balances. What
// is measured is the call and its commit; the transfers are made up before. Each side keeps its database over its
// rounds. Another engine is another Engine in engines(): how to open a store::Database, and its bare connection.
#include "ledger_bench.h"

#include <array>
#include <functional>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "bench_support.h"
#include "ledger/account_cache.h"
#include "ledger/service.h"
#include "store/migrate.h"
#include "store/sqlite/dialect.h"
#include "store/sqlite/sqlite.h"

namespace karv::bench {
namespace {

using namespace ledger;

constexpr auto kEur = money::Currency::of("EUR");

// What is written, without the ledger: made up before the clock runs.
struct Batch {
  std::vector<TransferSpec> transfers;
  bool tail = false;                             // one entry for the merchant
  std::vector<std::pair<AccountId, Sums>> kept;  // what the balances become
};

// The bare connection of an engine.
class Limit {
 public:
  virtual ~Limit() = default;
  virtual void open(const std::vector<Account>& accounts) = 0;
  virtual void write(const Batch& batch, bool updates) = 0;
};

struct Engine {
  std::string name;
  std::function<std::unique_ptr<store::Database>(const Folder&)> open;
  std::function<std::unique_ptr<Limit>(const Folder&)> open_limit;
};

struct Shape {
  std::string name;
  int kept_accounts;
  bool hot;  // every transfer credits one merchant whose balance is derived
};

class World {
 public:
  explicit World(const Shape& shape) : shape_(shape) {
    accounts_.push_back(account(NormalSide::credit, BalanceMode::derived));
    for (int i = 0; i < shape.kept_accounts; ++i) accounts_.push_back(account(NormalSide::debit, BalanceMode::kept));
  }
  const std::vector<Account>& accounts() const { return accounts_; }

  Batch draw(int count) {
    Batch batch{.transfers = {}, .tail = shape_.hot, .kept = {}};
    std::map<AccountId, Sums*> touched;
    for (int i = 0; i < count; ++i) {
      const auto& debit = any();
      const Account* credit = accounts_.data();
      while (!shape_.hot && (credit == accounts_.data() || credit->id == debit.id)) credit = &any();
      batch.transfers.push_back({.id = base::make_id<TransferTag>(clock_, random_),
                                 .step = Step::posted,
                                 .kind = "order_captured",
                                 .debit = debit.id,
                                 .credit = credit->id,
                                 .amount = money::Money{100, kEur},
                                 .pending_id = std::nullopt,
                                 .group = std::nullopt,
                                 .reference = std::nullopt,
                                 .business_time = {1'795'000'000'000}});
      touched[debit.id] = &sums_[debit.id];
      touched[debit.id]->debits_posted += 100;
      if (shape_.hot) continue;
      touched[credit->id] = &sums_[credit->id];
      touched[credit->id]->credits_posted += 100;
    }
    for (const auto& [id, sums] : touched) batch.kept.emplace_back(id, *sums);
    return batch;
  }

 private:
  Account account(NormalSide side, BalanceMode mode) {
    return {.id = base::make_id<AccountTag>(clock_, random_),
            .kind = "customer_receivable",
            .owner = "0198c5a0-0000-7000-8000-000000000000",
            .currency = kEur,
            .normal_side = side,
            .balance_mode = mode};
  }
  const Account& any() { return accounts_[1 + random_.below(static_cast<std::uint64_t>(shape_.kept_accounts))]; }

  Shape shape_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  std::vector<Account> accounts_;  // the merchant, then the kept ones
  std::unordered_map<AccountId, Sums> sums_;
};

class BareSqlite final : public Limit {
 public:
  explicit BareSqlite(const Folder& folder) : bare_(folder.file("bare.db")) {
    for (const auto& migration : ledger::migrations())
      for (const auto statement : migration.statements) bare_.run(store::sqlite::to_sqlite_schema(statement));
    begin_ = bare_.prepare("begin immediate");
    commit_ = bare_.prepare("commit");
    transfer_ = bare_.prepare(
        "insert into ledger_transfers (transfer_id, step, kind, debit_account, credit_account, amount_minor,"
        " pending_minor, currency, pending_id, group_id, reference, business_time)"
        " values ($1, 'posted', $2, $3, $4, $5, 0, 'EUR', null, null, null, $6)");
    tail_ = bare_.prepare("insert into ledger_tail values ($1, $2, 0, $3, 0, 0)");
    balance_ = bare_.prepare(
        "update ledger_balances set debits_posted = $1, credits_posted = $2, debits_pending = $3,"
        " credits_pending = $4 where account_id = $5");
  }
  void open(const std::vector<Account>& accounts) override {
    auto* open = bare_.prepare("insert into ledger_balances values ($1, 0, 0, 0, 0)");
    step(begin_);
    for (const auto& account : accounts) {
      if (account.balance_mode == BalanceMode::derived) continue;
      bind(open, 1, account.id);
      step(open);
    }
    step(commit_);
  }
  void write(const Batch& batch, bool updates) override {
    step(begin_);
    for (const auto& transfer : batch.transfers) {
      bind(transfer_, 1, transfer.id);
      sqlite3_bind_text(transfer_, 2, transfer.kind.data(), static_cast<int>(transfer.kind.size()), SQLITE_STATIC);
      bind(transfer_, 3, transfer.debit);
      bind(transfer_, 4, transfer.credit);
      sqlite3_bind_int64(transfer_, 5, transfer.amount->minor());
      sqlite3_bind_int64(transfer_, 6, transfer.business_time.ms);
      step(transfer_);
    }
    if (batch.tail) {
      bind(tail_, 1, batch.transfers.front().credit);
      bind(tail_, 2, batch.transfers.front().id);
      sqlite3_bind_int64(tail_, 3, static_cast<std::int64_t>(batch.transfers.size()) * 100);
      step(tail_);
    }
    if (updates) update(batch);
    step(commit_);
  }

 private:
  void update(const Batch& batch) {
    for (const auto& [id, sums] : batch.kept) {
      sqlite3_bind_int64(balance_, 1, sums.debits_posted);
      sqlite3_bind_int64(balance_, 2, sums.credits_posted);
      sqlite3_bind_int64(balance_, 3, sums.debits_pending);
      sqlite3_bind_int64(balance_, 4, sums.credits_pending);
      bind(balance_, 5, id);
      step(balance_);
    }
  }
  template <class Tag>
  static void bind(sqlite3_stmt* statement, int at, const base::Id<Tag>& id) {
    sqlite3_bind_blob(statement, at, id.view().data(), 16, SQLITE_STATIC);
  }
  static void step(sqlite3_stmt* statement) {
    KARV_CHECK(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
  }

  Bare bare_;
  sqlite3_stmt *begin_, *commit_, *transfer_, *tail_, *balance_;
};

std::vector<Engine> engines() {
  return {{.name = "sqlite",
           .open =
               [](const Folder& folder) {
                 auto opened = store::open_sqlite({.path = folder.file("karv.db")});
                 KARV_CHECK(opened.ok());
                 return std::move(opened).value();
               },
           .open_limit = [](const Folder& folder) { return std::make_unique<BareSqlite>(folder); }}};
}

void open_all(store::Database& db, const std::vector<Account>& accounts) {
  KARV_CHECK(store::migrate(db, ledger::migrations()).ok());
  for (std::size_t first = 0; first < accounts.size(); first += 10'000)
    KARV_CHECK(db.write<void>("fill", [&](store::Tx& tx) -> base::Result<void> {
                   for (std::size_t i = first; i < std::min(first + 10'000, accounts.size()); ++i)
                     open_account(tx, accounts[i]);
                   return {};
                 }).ok());
}

// Calls `write` with fresh batches until they have taken `seconds`.
template <class Write>
Round measure(World& world, int size, double seconds, Write write) {
  double spent = 0;
  double cpu = 0;
  std::int64_t done = 0;
  while (spent < seconds) {
    const Batch batch = world.draw(size);
    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    write(batch, [&] { return seconds_since(start); });
    spent += seconds_since(start);
    cpu += cpu_seconds() - cpu_before;
    done += size;
  }
  const auto count = static_cast<double>(done);
  return {.per_second = count / spent, .cpu_us = cpu * 1e6 / count};
}

struct Settings {
  double seconds = 2;
  int rounds = 5;
};

Line measure_line(const Engine& engine, const Shape& shape, int size, const Settings& settings) {
  const Folder ours_folder;
  const Folder inserts_folder;
  const Folder writes_folder;
  World world(shape);
  AccountCache known(200'000);
  const auto db = engine.open(ours_folder);
  open_all(*db, world.accounts());
  const std::array limits{engine.open_limit(inserts_folder), engine.open_limit(writes_folder)};
  for (const auto& limit : limits) limit->open(world.accounts());

  const auto ours = [&](const Batch& batch) {
    KARV_CHECK(db->write<void>("post", [&](store::Tx& tx) { return post(tx, batch.transfers, &known); }).ok());
  };
  Line line{.engine = engine.name,
            .shape = shape.name,
            .batch = size,
            .ours = {},
            .inserts = {},
            .writes = {},
            .batches_ms = {}};
  const auto timed = [&](const Batch& batch, const auto& taken) {
    ours(batch);
    line.batches_ms.push_back(taken() * 1e3);
  };
  measure(world, 1000, 0.5, [&](const Batch& batch, const auto&) { ours(batch); });  // warms the caches
  for (int round = 0; round < settings.rounds; ++round) {
    line.ours.push_back(measure(world, size, settings.seconds, timed));
    line.inserts.push_back(measure(world, size, settings.seconds,
                                   [&](const Batch& batch, const auto&) { limits[0]->write(batch, false); }));
    line.writes.push_back(measure(world, size, settings.seconds,
                                  [&](const Batch& batch, const auto&) { limits[1]->write(batch, true); }));
  }
  return line;
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  using namespace karv::bench;
  Settings settings;
  std::string json;
  std::string only;
  CLI::App app{"Transfers through the ledger, against bare inserts of the same rows."};
  app.add_option("--seconds", settings.seconds, "of each side of a round");
  app.add_option("--rounds", settings.rounds, "ours, inserts, writes: in turn");
  app.add_option("--json", json, "where to write every round");
  app.add_option("--only", only, "one line: shape:batch");
  CLI11_PARSE(app, argc, argv);

  const std::vector<Shape> shapes{{.name = "hot", .kept_accounts = 10'000, .hot = true},
                                  {.name = "uniform", .kept_accounts = 100'000, .hot = false}};
  std::vector<Line> lines;
  print_head();
  for (const auto& engine : engines())
    for (const auto& shape : shapes)
      for (const int size : {1, 100, 256, 1000}) {
        if (!only.empty() && only != fmt::format("{}:{}", shape.name, size)) continue;
        lines.push_back(measure_line(engine, shape, size, settings));
        print(lines.back());
      }
  fmt::print(
      "transfers/s: by wall time, full fsync; means nothing on a busy machine. x: the median of the rounds' ratios to\n"
      "the limit, goal 0.5 to inserts; 40,000/s and p99 < 10 ms into one hot merchant in batches of at most 256.\n");
  if (!json.empty()) write_json(json, lines);
}
