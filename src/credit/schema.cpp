#include "credit/schema.h"

#include <array>

namespace karv::credit {
namespace {

constexpr const char* kAgreements = R"(
  create table agreements (
    agreement_id BYTEA primary key,
    authorization_ref BYTEA not null,
    customer_id BYTEA not null,
    merchant_id BYTEA not null,
    plan TEXT not null,
    state TEXT not null,
    currency TEXT not null,
    amount BIGINT not null,
    captured BIGINT not null,
    canceled BIGINT not null,
    paid BIGINT not null,
    refunded BIGINT not null,
    terms_version TEXT not null,
    terms_hash TEXT not null,
    concluded_at BIGINT not null,
    version BIGINT not null
  ))";
constexpr const char* kAgreementsByCustomer =
    "create index agreements_by_customer on agreements (customer_id, agreement_id)";
constexpr const char* kInstallments = R"(
  create table installments (
    installment_id BYTEA primary key,
    agreement_id BYTEA not null,
    capture_ref BYTEA not null,
    number BIGINT not null,
    due_date BIGINT not null,
    currency TEXT not null,
    amount BIGINT not null,
    paid BIGINT not null,
    canceled BIGINT not null,
    refunded BIGINT not null,
    state TEXT not null,
    failed_charges BIGINT not null,
    next_step_on BIGINT,
    version BIGINT not null
  ))";
constexpr const char* kInstallmentsByAgreement =
    "create index installments_by_agreement on installments (agreement_id, installment_id)";
constexpr const char* kInstallmentsByStep =
    "create index installments_by_step on installments (next_step_on, installment_id) where next_step_on is not null";
constexpr const char* kPayments = R"(
  create table installment_payments (
    payment_id BYTEA primary key,
    agreement_id BYTEA not null,
    installment_id BYTEA not null,
    operation BYTEA not null,
    currency TEXT not null,
    amount BIGINT not null,
    refunded BIGINT not null,
    brand TEXT not null,
    last4 TEXT not null,
    paid_at BIGINT not null
  ))";
constexpr const char* kPaymentsByOperation =
    "create unique index installment_payments_by_operation on installment_payments (installment_id, operation)";
constexpr const char* kPaymentsByAgreement =
    "create index installment_payments_by_agreement on installment_payments (agreement_id, payment_id)";

constexpr const char* kRefusedPayments = "alter table installment_payments add column refused_at BIGINT";

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 4> kMigrations = {{
      {50001, "agreements", {kAgreements, kAgreementsByCustomer}},
      {50002, "installments", {kInstallments, kInstallmentsByAgreement, kInstallmentsByStep}},
      {50003, "installment_payments", {kPayments, kPaymentsByOperation, kPaymentsByAgreement}},
      {50004, "payments refused later", {kRefusedPayments}},
  }};
  return kMigrations;
}

}  // namespace karv::credit
