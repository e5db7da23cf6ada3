#include "credit/repository.h"

#include <limits>

#include "base/check.h"

namespace karv::credit {
namespace {

using store::Row;
using store::Rows;
using store::Sql;

constexpr Sql kFindAgreement =
    "select agreement_id, authorization_ref, customer_id, merchant_id, plan, state, currency, amount, captured, "
    "canceled, paid, refunded, terms_version, terms_hash, concluded_at, version from agreements "
    "where agreement_id = $1";
constexpr Sql kFindAgreementByInstallment =
    "select a.agreement_id, a.authorization_ref, a.customer_id, a.merchant_id, a.plan, a.state, a.currency, a.amount, "
    "a.captured, a.canceled, a.paid, a.refunded, a.terms_version, a.terms_hash, a.concluded_at, a.version "
    "from agreements a join installments i on i.agreement_id = a.agreement_id where i.installment_id = $1";
constexpr Sql kAgreementsOf =
    "select agreement_id, authorization_ref, customer_id, merchant_id, plan, state, currency, amount, captured, "
    "canceled, paid, refunded, terms_version, terms_hash, concluded_at, version from agreements "
    "where customer_id = $1 order by agreement_id desc limit $2";
constexpr Sql kInsertAgreement =
    "insert into agreements (agreement_id, authorization_ref, customer_id, merchant_id, plan, state, currency, amount, "
    "captured, canceled, paid, refunded, terms_version, terms_hash, concluded_at, version) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
constexpr Sql kUpdateAgreement =
    "update agreements set state = $1, amount = $2, captured = $3, canceled = $4, paid = $5, refunded = $6, "
    "version = $7 where agreement_id = $8 and version = $9";

constexpr Sql kFindInstallment =
    "select installment_id, agreement_id, capture_ref, number, due_date, currency, amount, paid, canceled, refunded, "
    "state, failed_charges, next_step_on, version from installments where installment_id = $1";
constexpr Sql kInstallmentsOf =
    "select installment_id, agreement_id, capture_ref, number, due_date, currency, amount, paid, canceled, refunded, "
    "state, failed_charges, next_step_on, version from installments where agreement_id = $1 order by installment_id";
constexpr Sql kInstallmentsOfCustomer =
    "select installment_id, agreement_id, capture_ref, number, due_date, currency, amount, paid, canceled, refunded, "
    "state, failed_charges, next_step_on, version from installments where agreement_id in "
    "(select agreement_id from agreements where customer_id = $1 order by agreement_id desc limit $2) "
    "order by installment_id";
constexpr Sql kInstallmentsWithStep =
    "select installment_id, agreement_id, capture_ref, number, due_date, currency, amount, paid, canceled, refunded, "
    "state, failed_charges, next_step_on, version from installments where next_step_on <= $1 and state <> 'processing' "
    "and (next_step_on > $2 or (next_step_on = $3 and installment_id > $4)) "
    "order by next_step_on, installment_id limit $5";
constexpr Sql kInsertInstallment =
    "insert into installments (installment_id, agreement_id, capture_ref, number, due_date, currency, amount, paid, "
    "canceled, refunded, state, failed_charges, next_step_on, version) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
constexpr Sql kUpdateInstallment =
    "update installments set paid = $1, canceled = $2, refunded = $3, state = $4, failed_charges = $5, "
    "next_step_on = $6, version = $7 where installment_id = $8 and version = $9";

constexpr Sql kPaymentsOf =
    "select payment_id, agreement_id, installment_id, operation, currency, amount, refunded, brand, last4, paid_at, "
    "refused_at from installment_payments where agreement_id = $1 order by payment_id";
constexpr Sql kPaymentsOfInstallment =
    "select payment_id, agreement_id, installment_id, operation, currency, amount, refunded, brand, last4, paid_at, "
    "refused_at from installment_payments where installment_id = $1 order by payment_id";
constexpr Sql kPaymentsOfCustomer =
    "select payment_id, agreement_id, installment_id, operation, currency, amount, refunded, brand, last4, paid_at, "
    "refused_at from installment_payments where agreement_id in "
    "(select agreement_id from agreements where customer_id = $1 order by agreement_id desc limit $2) "
    "order by payment_id";
constexpr Sql kInsertPayment =
    "insert into installment_payments (payment_id, agreement_id, installment_id, operation, currency, amount, "
    "refunded, "
    "brand, last4, paid_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
constexpr Sql kUpdatePaymentRefunded =
    "update installment_payments set refunded = $1 where payment_id = $2 and refunded = $3";

constexpr Sql kUpdatePaymentRefused =
    "update installment_payments set refunded = 0, refused_at = $1 where payment_id = $2 and refunded = $3 "
    "and refused_at is null";

// An amount is at most 2 * 10^8 and a customer has far fewer than 10^9 agreements, so no sum comes near 2^63.
constexpr Sql kOpenAmounts =
    "select cast(coalesce(sum(case state when 'canceled' then 0 else amount - canceled - paid end), 0) as BIGINT) "
    "from agreements where customer_id = $1 and currency = $2 and plan <> 'pay_now'";

money::Currency currency_from(const Row& row, std::size_t column) {
  const auto currency = money::Currency::parse(row.text(column));
  KARV_REQUIRE(currency.has_value());
  return *currency;
}
calendar::Date date_from(std::int64_t day_number) {
  const auto date = calendar::Date::from_day_number(day_number);
  KARV_REQUIRE(date.has_value());
  return *date;
}
base::Uuid uuid_from(const Row& row, std::size_t column) { return row.id<AgreementId>(column).uuid(); }
base::Bytes bytes_of(const base::Uuid& uuid) { return {uuid.begin(), uuid.end()}; }

template <class T>
T known(std::optional<T> value) {
  KARV_REQUIRE(value.has_value());
  return *value;
}

Agreement agreement_from(const Row& row) {
  const money::Currency currency = currency_from(row, 6);
  const auto money_at = [&](std::size_t column) { return money::Money(row.integer(column), currency); };
  Agreement agreement;
  agreement.agreement_id = row.id<AgreementId>(0);
  agreement.authorization = uuid_from(row, 1);
  agreement.customer_id = row.id<identity::CustomerId>(2);
  agreement.merchant_id = row.id<identity::MerchantId>(3);
  agreement.plan = known(plan_from(row.text(4)));
  agreement.state = known(agreement_state_from(row.text(5)));
  agreement.amount = money_at(7);
  agreement.captured = money_at(8);
  agreement.canceled = money_at(9);
  agreement.paid = money_at(10);
  agreement.refunded = money_at(11);
  agreement.terms_version = row.text(12);
  agreement.terms_hash = row.text(13);
  agreement.concluded_at = {row.integer(14)};
  agreement.version = row.integer(15);
  return agreement;
}

Installment installment_from(const Row& row) {
  const money::Currency currency = currency_from(row, 5);
  const auto money_at = [&](std::size_t column) { return money::Money(row.integer(column), currency); };
  Installment installment;
  installment.installment_id = row.id<InstallmentId>(0);
  installment.agreement_id = row.id<AgreementId>(1);
  installment.capture = uuid_from(row, 2);
  installment.number = row.integer(3);
  installment.due_date = date_from(row.integer(4));
  installment.amount = money_at(6);
  installment.paid = money_at(7);
  installment.canceled = money_at(8);
  installment.refunded = money_at(9);
  installment.state = known(installment_state_from(row.text(10)));
  installment.failed_charges = row.integer(11);
  if (const auto day = row.integer_or_null(12)) installment.next_step_on = date_from(*day);
  installment.version = row.integer(13);
  return installment;
}

Payment payment_from(const Row& row) {
  const money::Currency currency = currency_from(row, 4);
  Payment payment;
  payment.payment_id = row.id<PaymentId>(0);
  payment.agreement_id = row.id<AgreementId>(1);
  payment.installment_id = row.id<InstallmentId>(2);
  payment.by.operation = uuid_from(row, 3);
  payment.amount = {row.integer(5), currency};
  payment.refunded = {row.integer(6), currency};
  payment.by.brand = row.text(7);
  payment.by.last4 = row.text(8);
  payment.paid_at = {row.integer(9)};
  if (const auto refused = row.integer_or_null(10)) payment.refused_at = base::Instant{*refused};
  return payment;
}

std::optional<std::int64_t> day_of(const std::optional<calendar::Date>& date) {
  if (!date) return std::nullopt;
  return date->day_number();
}

}  // namespace

store::Query find_agreement(AgreementId id) { return {kFindAgreement, {id}}; }
store::Query find_agreement_by_installment(InstallmentId id) { return {kFindAgreementByInstallment, {id}}; }
store::Query agreements_of(identity::CustomerId id, std::int64_t limit) { return {kAgreementsOf, {id, limit}}; }
std::vector<Agreement> read_agreements(const Rows& rows) {
  std::vector<Agreement> agreements;
  for (const Row& row : rows) agreements.push_back(agreement_from(row));
  return agreements;
}
std::optional<Agreement> read_agreement(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return agreement_from(rows[0]);
}
void insert_agreement(store::Tx& tx, const Agreement& a) {
  tx.write({kInsertAgreement,
            {a.agreement_id, bytes_of(a.authorization), a.customer_id, a.merchant_id, name_of(a.plan), name_of(a.state),
             a.amount.currency().code(), a.amount.minor(), a.captured.minor(), a.canceled.minor(), a.paid.minor(),
             a.refunded.minor(), a.terms_version, a.terms_hash, a.concluded_at.ms, a.version}},
           1);
}
void update_agreement(store::Tx& tx, const Agreement& a) {
  tx.write({kUpdateAgreement,
            {name_of(a.state), a.amount.minor(), a.captured.minor(), a.canceled.minor(), a.paid.minor(),
             a.refunded.minor(), a.version, a.agreement_id, a.version - 1}},
           1);
}

store::Query find_installment(InstallmentId id) { return {kFindInstallment, {id}}; }
store::Query installments_of(AgreementId id) { return {kInstallmentsOf, {id}}; }
store::Query installments_of_customer(identity::CustomerId id, std::int64_t agreements) {
  return {kInstallmentsOfCustomer, {id, agreements}};
}
store::Query installments_with_step(calendar::Date until, std::int64_t limit, const std::optional<Installment>& after) {
  const std::int64_t day = after ? after->next_step_on->day_number() : std::numeric_limits<std::int64_t>::min();
  const InstallmentId id = after ? after->installment_id : InstallmentId();
  return {kInstallmentsWithStep, {until.day_number(), day, day, id, limit}};
}
std::vector<Installment> read_installments(const Rows& rows) {
  std::vector<Installment> installments;
  for (const Row& row : rows) installments.push_back(installment_from(row));
  return installments;
}
void insert_installment(store::Tx& tx, const Installment& i) {
  tx.write({kInsertInstallment,
            {i.installment_id, i.agreement_id, bytes_of(i.capture), i.number, i.due_date.day_number(),
             i.amount.currency().code(), i.amount.minor(), i.paid.minor(), i.canceled.minor(), i.refunded.minor(),
             name_of(i.state), i.failed_charges, day_of(i.next_step_on), i.version}},
           1);
}
void update_installment(store::Tx& tx, const Installment& i) {
  tx.write({kUpdateInstallment,
            {i.paid.minor(), i.canceled.minor(), i.refunded.minor(), name_of(i.state), i.failed_charges,
             day_of(i.next_step_on), i.version, i.installment_id, i.version - 1}},
           1);
}

store::Query payments_of(AgreementId id) { return {kPaymentsOf, {id}}; }
store::Query payments_of_installment(InstallmentId id) { return {kPaymentsOfInstallment, {id}}; }
store::Query payments_of_customer(identity::CustomerId id, std::int64_t agreements) {
  return {kPaymentsOfCustomer, {id, agreements}};
}
std::vector<Payment> read_payments(const Rows& rows) {
  std::vector<Payment> payments;
  for (const Row& row : rows) payments.push_back(payment_from(row));
  return payments;
}
void insert_payment(store::Tx& tx, const Payment& p) {
  tx.write({kInsertPayment,
            {p.payment_id, p.agreement_id, p.installment_id, bytes_of(p.by.operation), p.amount.currency().code(),
             p.amount.minor(), p.refunded.minor(), p.by.brand, p.by.last4, p.paid_at.ms}},
           1);
}
void update_payment_refunded(store::Tx& tx, const Payment& was, const money::Money& refunded) {
  tx.write({kUpdatePaymentRefunded, {refunded.minor(), was.payment_id, was.refunded.minor()}}, 1);
}

void update_payment_refused(store::Tx& tx, const Payment& was, base::Instant refused_at) {
  tx.write({kUpdatePaymentRefused, {refused_at.ms, was.payment_id, was.refunded.minor()}}, 1);
}

store::Query open_amounts_of(identity::CustomerId id, money::Currency currency) {
  return {kOpenAmounts, {id, currency.code()}};
}
std::int64_t read_open_amount(const Rows& rows) {
  KARV_REQUIRE(rows.size() == 1);
  return rows[0].integer(0);
}

}  // namespace karv::credit
