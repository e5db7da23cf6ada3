#include "vault/reveal/schema.h"

namespace karv::vault {
namespace {

constexpr const char* kStaff = R"(
  create table staff (
    staff_id BYTEA primary key,
    name TEXT not null,
    clearance TEXT not null,
    state TEXT not null,
    invite_digest BYTEA unique,
    invite_until BIGINT not null,
    credential_id BYTEA unique,
    public_key BYTEA,
    sign_count BIGINT not null,
    last_act BIGINT not null,
    approved_by TEXT not null,
    review_due BIGINT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kRequests = R"(
  create table reveal_requests (
    request_id BYTEA primary key,
    tenant_id BYTEA not null,
    card_id BYTEA not null,
    customer_id BYTEA not null,
    requester_id BYTEA not null,
    level TEXT not null,
    reason TEXT not null,
    case_number TEXT not null,
    words TEXT not null,
    looks BIGINT not null,
    looks_taken BIGINT not null,
    state TEXT not null,
    asked_at BIGINT not null,
    expires_at BIGINT not null,
    decided_by BYTEA,
    asked_proof BYTEA not null,
    decided_proof BYTEA not null
  ))";
constexpr const char* kRequestsOfStaff =
    "create index reveal_requests_by_requester on reveal_requests (requester_id, asked_at)";
constexpr const char* kWaitingRequests = "create index reveal_requests_by_state on reveal_requests (state, expires_at)";
constexpr const char* kLooks = R"(
  create table reveal_looks (
    look_id BYTEA primary key,
    request_id BYTEA not null,
    tenant_id BYTEA not null,
    customer_id BYTEA not null,
    card_id BYTEA not null,
    staff_id BYTEA not null,
    level TEXT not null,
    reason TEXT not null,
    looked_at BIGINT not null
  ))";
constexpr const char* kLooksOfCustomer =
    "create index reveal_looks_by_customer on reveal_looks (tenant_id, customer_id, looked_at)";
constexpr const char* kLooksOfStaff = "create index reveal_looks_by_staff on reveal_looks (staff_id, looked_at)";

}  // namespace

store::Migration reveal_migration() {
  return {20070,
          "staff and reveal",
          {kStaff, kRequests, kRequestsOfStaff, kWaitingRequests, kLooks, kLooksOfCustomer, kLooksOfStaff}};
}

}  // namespace karv::vault
