#include "credit/postings.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/check.h"

namespace karv::credit {
namespace {

using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");
constexpr base::Instant kNow{1'795'000'000'000};
Money euro(std::int64_t minor) { return {minor, kEuro}; }

class PostingsTest : public testing::Test {
 protected:
  PostingsTest() {
    agreement.agreement_id = AgreementId(base::Uuid{1});
    agreement.merchant_id = identity::MerchantId(base::Uuid{2});
    agreement.amount = euro(100);
  }
  // Debits less credits per account.
  static std::map<ledger::AccountId, std::int64_t> effect(const std::vector<ledger::TransferSpec>& transfers) {
    std::map<ledger::AccountId, std::int64_t> sums;
    for (const auto& transfer : transfers) {
      sums[transfer.debit] += transfer.amount->minor();
      sums[transfer.credit] -= transfer.amount->minor();
    }
    return sums;
  }

  Agreement agreement;
  const ledger::AccountId receivable = receivable_of(AgreementId(base::Uuid{1}));
  const ledger::AccountId payable = merchant_payable_account(identity::MerchantId(base::Uuid{2}), kEuro).id;
  const ledger::AccountId clearing = card_clearing_account(kEuro).id;
};

TEST_F(PostingsTest, each_template_nets_to_zero_and_names_the_agreement) {
  for (const auto& transfers :
       {capture_posting(agreement, euro(100), kNow), card_payment_posting(agreement, euro(40), kNow),
        refund_posting(agreement, {euro(60), euro(40)}, kNow), refund_posting(agreement, {euro(1), euro(0)}, kNow),
        refund_posting(agreement, {euro(0), euro(1)}, kNow),
        undone_payment_posting(agreement, {euro(40), euro(0)}, kNow),
        undone_payment_posting(agreement, {euro(40), euro(15)}, kNow)}) {
    std::int64_t net = 0;
    for (const auto& [account, sum] : effect(transfers)) net += sum;
    EXPECT_EQ(net, 0);
    for (const auto& transfer : transfers) {
      EXPECT_NE(transfer.debit, transfer.credit);
      EXPECT_EQ(transfer.reference, agreement.agreement_id.uuid());
      EXPECT_EQ(transfer.business_time, kNow);
    }
  }
}

TEST_F(PostingsTest, a_purchase_paid_and_partly_refunded_leaves_what_it_should) {
  std::map<ledger::AccountId, std::int64_t> books;
  for (const auto& transfers :
       {capture_posting(agreement, euro(100), kNow), card_payment_posting(agreement, euro(34), kNow),
        refund_posting(agreement, {euro(66), euro(4)}, kNow)})
    for (const auto& [account, sum] : effect(transfers)) books[account] += sum;
  EXPECT_EQ(books[receivable], 0);
  EXPECT_EQ(books[payable], -30);  // the shop is still owed 30
  EXPECT_EQ(books[clearing], 30);  // and the card network owes us 30
}

TEST_F(PostingsTest, a_refused_payment_leaves_the_books_as_if_it_had_never_been_counted) {
  std::map<ledger::AccountId, std::int64_t> with;
  for (const auto& transfers :
       {capture_posting(agreement, euro(100), kNow), card_payment_posting(agreement, euro(100), kNow),
        refund_posting(agreement, {euro(0), euro(30)}, kNow),
        undone_payment_posting(agreement, {euro(100), euro(30)}, kNow)})
    for (const auto& [account, sum] : effect(transfers)) with[account] += sum;
  std::map<ledger::AccountId, std::int64_t> without;
  for (const auto& transfers :
       {capture_posting(agreement, euro(100), kNow), refund_posting(agreement, {euro(30), euro(0)}, kNow)})
    for (const auto& [account, sum] : effect(transfers)) without[account] += sum;
  EXPECT_EQ(with[receivable], without[receivable]);
  EXPECT_EQ(with[payable], without[payable]);
  EXPECT_EQ(with[clearing], 0);
}

TEST_F(PostingsTest, hot_accounts_are_derived_and_a_receivable_has_a_floor) {
  EXPECT_EQ(merchant_payable_account(agreement.merchant_id, kEuro).balance_mode, ledger::BalanceMode::derived);
  EXPECT_EQ(card_clearing_account(kEuro).balance_mode, ledger::BalanceMode::derived);
  EXPECT_EQ(receivable_account(agreement).balance_mode, ledger::BalanceMode::kept);
  EXPECT_EQ(receivable_account(agreement).floor, ledger::Floor::zero);
  EXPECT_NE(clearing, card_clearing_account(Currency::of("SEK")).id);
}

TEST_F(PostingsTest, several_transfers_share_a_group_and_ids_differ) {
  const base::ManualClock wall(kNow);
  base::SeededRandom random(1);
  const auto transfers = with_ids(refund_posting(agreement, {euro(60), euro(40)}, kNow), wall, random);
  ASSERT_EQ(transfers.size(), 2U);
  EXPECT_TRUE(transfers[0].group.has_value());
  EXPECT_EQ(transfers[0].group, transfers[1].group);
  EXPECT_NE(transfers[0].id, transfers[1].id);
  EXPECT_FALSE(with_ids(capture_posting(agreement, euro(1), kNow), wall, random)[0].group.has_value());
}

TEST_F(PostingsTest, nothing_empty_negative_or_foreign_is_posted) {
  EXPECT_THROW((void)capture_posting(agreement, euro(0), kNow), base::RequirementFailed);
  EXPECT_THROW((void)capture_posting(agreement, Money(1, Currency::of("SEK")), kNow), base::RequirementFailed);
  EXPECT_THROW((void)card_payment_posting(agreement, euro(-1), kNow), base::RequirementFailed);
  EXPECT_THROW((void)refund_posting(agreement, {euro(0), euro(0)}, kNow), base::RequirementFailed);
  EXPECT_THROW((void)refund_posting(agreement, {euro(2), euro(-1)}, kNow), base::RequirementFailed);
  EXPECT_THROW((void)undone_payment_posting(agreement, {euro(0), euro(0)}, kNow), base::RequirementFailed);
  EXPECT_THROW((void)undone_payment_posting(agreement, {euro(1), euro(2)}, kNow), base::RequirementFailed);
}

}  // namespace
}  // namespace karv::credit
