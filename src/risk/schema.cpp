#include "risk/schema.h"

#include <array>

namespace karv::risk {
namespace {

constexpr const char* kDecisions = R"(
  create table risk_decisions (
    decision_id BYTEA primary key,
    payment_session BYTEA not null,
    merchant_id BYTEA not null,
    customer_id BYTEA not null,
    outcome TEXT not null,
    rule_version TEXT not null,
    record TEXT not null,
    decided_at BIGINT not null,
    decided_at_wall BIGINT not null
  ))";
constexpr const char* kByCustomer =
    "create index risk_decisions_by_customer on risk_decisions (customer_id, decided_at_wall)";
// What the vault counted, under the id that it gave: told again, a count is replaced. Wall time.
constexpr const char* kTokenRefusals = R"(
  create table risk_token_refusals (
    refusal_id BYTEA primary key,
    customer_id BYTEA,
    merchant_id BYTEA,
    reason TEXT not null,
    times BIGINT not null,
    first_at BIGINT not null,
    last_at BIGINT not null
  ))";
constexpr const char* kRefusalsByCustomer =
    "create index risk_token_refusals_by_customer on risk_token_refusals (customer_id, last_at)";
constexpr const char* kRefusalsByMerchant =
    "create index risk_token_refusals_by_merchant on risk_token_refusals (merchant_id, last_at)";
constexpr const char* kRefusalsByTime = "create index risk_token_refusals_by_time on risk_token_refusals (last_at)";

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 2> kMigrations = {{
      {60001, "risk_decisions", {kDecisions, kByCustomer}},
      {60002, "token_refusals", {kTokenRefusals, kRefusalsByCustomer, kRefusalsByMerchant, kRefusalsByTime}},
  }};
  return kMigrations;
}

}  // namespace karv::risk
