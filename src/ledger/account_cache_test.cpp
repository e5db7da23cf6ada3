#include "ledger/account_cache.h"

#include "ledger/testing.h"

namespace karv::ledger {
namespace {

class AccountCacheTest : public testing::Test, public LedgerWorld {
 protected:
  std::optional<Terms> cached(AccountId id) { return known.find(std::array{id}).front(); }
  void put(AccountId id) { known.put(std::array{KnownTerms{.id = id, .terms = {.currency = kEur}}}); }
  base::Result<void> pay(AccountId debit, AccountId credit, std::int64_t minor, money::Currency currency = kEur) {
    return write([&](store::Tx& tx) { return post(tx, {transfer(debit, credit, minor, currency)}, &known); });
  }
  AccountCache known{2};
};

TEST_F(AccountCacheTest, terms_are_kept_once_the_call_that_read_them_is_durable) {
  const auto owed = open(NormalSide::debit, BalanceMode::kept, Floor::zero);
  const auto payable = open(NormalSide::credit, BalanceMode::derived);
  ASSERT_TRUE(pay(owed, payable, 10).ok());
  EXPECT_EQ(cached(owed), (Terms{kEur, NormalSide::debit, BalanceMode::kept, Floor::zero}));
  EXPECT_EQ(cached(payable), (Terms{kEur, NormalSide::credit, BalanceMode::derived, Floor::none}));
}

TEST_F(AccountCacheTest, an_account_that_was_never_opened_in_the_end_is_not_known) {
  const Account account{.id = next<AccountTag>(), .kind = "test", .owner = "", .currency = kEur};
  const auto payable = open(NormalSide::credit, BalanceMode::derived);
  const auto undone = write([&](store::Tx& tx) -> base::Result<void> {
    open_account(tx, account);
    KARV_TRY_VOID(post(tx, {transfer(account.id, payable, 1)}, &known));
    return base::Error(base::ErrorCode::not_allowed);
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_FALSE(cached(account.id).has_value());
  EXPECT_EQ(pay(account.id, payable, 1).error().reason(), "ACCOUNT_MISSING");
  EXPECT_FALSE(cached(account.id).has_value());
}

TEST_F(AccountCacheTest, the_rules_hold_for_known_accounts_too) {
  const auto owed = open(NormalSide::debit, BalanceMode::kept, Floor::zero);
  const auto payable = open(NormalSide::credit, BalanceMode::derived);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(pay(payable, owed, 11).error().reason(), "INSUFFICIENT_FUNDS");
    EXPECT_EQ(pay(owed, payable, 1, kSek).error().reason(), "CURRENCY");
    ASSERT_TRUE(pay(owed, payable, 10).ok());
    ASSERT_TRUE(pay(payable, owed, 10).ok());
  }
  EXPECT_TRUE(findings().empty());
}

TEST_F(AccountCacheTest, it_is_bounded_and_keeps_what_is_used) {
  std::vector<AccountId> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(next<AccountTag>());
    put(ids.back());
    EXPECT_TRUE(cached(ids.front()).has_value()) << i;  // asked for all the time
  }
  std::size_t held = 0;
  for (const auto& terms : known.find(ids)) held += terms.has_value() ? 1 : 0;
  EXPECT_LE(held, 4U);
}

}  // namespace
}  // namespace karv::ledger
