#include "vault/schema.h"

#include <array>

namespace karv::vault {
namespace {

// Keys of the vault, each wrapped by the key in the HSM. `purpose`: seal, fingerprint, token.
constexpr const char* kDataKeys = R"(
  create table data_keys (
    purpose TEXT not null,
    version BIGINT not null,
    wrapped BYTEA not null,
    created_at BIGINT not null,
    primary key (purpose, version)
  ))";
// `sealed` holds number, expiry and name, bound to this row and its customer.
constexpr const char* kCards = R"(
  create table cards (
    card_id BYTEA primary key,
    customer_id BYTEA not null,
    key_version BIGINT not null,
    sealed BYTEA not null,
    fingerprint BYTEA not null,
    brand TEXT not null,
    last4 TEXT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kCardsByFingerprint =
    "create unique index cards_by_fingerprint on cards (customer_id, fingerprint)";
constexpr const char* kVaultTokens = R"(
  create table vault_tokens (
    token_mac BYTEA primary key,
    card_id BYTEA not null,
    customer_id BYTEA not null,
    merchant_id BYTEA,
    purpose TEXT not null,
    agreement_id BYTEA,
    cap_minor BIGINT,
    currency TEXT,
    expires_at BIGINT,
    used_minor BIGINT not null,
    uses BIGINT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kTickets = R"(
  create table card_tickets (
    ticket_mac BYTEA primary key,
    customer_id BYTEA not null,
    merchant_id BYTEA,
    purpose TEXT not null,
    frame_ancestors TEXT not null,
    parent_origin TEXT not null,
    state TEXT not null,
    card_id BYTEA,
    expires_at BIGINT not null
  ))";
constexpr const char* kOperations = R"(
  create table operations (
    operation_id BYTEA primary key,
    kind TEXT not null,
    request_digest BYTEA not null,
    state TEXT not null,
    card_id BYTEA not null,
    customer_id BYTEA not null,
    merchant_id BYTEA not null,
    token_mac BYTEA not null,
    original_id BYTEA,
    amount_minor BIGINT not null,
    currency TEXT not null,
    merchant_reference TEXT not null,
    merchant_name TEXT not null,
    initiator TEXT not null,
    reference TEXT not null,
    stan BIGINT not null,
    sent_at BIGINT not null,
    reversal_stan BIGINT not null,
    reversal_at BIGINT not null,
    response_code TEXT not null,
    approval_code TEXT not null,
    completed_minor BIGINT not null,
    refunded_minor BIGINT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kOperationsByReference = "create unique index operations_by_reference on operations (reference)";
constexpr const char* kOperationsByOriginal =
    "create index operations_by_original on operations (original_id, operation_id)";
// What is not settled; a row goes when its operation is.
constexpr const char* kOpenOperations = R"(
  create table open_operations (
    operation_id BYTEA primary key,
    attempts BIGINT not null,
    due_at BIGINT not null
  ))";

// A token of a restored store is frozen until the operator has compared (restore.h).
constexpr const char* kFrozenAt = "alter table vault_tokens add column frozen_at BIGINT";
constexpr const char* kRestores = R"(
  create table restores (
    restore_id BYTEA primary key,
    backup_id TEXT not null,
    restored_at BIGINT not null,
    tokens BIGINT not null,
    reconciled_at BIGINT
  ))";

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 4> kMigrations = {{
      {20001, "vault keys and cards", {kDataKeys, kCards, kCardsByFingerprint}},
      {20002, "vault tokens and card tickets", {kVaultTokens, kTickets}},
      {20003, "card operations", {kOperations, kOperationsByReference, kOperationsByOriginal, kOpenOperations}},
      {20004, "restores", {kFrozenAt, kRestores}},
  }};
  return kMigrations;
}

}  // namespace karv::vault
