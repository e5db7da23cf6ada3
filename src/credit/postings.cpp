#include "credit/postings.h"

#include "base/check.h"
#include "ledger/service.h"

namespace karv::credit {
namespace {

constexpr std::string_view kReceivable = "customer_receivable";
constexpr std::string_view kMerchantPayable = "merchant_payable";
constexpr std::string_view kCardClearing = "card_clearing";
constexpr std::string_view kCardNetwork = "card_network";

ledger::TransferSpec spec(const Agreement& agreement, std::string_view kind, const money::Money& amount,
                          base::Instant business_time) {
  KARV_REQUIRE(amount.is_positive() && amount.currency() == agreement.amount.currency());
  ledger::TransferSpec made;
  made.kind = std::string(kind);
  made.amount = amount;
  made.reference = agreement.agreement_id.uuid();
  made.business_time = business_time;
  return made;
}

ledger::AccountId payable_of(const Agreement& agreement) {
  return ledger::shared_account_id(kMerchantPayable, agreement.merchant_id.text(), agreement.amount.currency());
}
ledger::AccountId clearing_of(const Agreement& agreement) {
  return ledger::shared_account_id(kCardClearing, kCardNetwork, agreement.amount.currency());
}

}  // namespace

ledger::AccountId receivable_of(AgreementId agreement) { return ledger::AccountId(agreement.uuid()); }

ledger::Account receivable_account(const Agreement& agreement) {
  return {receivable_of(agreement.agreement_id),
          std::string(kReceivable),
          agreement.customer_id.text(),
          agreement.amount.currency(),
          ledger::NormalSide::debit,
          ledger::BalanceMode::kept,
          ledger::Floor::zero};
}
ledger::Account merchant_payable_account(identity::MerchantId merchant, money::Currency currency) {
  return {ledger::shared_account_id(kMerchantPayable, merchant.text(), currency),
          std::string(kMerchantPayable),
          merchant.text(),
          currency,
          ledger::NormalSide::credit,
          ledger::BalanceMode::derived,
          ledger::Floor::none};
}
ledger::Account card_clearing_account(money::Currency currency) {
  return {ledger::shared_account_id(kCardClearing, kCardNetwork, currency),
          std::string(kCardClearing),
          std::string(kCardNetwork),
          currency,
          ledger::NormalSide::debit,
          ledger::BalanceMode::derived,
          ledger::Floor::none};
}

std::vector<ledger::TransferSpec> capture_posting(const Agreement& agreement, const money::Money& amount,
                                                  base::Instant business_time) {
  ledger::TransferSpec owed = spec(agreement, "capture", amount, business_time);
  owed.debit = receivable_of(agreement.agreement_id);
  owed.credit = payable_of(agreement);
  return {owed};
}

std::vector<ledger::TransferSpec> card_payment_posting(const Agreement& agreement, const money::Money& amount,
                                                       base::Instant business_time) {
  ledger::TransferSpec paid = spec(agreement, "card_payment", amount, business_time);
  paid.debit = clearing_of(agreement);
  paid.credit = receivable_of(agreement.agreement_id);
  return {paid};
}

std::vector<ledger::TransferSpec> refund_posting(const Agreement& agreement, const RefundAmounts& amounts,
                                                 base::Instant business_time) {
  KARV_REQUIRE(!amounts.canceled.is_negative() && !amounts.to_card.is_negative());
  std::vector<ledger::TransferSpec> transfers;
  if (amounts.canceled.is_positive()) {
    transfers.push_back(spec(agreement, "refund_of_owed", amounts.canceled, business_time));
    transfers.back().debit = payable_of(agreement);
    transfers.back().credit = receivable_of(agreement.agreement_id);
  }
  if (amounts.to_card.is_positive()) {
    transfers.push_back(spec(agreement, "refund_to_card", amounts.to_card, business_time));
    transfers.back().debit = payable_of(agreement);
    transfers.back().credit = clearing_of(agreement);
  }
  KARV_REQUIRE(!transfers.empty());
  return transfers;
}

std::vector<ledger::TransferSpec> undone_payment_posting(const Agreement& agreement, const UndoneAmounts& amounts,
                                                         base::Instant business_time) {
  KARV_REQUIRE(!amounts.withdrawn.is_negative() && amounts.withdrawn <= amounts.undone);
  std::vector<ledger::TransferSpec> transfers;
  transfers.push_back(spec(agreement, "card_payment_refused", amounts.undone, business_time));
  transfers.back().debit = receivable_of(agreement.agreement_id);
  transfers.back().credit = clearing_of(agreement);
  if (amounts.withdrawn.is_zero()) return transfers;
  transfers.push_back(spec(agreement, "refund_to_card_withdrawn", amounts.withdrawn, business_time));
  transfers.back().debit = clearing_of(agreement);
  transfers.back().credit = payable_of(agreement);
  transfers.push_back(spec(agreement, "refund_of_owed", amounts.withdrawn, business_time));
  transfers.back().debit = payable_of(agreement);
  transfers.back().credit = receivable_of(agreement.agreement_id);
  return transfers;
}

std::vector<ledger::TransferSpec> with_ids(std::vector<ledger::TransferSpec> transfers, const base::Clock& wall,
                                           base::Random& random) {
  const bool several = transfers.size() > 1;
  const auto group = base::make_id<ledger::GroupTag>(wall, random);
  for (ledger::TransferSpec& transfer : transfers) {
    transfer.id = base::make_id<ledger::TransferTag>(wall, random);
    if (several) transfer.group = group;
  }
  return transfers;
}

}  // namespace karv::credit
