// Roll-ups: alone, interrupted, and beside payments that commit whenever they like.
#include "ledger/rollup.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "ledger/testing.h"

namespace karv::ledger {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;

constexpr store::Sql kCountTail = "select count(*) from ledger_tail where account_id = $1";
constexpr store::Sql kTouchNothing = "delete from ledger_tail where account_id = $1";

// Counts the transactions, and queues something first in each, as the database of a job does.
class WatchedDatabase final : public store::Database {
 public:
  explicit WatchedDatabase(
      store::Database& inner, std::function<void(store::Tx&)> first = [](store::Tx&) {})
      : inner_(inner), first_(std::move(first)) {}
  void add_commit_check(store::CommitCheck check) override { inner_.add_commit_check(std::move(check)); }
  int transactions = 0;

 protected:
  base::Result<void> run_write(std::string_view use_case,
                               const std::function<base::Result<void>(store::Tx&)>& work) override {
    ++transactions;
    return inner_.write<void>(use_case, [&](store::Tx& tx) {
      first_(tx);
      return work(tx);
    });
  }
  base::Result<void> run_read(std::string_view use_case,
                              const std::function<base::Result<void>(store::ReadTx&)>& work) override {
    return inner_.read<void>(use_case, work);
  }

 private:
  store::Database& inner_;
  const std::function<void(store::Tx&)> first_;
};

class RollupTest : public testing::Test, public LedgerWorld {
 protected:
  void TearDown() override { EXPECT_TRUE(findings().empty()); }
  std::int64_t tail(AccountId id) {
    const auto rows = db->read<store::Rows>("test", [&](store::ReadTx& tx) { return tx.read_one({kCountTail, {id}}); });
    return rows->front().integer(0);
  }
  AccountId owed = open(NormalSide::debit, BalanceMode::kept);
  AccountId payable = open(NormalSide::credit, BalanceMode::derived);
  AccountId clearing = open(NormalSide::debit, BalanceMode::derived);
};

TEST_F(RollupTest, a_call_adds_one_entry_to_the_tail_of_each_derived_account) {
  ASSERT_TRUE(
      post_all({transfer(owed, payable, 10), transfer(owed, payable, 20), transfer(clearing, payable, 5)}).ok());
  ASSERT_TRUE(post_all({transfer(owed, payable, 1)}).ok());
  EXPECT_EQ(tail(payable), 2);
  EXPECT_EQ(tail(clearing), 1);
  EXPECT_EQ(tail(owed), 0);
  EXPECT_EQ(sums(payable), (Sums{.credits_posted = 36}));
}

TEST_F(RollupTest, a_roll_up_moves_the_tail_and_changes_no_balance) {
  for (int i = 1; i <= 40; ++i) ASSERT_TRUE(post_all({transfer(owed, payable, i)}).ok());
  const Sums before = sums(payable);
  EXPECT_EQ(before, (Sums{.credits_posted = 820}));  // 40 * 41 / 2
  EXPECT_EQ(rolled_up(payable, 37), 37);
  EXPECT_EQ(tail(payable), 3);
  EXPECT_EQ(sums(payable), before);
  EXPECT_TRUE(findings().empty());
  EXPECT_EQ(rolled_up(payable, 37), 3);
  EXPECT_EQ(rolled_up(payable, 37), 0);
  EXPECT_EQ(sums(payable), before);
}

TEST_F(RollupTest, only_a_derived_balance_is_rolled_up) {
  for (const auto id : {owed, next<AccountTag>()}) {
    const auto refused = db->write<std::int64_t>("test", [&](store::Tx& tx) { return roll_up(tx, id, 10); });
    EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
  }
}

// Ids do not say what committed first: the end of a reservation may be the older entry.
TEST_F(RollupTest, the_end_of_a_reservation_may_be_rolled_up_before_its_beginning) {
  auto ended = ending(Step::post_pending, {});
  const auto reserved = reservation(owed, payable, 40);
  ended.pending_id = reserved.id;
  ASSERT_LT(ended.id, reserved.id);
  ASSERT_TRUE(post_all({reserved}).ok());
  ASSERT_TRUE(post_all({ended}).ok());
  EXPECT_EQ(rolled_up(payable, 1), 1);
  EXPECT_EQ(sums(payable), (Sums{.credits_posted = 40}));
  EXPECT_TRUE(findings().empty());
  EXPECT_EQ(rolled_up(payable, 1), 1);
  EXPECT_EQ(sums(payable), (Sums{.credits_posted = 40}));
}

TEST_F(RollupTest, a_payment_between_derived_accounts_inserts_and_locks_nothing) {
  AccountCache known;
  const auto watch = [&](std::string_view what) {
    int locking = 0;
    ASSERT_TRUE(write([&](store::Tx& tx) -> base::Result<void> {
                  WatchedTx watched(tx);
                  KARV_TRY_VOID(post(watched, {transfer(clearing, payable, 1)}, &known));
                  locking = watched.locking_reads + watched.plain_reads;
                  for (const auto& sql : watched.writes) EXPECT_TRUE(sql.starts_with("insert into")) << sql;
                  EXPECT_EQ(watched.writes.size(), 3U) << "the transfer and an entry in each tail";
                  return {};
                }).ok());
    if (what == "known") EXPECT_EQ(locking, 0);
  };
  watch("unknown");  // looks for a kept balance that is not there
  watch("known");
  EXPECT_EQ(last_round_trips, 1);
}

TEST_F(RollupTest, a_roll_up_that_is_interrupted_leaves_everything_as_it_was) {
  for (int i = 1; i <= 40; ++i) ASSERT_TRUE(post_all({transfer(owed, payable, i)}).ok());
  ASSERT_EQ(rolled_up(payable, 3), 3);
  const Sums before = sums(payable);
  int interruptions = 0;
  for (bool done = false; !done; ++interruptions) {
    try {
      const auto finished = db->write<std::int64_t>("test", [&](store::Tx& tx) {
        WatchedTx watched(tx, interruptions + 1);
        return roll_up(watched, payable, 1000);
      });
      EXPECT_TRUE(finished.ok());
      done = true;
    } catch (const WatchedTx::Interrupted&) {
      EXPECT_EQ(tail(payable), 37);
      EXPECT_TRUE(findings().empty());
    }
    EXPECT_EQ(sums(payable), before);
  }
  EXPECT_EQ(interruptions, 8);  // a delete of 32, five of one, the roll-up; then nothing was left to interrupt
  EXPECT_EQ(tail(payable), 0);
}

TEST_F(RollupTest, only_long_tails_are_rolled_up_and_piece_by_piece) {
  const auto quiet = open(NormalSide::credit, BalanceMode::derived);
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(post_all({transfer(owed, payable, 1)}).ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(post_all({transfer(clearing, owed, 1)}).ok());
  ASSERT_TRUE(post_all({transfer(owed, quiet, 1)}).ok());
  WatchedDatabase watched(*db);
  const auto moved = roll_up_long_tails(watched, {.worth = 2, .entries = 4});
  EXPECT_EQ(moved.value(), 19);
  EXPECT_EQ(watched.transactions, 6);  // 4 + 4 + 1 and 4 + 4 + 2
  EXPECT_EQ(tail(payable) + tail(clearing), 0);
  EXPECT_EQ(tail(quiet), 1);
  EXPECT_EQ(sums(payable), (Sums{.credits_posted = 9}));
  EXPECT_EQ(sums(clearing), (Sums{.debits_posted = 10}));
}

TEST_F(RollupTest, a_run_that_lost_its_claim_moves_nothing) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(post_all({transfer(owed, payable, 1)}).ok());
  WatchedDatabase taken_over(*db, [this](store::Tx& tx) {
    tx.write({kTouchNothing, {owed}}, 1);  // a kept account has no tail
  });
  const auto lost = roll_up_long_tails(taken_over, {.worth = 2});
  EXPECT_EQ(lost.error().code(), ErrorCode::conflict);
  EXPECT_EQ(taken_over.transactions, 1);
  EXPECT_EQ(tail(payable), 5);
  const auto stopped = roll_up_long_tails(*db, {.worth = 2, .stopping = [] { return true; }});
  EXPECT_EQ(stopped.value(), 0);
}

// What follows speaks to a store::Database and to nothing below: an engine that lets writers run beside each other
// really holds them open, one with a single writer puts them into an order.
class RollupBesideOthersTest : public testing::Test {
 protected:
  RollupBesideOthersTest() {
    for (auto* account : {&owed, &payable}) {
      account->id = base::make_id<AccountTag>(wall, random);
      account->kind = account->owner = "test";
      account->currency = kEur;
    }
    owed.balance_mode = BalanceMode::kept;
    payable.balance_mode = BalanceMode::derived;
    payable.normal_side = NormalSide::credit;
    EXPECT_TRUE(db->write<void>("test", [&](store::Tx& tx) -> base::Result<void> {
                    open_account(tx, owed);
                    open_account(tx, payable);
                    return {};
                  }).ok());
  }
  void TearDown() override { EXPECT_TRUE(verify(*db)->findings.empty()); }

  TransferSpec payment(std::int64_t minor) {
    return {.id = base::make_id<TransferTag>(wall, random),
            .step = Step::posted,
            .kind = "test",
            .debit = owed.id,
            .credit = payable.id,
            .amount = money::Money{minor, kEur},
            .pending_id = std::nullopt,
            .group = std::nullopt,
            .reference = std::nullopt,
            .business_time = {}};
  }
  void pay(std::int64_t minor) {
    const auto spec = payment(minor);
    ASSERT_TRUE(db->write<void>("test", [&](store::Tx& tx) { return post(tx, {spec}); }).ok());
  }
  static std::int64_t paid(store::ReadTx& tx, AccountId id) { return balance(tx, id)->posted().minor(); }
  std::int64_t paid() {
    return db
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> { return paid(tx, payable.id); })
        .value();
  }
  base::Result<std::int64_t> roll(std::int64_t entries = 1000) {
    return db->write<std::int64_t>("test", [&](store::Tx& tx) { return roll_up(tx, payable.id, entries); });
  }

  base::SystemClock wall;
  base::SystemRandom random;
  store::TemporaryDatabase db = store::TemporaryDatabase::create(migrations());
  Account owed, payable;
};

TEST_F(RollupBesideOthersTest, a_payment_that_commits_late_is_counted_once) {
  for (int i = 0; i < 20; ++i) pay(1);
  const auto late = payment(1000);  // its id, and its entry, are older than what is rolled up
  for (int i = 0; i < 20; ++i) pay(1);
  std::promise<void> written;
  std::promise<void> rolled;
  auto rolled_up = rolled.get_future();
  std::jthread payer([&] {
    bool first = true;
    EXPECT_TRUE(db->write<void>("test", [&](store::Tx& tx) -> base::Result<void> {
                    KARV_TRY_VOID(post(tx, {late}));
                    KARV_TRY_VOID(tx.read({}));  // its rows reach the database now
                    if (std::exchange(first, false)) written.set_value();
                    // Where there is one writer the roll-up waits for us, and we do not wait for it.
                    rolled_up.wait_for(milliseconds(300));
                    return {};
                  }).ok());
  });
  written.get_future().wait();
  std::jthread roller([&] {
    EXPECT_TRUE(roll().ok());
    rolled.set_value();
  });
  const auto seen = paid();
  EXPECT_TRUE(seen == 40 || seen == 1040) << seen;
  roller.join();
  payer.join();
  EXPECT_EQ(paid(), 1040);
  EXPECT_TRUE(verify(*db)->findings.empty());
  EXPECT_TRUE(roll().ok());
  EXPECT_EQ(paid(), 1040);
}

TEST_F(RollupBesideOthersTest, a_reader_sees_one_moment_across_a_roll_up) {
  for (int i = 0; i < 20; ++i) pay(1);
  const auto seen = db->read<std::int64_t>("test", [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
    EXPECT_EQ(paid(tx, payable.id), 20);
    std::jthread([&] {
      pay(5);
      EXPECT_EQ(roll().value(), 21);
    }).join();
    EXPECT_EQ(paid(tx, payable.id), paid(tx, owed.id));
    return paid(tx, payable.id);
  });
  EXPECT_EQ(seen.value(), 20);
  EXPECT_EQ(paid(), 25);
}

TEST_F(RollupBesideOthersTest, balances_are_exact_at_every_moment_under_load) {
  constexpr int kPayers = 3;
  constexpr int kPayments = 60;
  std::atomic<int> paying{kPayers};
  {
    std::vector<std::jthread> threads;
    threads.reserve(kPayers);
    for (int t = 0; t < kPayers; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kPayments; ++i) pay(1);
        --paying;
      });
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        while (paying > 0)
          if (const auto done = roll(7); !done.ok()) EXPECT_EQ(done.error().code(), ErrorCode::conflict);
      });
    std::int64_t last = 0;
    while (paying > 0) {
      const auto now = db->read<std::int64_t>("test", [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
        const auto hot = paid(tx, payable.id);
        EXPECT_EQ(hot, paid(tx, owed.id));  // written by the same transactions, added up in another way
        return hot;
      });
      EXPECT_GE(now.value(), last);
      last = now.value();
    }
  }
  EXPECT_EQ(paid(), kPayers * kPayments);
  EXPECT_TRUE(roll().ok());
  EXPECT_EQ(paid(), kPayers * kPayments);
}

}  // namespace
}  // namespace karv::ledger
