// The use cases of credit. Each takes the caller's transaction; the ledger transfers of what it decides are posted in
// the same one. Money arguments are in the agreement's currency; any other is a bug.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "calendar/zone.h"
#include "credit/plans.h"
#include "credit/rules.h"
#include "credit/schema.h"  // migrations(): 50001..
#include "credit/types.h"
#include "ledger/account_cache.h"
#include "ledger/types.h"
#include "store/database.h"

namespace karv::credit {

struct Context {
  const base::Clock& wall;      // ids
  const base::Clock& business;  // dates and instants that customers see
  base::Random& random;
  calendar::Zone zone;  // of the purchase's market: where its days begin and end
  // Accounts that are open, so that a capture need not ask. A server has one; empty: one round trip more.
  ledger::AccountCache* known_accounts = nullptr;
  // Set: transfers are put there instead of being posted; who set it posts them all, in the same transaction.
  std::vector<ledger::TransferSpec>* gathered = nullptr;
};
// The business day there: what every due date is compared with.
calendar::Date today(const Context& context);

struct Conclusion {
  base::Uuid authorization{};
  identity::CustomerId customer_id;
  identity::MerchantId merchant_id;
  Plan plan = Plan::pay_in_30;
  money::Money amount;
  std::string terms_version, terms_hash;
};
// Effects: one agreements row, state concluded. Cost: with the commit.
base::Result<AgreementId> conclude(store::Tx& tx, const Context& context, const Conclusion& conclusion);

// Makes a captured amount owed: its schedule starts on `captured_on`. A first installment due that day is `due`.
// Effects: installments; transfer receivable -> merchant_payable; agreement active.
// Errors: not_found, not_allowed (canceled), not_matching (beyond the agreed amount). Cost: two round trips.
base::Result<std::vector<Installment>> activate_capture(store::Tx& tx, const Context& context, AgreementId agreement,
                                                        const base::Uuid& capture, const money::Money& amount,
                                                        calendar::Date captured_on);

// The agreed ceiling follows the order's authorization (extended or reduced by the merchant).
// Errors: not_found, not_matching (below what is captured). Cost: one round trip.
base::Result<void> change_agreed_amount(store::Tx& tx, AgreementId agreement, const money::Money& amount);

// Ends an agreement without captures. Errors: not_found, not_allowed (captured already). Cost: one round trip.
base::Result<void> cancel_agreement(store::Tx& tx, AgreementId agreement);

struct RefundSplit {
  money::Money canceled;            // taken off what is owed, last installment first
  money::Money to_card;             // the excess: goes back to the card that paid
  std::vector<RefundToCard> parts;  // which payments it gives back; their amounts sum to to_card
};
// Effects: installments and agreement; transfers out of merchant_payable for both parts.
// `capture`: only that capture's installments; empty: all, the latest due first.
// Errors: not_found; not_matching (more than captured and not yet refunded); unavailable, to be retried (a charge that
// is on its way decides whether the rest is owed or paid). Cost: two round trips.
base::Result<RefundSplit> cancel_owed(store::Tx& tx, const Context& context, AgreementId agreement,
                                      const std::optional<base::Uuid>& capture, const money::Money& refund);

// Reserves the installment for one charge, so that no second one starts. Answers what to charge.
// Errors: not_found, not_allowed (paid, canceled or being charged). Cost: one round trip.
base::Result<Installment> start_payment(store::Tx& tx, InstallmentId installment);

// Counts a payment of what is owed on it, or a part of it: the rest stays owed. The same operation again changes
// nothing. Effects: payments row; transfer card_clearing <- receivable; agreement settled when nothing is left. Errors:
// not_found, not_allowed, not_matching (more than is owed). Cost: two round trips.
base::Result<Installment> apply_payment(store::Tx& tx, const Context& context, InstallmentId installment,
                                        const money::Money& amount, const PaidBy& by);

// Undoes a payment that was counted and that the card network refused later: its installment is owed again and charged
// by the rule for failed charges. The same operation again changes nothing.
// Effects: payments row; correcting transfers; agreement active. Errors: not_found. Cost: two round trips.
struct UndonePayment {
  Installment installment;
  money::Money undone, withdrawn;  // withdrawn: what refunds were to give back of it, and now must not
  bool news = true;                // false: it was undone before
};
base::Result<UndonePayment> undo_payment(store::Tx& tx, const Context& context, AgreementId agreement,
                                         const base::Uuid& operation);

// The charge that start_payment reserved did not happen. At or after the due date this counts: the installment is
// overdue and tried again after 7 days, three times in all. Before it, the installment is as it was.
// Errors: not_found, not_allowed (not being charged). Cost: one round trip.
base::Result<Installment> fail_payment(store::Tx& tx, const Context& context, InstallmentId installment);

// The charge that start_payment reserved was never sent: it counts for nothing, and may be started again at once.
// Errors: not_found, not_allowed (not being charged). Cost: one round trip.
base::Result<Installment> return_payment(store::Tx& tx, const Context& context, InstallmentId installment);

// Nobody could be charged on a due or later date (no card): planned -> due -> (a day later) overdue.
// Errors: not_found, not_allowed. Cost: one round trip.
base::Result<Installment> note_unpaid(store::Tx& tx, const Context& context, InstallmentId installment);

// Installments whose next step is on or before `date`, oldest first; those behind `after` when it is given, so that a
// run looks at each once. Cost: one round trip.
base::Result<std::vector<Installment>> due_installments(store::ReadTx& tx, calendar::Date date, std::int64_t limit,
                                                        const std::optional<Installment>& after = {});

// Errors: not_found. Cost: one round trip.
base::Result<AgreementView> get_agreement(store::ReadTx& tx, AgreementId agreement);
base::Result<Agreement> get_agreement_of_installment(store::ReadTx& tx, InstallmentId installment);
base::Result<Installment> get_installment(store::ReadTx& tx, InstallmentId installment);
// Newest first. Cost: one round trip.
base::Result<std::vector<AgreementView>> list_agreements(store::ReadTx& tx, identity::CustomerId customer,
                                                         std::int64_t limit);
// What the customer owes in the currency plus what is agreed and may still be captured; risk's fact.
// Cost: one round trip; the two others are for a batch of the caller's own.
base::Result<money::Money> open_debt(store::ReadTx& tx, identity::CustomerId customer, money::Currency currency);
store::Query open_debt_query(identity::CustomerId customer, money::Currency currency);
money::Money read_open_debt(const store::Rows& rows, money::Currency currency);

}  // namespace karv::credit
