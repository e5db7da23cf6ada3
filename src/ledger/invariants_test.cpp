// Each invariant against a change that was made by hand to break it, and against one that is right.
#include "ledger/invariants.h"

#include <gtest/gtest.h>

namespace karv::ledger {
namespace {

constexpr money::Currency kEur = money::Currency::of("EUR");

AccountId account_id(std::uint8_t n) { return AccountId(base::Uuid{n}); }
TransferId transfer_id(std::uint8_t n) { return TransferId(base::Uuid{n}); }

AccountChange account(std::uint8_t n, const Sums& before, const Sums& after) {
  return {.id = account_id(n), .terms = {.currency = kEur}, .before = before, .after = after};
}

Transfer transfer(std::uint8_t n, std::int64_t minor) {
  return {.id = transfer_id(n),
          .step = Step::posted,
          .kind = "test",
          .debit = account_id(1),
          .credit = account_id(2),
          .amount = {minor, kEur},
          .pending_minor = 0,
          .pending_id = std::nullopt,
          .group = std::nullopt,
          .reference = std::nullopt,
          .business_time = {}};
}

// 10 from account 1 to account 2, and a reservation of 20 that is posted in full.
class InvariantTest : public testing::Test {
 protected:
  InvariantTest() {
    Transfer reserved = transfer(7, 20);
    reserved.step = Step::pending;
    reserved.pending_minor = 20;
    Transfer ended = transfer(8, 20);
    ended.step = Step::post_pending;
    ended.pending_minor = -20;
    ended.pending_id = reserved.id;
    made = {transfer(6, 10), ended};
    reservations[reserved.id] = {.transfer = reserved, .state = State::posted};
    accounts = {account(1, {.debits_pending = 20}, {.debits_posted = 30}),
                account(2, {.credits_pending = 20}, {.credits_posted = 30})};
  }
  template <class Invariant>
  void expect_breach() {
    EXPECT_FALSE(Invariant::holds(change()));
    const auto breaches = breaches_of(change());
    EXPECT_NE(std::find(breaches.begin(), breaches.end(), Invariant::kSentence), breaches.end());
  }
  Change change() const { return {accounts, reservations, made}; }
  AccountChange& first() { return accounts.at(0); }
  AccountChange& second() { return accounts.at(1); }
  Transfer& ended() { return made.at(1); }
  std::vector<AccountChange> accounts;
  std::map<TransferId, Reservation> reservations;
  std::vector<Transfer> made;
};

TEST_F(InvariantTest, a_right_change_breaks_none) { EXPECT_TRUE(breaches_of(change()).empty()); }
TEST_F(InvariantTest, nothing_breaks_none) { EXPECT_TRUE(breaches_of({{}, {}, {}}).empty()); }

TEST_F(InvariantTest, an_amount_of_nothing) {
  made[0].amount = {0, kEur};
  expect_breach<AmountsArePositive>();
}
TEST_F(InvariantTest, an_account_with_itself) {
  made[0].credit = made[0].debit;
  expect_breach<TwoDifferentAccounts>();
}
TEST_F(InvariantTest, an_unknown_account) {
  made[0].credit = account_id(9);
  expect_breach<TwoDifferentAccounts>();
}
TEST_F(InvariantTest, an_account_of_another_currency) {
  first().terms.currency = money::Currency::of("SEK");
  expect_breach<OneCurrency>();
}
TEST_F(InvariantTest, a_credit_that_was_lost) {
  second().after.credits_posted = 29;
  expect_breach<DebitsEqualCredits>();
}
TEST_F(InvariantTest, a_reservation_released_on_one_side_only) {
  first().after.debits_pending = 20;
  expect_breach<DebitsEqualCredits>();
}
TEST_F(InvariantTest, both_sides_wrong_by_the_same_amount) {
  first().after.debits_posted = 31;
  second().after.credits_posted = 31;
  EXPECT_TRUE(DebitsEqualCredits::holds(change()));
  expect_breach<BalancesFollowTransfers>();
}
TEST_F(InvariantTest, an_account_below_its_floor) {
  second().terms.floor = Floor::zero;  // a debit account that was credited
  expect_breach<FloorsHold>();
}
TEST_F(InvariantTest, less_than_nothing_is_pending) {
  first().before.debits_pending = 0;
  first().after.debits_pending = -20;
  expect_breach<PendingIsNeverNegative>();
}
TEST_F(InvariantTest, a_reservation_that_ends_twice) {
  made.push_back(Transfer(ended()));
  expect_breach<ReservationsEndOnce>();
}
TEST_F(InvariantTest, a_reservation_that_nobody_made) {
  reservations.clear();
  expect_breach<ReservationsEndOnce>();
}
TEST_F(InvariantTest, more_than_was_reserved) {
  ended().amount = {21, kEur};
  expect_breach<ReservationsEndOnce>();
}
TEST_F(InvariantTest, a_remainder_that_is_not_released) {
  ended().pending_minor = -19;
  expect_breach<ReservationsEndOnce>();
}
TEST_F(InvariantTest, a_reservation_posted_between_other_accounts) {
  std::swap(ended().debit, ended().credit);
  expect_breach<ReservationsEndOnce>();
}

}  // namespace
}  // namespace karv::ledger
