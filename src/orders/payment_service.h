// Paying an installment by card: on its date, by the nightly run, or now, by the shopper.
//
// Two steps with a call between them, like an authorization: start_installment_payment reserves the installment and
// commits the intent to charge; finish_installment_payment records what the card network said. Both are the merchant's
// initiative towards the card network (a stored credential, quoting the original), also when the shopper asks early.
// A purchase made without a card has no original to quote: a card given later is asked for a hold, which is completed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "orders/context.h"
#include "rails/types.h"

namespace karv::orders {

struct InstallmentPayment {
  credit::InstallmentId installment_id;
  std::optional<identity::CustomerId> customer;  // set when the shopper asks: it must be theirs
};
// Effects: installment processing; a charge (or hold) intended. Errors: not_found, not_allowed (nothing owed, being
// charged, or no card: reason CARD_MISSING), unavailable (reason NOT_YET: the last ones were not sent, and the shopper
// does not ask). Cost: four round trips.
base::Result<rails::CardOperation> start_installment_payment(store::Tx& tx, const Context& context,
                                                             const InstallmentPayment& payment);

// Whether the operation is one that start_installment_payment intended.
bool pays_installment(const rails::CardOperation& operation);

// Effects: the installment is paid, or tried again later; mail and news. One that never reached the card network counts
// for nothing and is not mailed about. While the outcome is not known it stays processing. Errors: none of its own.
// Cost: five round trips.
base::Result<credit::Installment> finish_installment_payment(store::Tx& tx, const Context& context,
                                                             const rails::CardOperation& settled_charge);

struct SettledCharge {
  rails::CardOperationId charge;
  rails::Outcome outcome;  // what was said of it
};
// Records what was said of the charge, and finishes it unless that was done before.
base::Result<rails::CardOperation> settle_installment_payment(store::Tx& tx, const Context& context,
                                                              const SettledCharge& settled);
// The same for many, in one transaction and with one call of the ledger: all of them or none. In their order.
base::Result<std::vector<rails::CardOperation>> settle_installment_payments(store::Tx& tx, const Context& context,
                                                                            std::span<const SettledCharge> settled);

// An advice that was refused, by the vault for good or afterwards by the card network. A completion had been counted as
// a payment: that is undone, refunds of it that wait are withdrawn, and what the hold still blocks is given free when
// nothing will be captured any more. Anything else was counted nowhere but in rails. Again: changes nothing.
// Effects: installment open again, correcting transfers; audit, mail, news. Errors: none of its own. Cost: nine round
// trips.
base::Result<void> undo_refused_advice(store::Tx& tx, const Context& context, const rails::CardOperation& advice);

// An installment whose date has come in its market and that no card pays: due, and a day later overdue.
// Errors: not_found, not_allowed (not its date, or ended). Cost: three round trips.
base::Result<credit::Installment> note_installment_unpaid(store::Tx& tx, const Context& context,
                                                          credit::InstallmentId id);

}  // namespace karv::orders
