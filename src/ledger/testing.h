// What the ledger's own tests share: a fresh database, accounts and short ways to say a transfer. For tests only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "ledger/rollup.h"
#include "ledger/service.h"
#include "ledger/verify.h"
#include "store/temporary.h"

namespace karv::ledger {

inline constexpr money::Currency kEur = money::Currency::of("EUR");
inline constexpr money::Currency kSek = money::Currency::of("SEK");

// Passes everything on and remembers the statements; may be interrupted after the nth write has reached the database.
class WatchedTx : public store::Tx {
 public:
  explicit WatchedTx(store::Tx& inner, int interrupt_at = -1) : inner_(inner), interrupt_at_(interrupt_at) {}
  struct Interrupted {};

  base::Result<std::vector<store::Rows>> read(std::vector<store::Query> batch) override {
    for (const auto& query : batch) ++(query.for_update ? locking_reads : plain_reads);
    return inner_.read(std::move(batch));
  }
  base::Result<std::vector<store::Rows>> read_for_update(std::vector<store::Query> batch) override {
    locking_reads += static_cast<int>(batch.size());
    return inner_.read_for_update(std::move(batch));
  }
  void write(store::Query query, std::int64_t expected_rows) override {
    writes.emplace_back(query.sql.text());
    inner_.write(std::move(query), expected_rows);
    if (static_cast<int>(writes.size()) != interrupt_at_) return;
    EXPECT_TRUE(inner_.read({}).ok());  // sends what is queued
    throw Interrupted();
  }
  void after_commit(std::function<void()> action) override { inner_.after_commit(std::move(action)); }
  int round_trips() const override { return inner_.round_trips(); }
  base::Result<void> change_schema(std::string_view statement) override { return inner_.change_schema(statement); }

  std::vector<std::string> writes;
  int plain_reads = 0;
  int locking_reads = 0;

 private:
  store::Tx& inner_;
  int interrupt_at_;
};

class LedgerWorld {
 public:
  AccountId open(NormalSide side, BalanceMode mode, Floor floor = Floor::none, money::Currency currency = kEur) {
    const Account account{.id = next<AccountTag>(),
                          .kind = "test",
                          .owner = "owner",
                          .currency = currency,
                          .normal_side = side,
                          .balance_mode = mode,
                          .floor = floor};
    EXPECT_TRUE(write([&](store::Tx& tx) -> base::Result<void> {
                  open_account(tx, account);
                  return {};
                }).ok());
    return account.id;
  }

  TransferSpec transfer(AccountId debit, AccountId credit, std::int64_t minor, money::Currency currency = kEur) {
    return {.id = next<TransferTag>(),
            .step = Step::posted,
            .kind = "test",
            .debit = debit,
            .credit = credit,
            .amount = money::Money{minor, currency},
            .pending_id = std::nullopt,
            .group = std::nullopt,
            .reference = std::nullopt,
            .business_time = wall.now()};
  }
  TransferSpec reservation(AccountId debit, AccountId credit, std::int64_t minor) {
    auto spec = transfer(debit, credit, minor);
    spec.step = Step::pending;
    return spec;
  }
  TransferSpec ending(Step step, TransferId pending, std::optional<std::int64_t> minor = {}) {
    auto spec = transfer({}, {}, 1);
    spec.step = step;
    spec.pending_id = pending;
    spec.amount = minor ? std::optional(money::Money{*minor, kEur}) : std::nullopt;
    return spec;
  }

  template <class Work>
  base::Result<void> write(Work work) {
    return db->write<void>("test", work);
  }
  base::Result<void> post_all(std::vector<TransferSpec> specs) {
    return write([&](store::Tx& tx) { return post(tx, specs); });
  }
  Balance balance_of(AccountId id) {
    auto found = db->read<Balance>("test", [&](store::ReadTx& tx) { return balance(tx, id); });
    EXPECT_TRUE(found.ok());
    return *found;
  }
  Sums sums(AccountId id) { return balance_of(id).sums; }
  BalanceMode mode_of(AccountId id) { return balance_of(id).account.balance_mode; }
  // How many entries were rolled up.
  std::int64_t rolled_up(AccountId id, std::int64_t entries = 1000) {
    auto done = db->write<std::int64_t>("test", [&](store::Tx& tx) { return roll_up(tx, id, entries); });
    EXPECT_TRUE(done.ok());
    return *done;
  }
  std::vector<VerifyFinding> findings() {
    auto verified = verify(*db);
    EXPECT_TRUE(verified.ok());
    return verified->findings;
  }
  template <class Tag>
  base::Id<Tag> next() {
    wall.advance(base::milliseconds(1));
    return base::make_id<Tag>(wall, random);
  }

  base::ManualClock wall{{1'700'000'000'000}};
  base::SeededRandom random{7};
  int last_round_trips = 0;
  store::TemporaryDatabase db = store::TemporaryDatabase::create(
      migrations(), [this](const store::WriteReport& report) { last_round_trips = report.round_trips; });
};

}  // namespace karv::ledger
