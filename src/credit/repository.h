// Rows of this module's tables <-> types. The only place of its SQL. Updates check the version they were decided on: a
// row that changed meanwhile fails the transaction with `conflict`.
#pragma once

#include <optional>
#include <vector>

#include "credit/types.h"
#include "store/database.h"

namespace karv::credit {

store::Query find_agreement(AgreementId id);
store::Query find_agreement_by_installment(InstallmentId id);
store::Query agreements_of(identity::CustomerId id, std::int64_t limit);  // newest first
std::vector<Agreement> read_agreements(const store::Rows& rows);
std::optional<Agreement> read_agreement(const store::Rows& rows);
void insert_agreement(store::Tx& tx, const Agreement& agreement);
void update_agreement(store::Tx& tx, const Agreement& agreement);  // Pre: version was raised by one

store::Query find_installment(InstallmentId id);
store::Query installments_of(AgreementId id);  // by id: the order of their making
store::Query installments_of_customer(identity::CustomerId id, std::int64_t agreements);
store::Query installments_with_step(calendar::Date until, std::int64_t limit, const std::optional<Installment>& after);
std::vector<Installment> read_installments(const store::Rows& rows);
void insert_installment(store::Tx& tx, const Installment& installment);
void update_installment(store::Tx& tx, const Installment& installment);  // Pre: version was raised by one

store::Query payments_of(AgreementId id);  // oldest first
store::Query payments_of_installment(InstallmentId id);
store::Query payments_of_customer(identity::CustomerId id, std::int64_t agreements);
std::vector<Payment> read_payments(const store::Rows& rows);
void insert_payment(store::Tx& tx, const Payment& payment);
void update_payment_refunded(store::Tx& tx, const Payment& was, const money::Money& refunded);
// Marks it as refused; nothing of it goes back any more. Pre: not refused before.
void update_payment_refused(store::Tx& tx, const Payment& was, base::Instant refused_at);

// Per currency code: what is owed, and what is agreed and may still be captured.
store::Query open_amounts_of(identity::CustomerId id, money::Currency currency);
std::int64_t read_open_amount(const store::Rows& rows);

}  // namespace karv::credit
