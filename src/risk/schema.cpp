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

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 1> kMigrations = {{{60001, "risk_decisions", {kDecisions, kByCustomer}}}};
  return kMigrations;
}

}  // namespace karv::risk
