// How credit moves money in the ledger: pure templates, each a list of transfers that belong together.
//
// Accounts: one receivable per agreement (what the customer owes; may not go below zero), merchant_payable per merchant
// and currency, card_clearing per currency (what the card network owes Karv); the last two are hot, so their balances
// are derived. A transfer debits one account and credits another, so each template nets to zero; a test says so.
//   capture       debit receivable        credit merchant_payable   the purchase becomes owed
//   card_payment  debit card_clearing     credit receivable         the customer paid
//   refund        debit merchant_payable  credit receivable         what was still owed is taken off
//                 debit merchant_payable  credit card_clearing      what was paid goes back
//   undone        debit receivable        credit card_clearing      the network refused the payment after all: owed
//   again
//                 debit card_clearing     credit merchant_payable   what was to go back of it does not
//                 debit merchant_payable  credit receivable         ... and is taken off what is owed instead
// What was posted before is never changed: `undone` corrects it by new transfers.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "credit/types.h"
#include "ledger/types.h"

namespace karv::credit {

ledger::Account receivable_account(const Agreement& agreement);
ledger::Account merchant_payable_account(identity::MerchantId merchant, money::Currency currency);
ledger::Account card_clearing_account(money::Currency currency);

// The id of the receivable is the agreement's own.
ledger::AccountId receivable_of(AgreementId agreement);

// Without ids; the agreement is the reference. Pre: amounts > 0.
std::vector<ledger::TransferSpec> capture_posting(const Agreement& agreement, const money::Money& amount,
                                                  base::Instant business_time);
std::vector<ledger::TransferSpec> card_payment_posting(const Agreement& agreement, const money::Money& amount,
                                                       base::Instant business_time);
// Pre: at least one part > 0; a part of zero makes no transfer.
struct RefundAmounts {
  money::Money canceled, to_card;
};
std::vector<ledger::TransferSpec> refund_posting(const Agreement& agreement, const RefundAmounts& amounts,
                                                 base::Instant business_time);

// Pre: undone > 0, withdrawn <= undone; a withdrawn part of zero makes no transfers.
struct UndoneAmounts {
  money::Money undone, withdrawn;
};
std::vector<ledger::TransferSpec> undone_payment_posting(const Agreement& agreement, const UndoneAmounts& amounts,
                                                         base::Instant business_time);

// Gives each transfer its id, and several a common group, so that all are made or none.
std::vector<ledger::TransferSpec> with_ids(std::vector<ledger::TransferSpec> transfers, const base::Clock& wall,
                                           base::Random& random);

}  // namespace karv::credit
