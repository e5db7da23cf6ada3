#include "ledger/service.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/check.h"
#include "ledger/testing.h"

namespace karv::ledger {
namespace {

using base::ErrorCode;

class LedgerTest : public testing::Test, public LedgerWorld {
 protected:
  void TearDown() override {
    if (!tampered_) EXPECT_TRUE(findings().empty());
  }
  AccountId owed = open(NormalSide::debit, BalanceMode::kept, Floor::zero);  // a customer's agreement
  AccountId payable = open(NormalSide::credit, BalanceMode::derived);        // a merchant, hot
  AccountId clearing = open(NormalSide::debit, BalanceMode::derived);        // a card network, hot
  AccountId crowns = open(NormalSide::debit, BalanceMode::kept, Floor::none, kSek);
  bool tampered_ = false;
};

TEST_F(LedgerTest, a_transfer_debits_one_account_and_credits_the_other) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 1000)}).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 1000}));
  EXPECT_EQ(sums(payable), (Sums{.credits_posted = 1000}));
  ASSERT_TRUE(post_all({transfer(clearing, owed, 300)}).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 1000, .credits_posted = 300}));
  auto found = db->read<Balance>("test", [&](store::ReadTx& tx) { return balance(tx, owed); });
  EXPECT_EQ(found->posted(), (money::Money{700, kEur}));
  EXPECT_EQ(found->available(), (money::Money{700, kEur}));
}

TEST_F(LedgerTest, a_post_costs_two_round_trips_whatever_its_size) {
  std::vector<TransferSpec> many;
  many.reserve(100);
  for (int i = 0; i < 100; ++i) many.push_back(transfer(owed, payable, 10));
  ASSERT_TRUE(post_all(many).ok());
  EXPECT_EQ(last_round_trips, 2);
  EXPECT_EQ(sums(payable).credits_posted, 1000);
  const auto reserved = reservation(clearing, owed, 100);
  ASSERT_TRUE(post_all({reserved}).ok());
  ASSERT_TRUE(post_all({ending(Step::post_pending, reserved.id)}).ok());
  EXPECT_EQ(last_round_trips, 2);
}

TEST_F(LedgerTest, an_account_with_a_floor_does_not_go_negative) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 1000)}).ok());
  const auto refused = post_all({transfer(clearing, owed, 1001)});
  EXPECT_EQ(refused.error().code(), ErrorCode::not_allowed);
  EXPECT_EQ(refused.error().reason(), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 1000}));
  EXPECT_TRUE(post_all({transfer(clearing, owed, 1000)}).ok());
}

TEST_F(LedgerTest, what_is_reserved_cannot_be_spent_twice) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 1000)}).ok());
  const auto reserved = reservation(clearing, owed, 700);
  ASSERT_TRUE(post_all({reserved}).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 1000, .credits_pending = 700}));
  EXPECT_EQ(sums(clearing), (Sums{.debits_pending = 700}));
  EXPECT_EQ(post_all({transfer(clearing, owed, 301)}).error().reason(), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(post_all({reservation(clearing, owed, 301)}).error().reason(), "INSUFFICIENT_FUNDS");
  EXPECT_TRUE(post_all({transfer(clearing, owed, 300)}).ok());
}

TEST_F(LedgerTest, posting_a_part_of_a_reservation_releases_the_rest) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 1000)}).ok());
  const auto reserved = reservation(clearing, owed, 700);
  ASSERT_TRUE(post_all({reserved}).ok());
  ASSERT_TRUE(post_all({ending(Step::post_pending, reserved.id, 200)}).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 1000, .credits_posted = 200}));
  EXPECT_EQ(sums(clearing), (Sums{.debits_posted = 200}));
  EXPECT_EQ(verify(*db)->open_reservations, 0);
}

TEST_F(LedgerTest, a_voided_reservation_moves_nothing) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 1000)}).ok());
  const auto reserved = reservation(clearing, owed, 700);
  ASSERT_TRUE(post_all({reserved}).ok());
  EXPECT_EQ(verify(*db)->open_reservations, 1);
  ASSERT_TRUE(post_all({ending(Step::void_pending, reserved.id)}).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 1000}));
  EXPECT_EQ(sums(clearing), Sums{});
}

TEST_F(LedgerTest, every_pair_of_state_and_step_is_allowed_or_refused_as_the_table_says) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 100'000)}).ok());
  for (const State from : {State::none, State::pending, State::posted, State::voided}) {
    for (const Step step : {Step::posted, Step::pending, Step::post_pending, Step::void_pending}) {
      const auto reserved = reservation(clearing, owed, 10);
      if (from != State::none) ASSERT_TRUE(post_all({reserved}).ok());
      if (from == State::posted) ASSERT_TRUE(post_all({ending(Step::post_pending, reserved.id)}).ok());
      if (from == State::voided) ASSERT_TRUE(post_all({ending(Step::void_pending, reserved.id)}).ok());
      const bool starts = from == State::none && (step == Step::posted || step == Step::pending);
      auto spec = starts ? transfer(clearing, owed, 10) : ending(step, reserved.id);
      spec.step = step;
      EXPECT_EQ(post_all({spec}).ok(), next_state(from, step).has_value())
          << static_cast<int>(from) << " " << word(step);
    }
  }
}

TEST_F(LedgerTest, the_end_of_a_reservation_is_refused_with_its_reason) {
  ASSERT_TRUE(post_all({transfer(owed, payable, 1000)}).ok());
  const auto reserved = reservation(clearing, owed, 700);
  ASSERT_TRUE(post_all({reserved}).ok());
  EXPECT_EQ(post_all({ending(Step::post_pending, reserved.id, 701)}).error().reason(), "RESERVATION_EXCEEDED");
  EXPECT_EQ(post_all({ending(Step::post_pending, reserved.id, 0)}).error().code(), ErrorCode::unprocessable);
  EXPECT_EQ(post_all({ending(Step::post_pending, reserved.id, -5)}).error().code(), ErrorCode::unprocessable);
  auto crowns_amount = ending(Step::post_pending, reserved.id);
  crowns_amount.amount = money::Money{1, kSek};
  EXPECT_EQ(post_all({crowns_amount}).error().code(), ErrorCode::not_matching);
  const auto plain = transfer(clearing, owed, 1);
  ASSERT_TRUE(post_all({plain}).ok());
  EXPECT_EQ(post_all({ending(Step::post_pending, plain.id)}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(post_all({ending(Step::void_pending, next<TransferTag>())}).error().code(), ErrorCode::not_found);
  ASSERT_TRUE(post_all({ending(Step::post_pending, reserved.id, 1)}).ok());
  EXPECT_EQ(post_all({ending(Step::post_pending, reserved.id, 1)}).error().reason(), "RESERVATION_RESOLVED");
  EXPECT_EQ(post_all({ending(Step::void_pending, reserved.id)}).error().reason(), "RESERVATION_RESOLVED");
}

TEST_F(LedgerTest, wrong_transfers_are_refused) {
  EXPECT_EQ(post_all({transfer(owed, payable, 0)}).error().code(), ErrorCode::unprocessable);
  EXPECT_EQ(post_all({transfer(owed, payable, -1)}).error().code(), ErrorCode::unprocessable);
  EXPECT_EQ(post_all({transfer(owed, owed, 1)}).error().code(), ErrorCode::unprocessable);
  EXPECT_EQ(post_all({transfer(owed, next<AccountTag>(), 1)}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(post_all({transfer(owed, crowns, 1)}).error().code(), ErrorCode::not_matching);
  EXPECT_EQ(post_all({transfer(crowns, payable, 1, kSek)}).error().code(), ErrorCode::not_matching);
  EXPECT_EQ(post_all({transfer(owed, payable, 1, money::Currency())}).error().code(), ErrorCode::not_matching);
  EXPECT_THROW(std::ignore = post_all({}), base::RequirementFailed);
  EXPECT_EQ(verify(*db)->transfers, 0);
}

TEST_F(LedgerTest, an_amount_that_would_overflow_is_refused) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  ASSERT_TRUE(post_all({transfer(owed, payable, kMost - 5)}).ok());
  EXPECT_EQ(post_all({transfer(owed, clearing, 6)}).error().code(), ErrorCode::unprocessable);
  EXPECT_TRUE(post_all({transfer(owed, clearing, 5)}).ok());
}

TEST_F(LedgerTest, a_transfer_id_is_used_once) {
  const auto spec = transfer(owed, payable, 5);
  ASSERT_TRUE(post_all({spec}).ok());
  EXPECT_EQ(post_all({spec}).error().code(), ErrorCode::conflict);
  const auto twice = transfer(owed, payable, 5);
  EXPECT_EQ(post_all({twice, twice}).error().code(), ErrorCode::conflict);
  EXPECT_EQ(sums(owed).debits_posted, 5);
}

TEST_F(LedgerTest, one_refusal_undoes_the_whole_post) {
  EXPECT_FALSE(post_all({transfer(owed, payable, 10), transfer(clearing, owed, 11)}).ok());
  EXPECT_EQ(verify(*db)->transfers, 0);
  EXPECT_TRUE(post_all({transfer(owed, payable, 10), transfer(clearing, owed, 10)}).ok());
}

TEST_F(LedgerTest, groups_apply_whole_and_apart) {
  const auto group = next<GroupTag>();
  auto linked_first = transfer(owed, payable, 50);
  auto linked_second = transfer(clearing, owed, 200);  // more than is owed
  linked_first.group = linked_second.group = group;
  std::vector<base::Result<void>> outcomes;
  ASSERT_TRUE(write([&](store::Tx& tx) -> base::Result<void> {
                KARV_TRY(outcomes, post_each(tx, {transfer(owed, payable, 100), linked_first, linked_second,
                                                  transfer(clearing, owed, 100)}));
                return {};
              }).ok());
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].error().reason(), "INSUFFICIENT_FUNDS");
  EXPECT_EQ(outcomes[2].error().reason(), "INSUFFICIENT_FUNDS");
  EXPECT_TRUE(outcomes[3].ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 100, .credits_posted = 100}));
}

TEST_F(LedgerTest, a_reservation_may_be_made_and_ended_in_one_post) {
  const auto reserved = reservation(owed, payable, 40);
  ASSERT_TRUE(post_all({reserved, ending(Step::post_pending, reserved.id, 30)}).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 30}));
  EXPECT_EQ(sums(payable), (Sums{.credits_posted = 30}));
}

TEST_F(LedgerTest, a_large_call_takes_a_statement_for_many_rows) {
  const auto payable = open(NormalSide::credit, BalanceMode::derived);
  std::vector<AccountId> customers;
  customers.reserve(96);
  for (int i = 0; i < 96; ++i) customers.push_back(open(NormalSide::debit, BalanceMode::kept));
  AccountCache known;
  const auto pay_all = [&](std::int64_t minor) {
    std::vector<TransferSpec> specs;
    specs.reserve(customers.size());
    for (const auto customer : customers) specs.push_back(transfer(customer, payable, minor++));
    std::vector<int> cost;
    EXPECT_TRUE(write([&](store::Tx& tx) -> base::Result<void> {
                  WatchedTx watched(tx);
                  KARV_TRY_VOID(post(watched, std::move(specs), &known));
                  cost = {watched.plain_reads, watched.locking_reads, static_cast<int>(watched.writes.size())};
                  return {};
                }).ok());
    return cost;
  };
  // 97 accounts are three statements of 32 and one of one; written are 96 sums, 96 transfers and an entry in the tail.
  EXPECT_EQ(pay_all(1), (std::vector{4, 4, 7}));
  EXPECT_EQ(pay_all(1'000), (std::vector{0, 3, 7}))
      << "terms are known, and that a derived account has no sums to lock";
  for (std::size_t i = 0; i < customers.size(); ++i)
    EXPECT_EQ(sums(customers[i]), (Sums{.debits_posted = 1'001 + 2 * static_cast<std::int64_t>(i)})) << i;
  EXPECT_TRUE(findings().empty());
}

TEST_F(LedgerTest, several_posts_in_one_transaction_see_each_other) {
  ASSERT_TRUE(write([&](store::Tx& tx) -> base::Result<void> {
                KARV_TRY_VOID(post(tx, {transfer(owed, payable, 10)}));
                KARV_TRY_VOID(post(tx, {transfer(clearing, owed, 10)}));
                EXPECT_FALSE(post(tx, {transfer(clearing, owed, 1)}).ok());
                return {};
              }).ok());
  EXPECT_EQ(sums(owed), (Sums{.debits_posted = 10, .credits_posted = 10}));
}

TEST_F(LedgerTest, shared_accounts_are_found_by_what_they_are) {
  const auto id = shared_account_id("merchant_payable", "m-1", kEur);
  EXPECT_EQ(id, shared_account_id("merchant_payable", "m-1", kEur));
  EXPECT_NE(id, shared_account_id("merchant_payable", "m-1", kSek));
  EXPECT_NE(id, shared_account_id("merchant_payable", "m-2", kEur));
  Account account{.id = id,
                  .kind = "merchant_payable",
                  .owner = "m-1",
                  .currency = kEur,
                  .normal_side = NormalSide::credit,
                  .balance_mode = BalanceMode::derived};
  const auto ensure = [&] { return write([&](store::Tx& tx) { return ensure_accounts(tx, {account}); }); };
  EXPECT_TRUE(ensure().ok());
  EXPECT_TRUE(ensure().ok());
  account.normal_side = NormalSide::debit;
  EXPECT_EQ(ensure().error().code(), ErrorCode::not_matching);
  account.floor = Floor::zero;
  account.id = next<AccountTag>();
  EXPECT_THROW(std::ignore = ensure(), base::RequirementFailed);
}

TEST_F(LedgerTest, transfers_are_found_by_id_and_by_order) {
  auto spec = transfer(owed, payable, 12);
  spec.reference = base::Uuid{1, 2, 3};
  ASSERT_TRUE(post_all({spec, transfer(owed, payable, 1)}).ok());
  const auto listed = db->read<std::vector<Transfer>>(
      "test", [&](store::ReadTx& tx) { return list_by_reference(tx, *spec.reference); });
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->at(0).id, spec.id);
  EXPECT_EQ(listed->at(0).amount, (money::Money{12, kEur}));
  EXPECT_EQ(listed->at(0).reference, spec.reference);
  const auto found =
      db->read<std::optional<Transfer>>("test", [&](store::ReadTx& tx) { return find_transfer(tx, spec.id); });
  EXPECT_EQ((*found)->kind, "test");
  const auto none = db->read<std::optional<Transfer>>(
      "test", [&](store::ReadTx& tx) { return find_transfer(tx, next<TransferTag>()); });
  EXPECT_FALSE(none->has_value());
}

// What a thief or a bug with access to the tables would do.
constexpr store::Sql kAddToBalance = "update ledger_balances set debits_posted = 999 where account_id = $1";
constexpr store::Sql kChangeAmount = "update ledger_transfers set amount_minor = 999 where transfer_id = $1";
constexpr store::Sql kDeleteTransfer = "delete from ledger_transfers where transfer_id = $1";
constexpr store::Sql kDeleteAccount = "delete from ledger_accounts where account_id = $1";
constexpr store::Sql kDropTail = "delete from ledger_tail where account_id = $1";
constexpr store::Sql kAddToRollup = "update ledger_rollups set credits_posted = 1 where account_id = $1";
constexpr store::Sql kDropRollup = "delete from ledger_rollups where account_id = $1";
constexpr store::Sql kMoveTail = "update ledger_tail set account_id = $1";
constexpr store::Sql kRelease = "update ledger_transfers set pending_minor = -1 where transfer_id = $1";

TEST_F(LedgerTest, verify_finds_what_was_changed_behind_its_back) {
  tampered_ = true;
  const auto first = transfer(owed, payable, 500);
  const auto reserved = reservation(clearing, owed, 100);
  const auto ended = ending(Step::post_pending, reserved.id, 60);
  ASSERT_TRUE(post_all({first, reserved, ended}).ok());
  ASSERT_TRUE(findings().empty());
  const auto finds = [&](store::Sql sql, base::Bytes id, std::string_view what) {
    bool found = false;
    const auto undone = write([&](store::Tx& tx) -> base::Result<void> {
      tx.write({sql, {std::move(id)}}, 1);
      return {};
    });
    EXPECT_TRUE(undone.ok());
    for (const auto& finding : findings()) found = found || finding.what == what;
    EXPECT_TRUE(found) << what;
  };
  finds(kAddToBalance, owed.bytes(), "its balance is not the sum of its entries");
  finds(kAddToBalance, owed.bytes(), "its debits and credits differ");
  finds(kChangeAmount, ended.id.bytes(), "it posts more than was reserved");
  finds(kRelease, ended.id.bytes(), "it releases another amount");
  finds(kAddToRollup, payable.bytes(), "its roll-up and tail are not the sum of its entries");
  finds(kDropTail, payable.bytes(), "its roll-up and tail are not the sum of its entries");
  finds(kDropRollup, clearing.bytes(), "its balance is not where it should be");
  finds(kMoveTail, owed.bytes(), "it has a tail although its balance is not derived");
  finds(kDeleteTransfer, reserved.id.bytes(), "it ends a reservation that does not exist");
  finds(kDeleteAccount, payable.bytes(), "it names an account that does not exist");
}

}  // namespace
}  // namespace karv::ledger
