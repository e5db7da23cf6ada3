#include "vault/schema.h"

#include <array>

#include "vault/bank/schema.h"
#include "vault/cards/card_ending_repository.h"
#include "vault/custody/repository.h"
#include "vault/erasure/repository.h"
#include "vault/import/import_repository.h"
#include "vault/pages/page_findings_repository.h"
#include "vault/processes/process_repository.h"
#include "vault/retention/repository.h"
#include "vault/reveal/schema.h"
#include "vault/server_keys/repository.h"
#include "vault/tokens/refusal_repository.h"

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

// From here on keys form a hierarchy (keys/types.h). No store with cards from before it was ever in production: one
// that has any is refused, by a primary key whose name says what to do.
constexpr const char* kRefuseMark =
    "create table made_before_the_key_hierarchy_start_with_a_new_store (n BIGINT primary key)";
constexpr const char* kRefuseOne = "insert into made_before_the_key_hierarchy_start_with_a_new_store (n) values (1)";
constexpr const char* kRefuseOld =
    "insert into made_before_the_key_hierarchy_start_with_a_new_store (n) select 1 from cards limit 1";
constexpr const char* kRefuseEnd = "drop table made_before_the_key_hierarchy_start_with_a_new_store";
constexpr const char* kDropDataKeys = "drop table data_keys";
constexpr const char* kDropCards = "drop table cards";
constexpr const char* kDropTokens = "drop table vault_tokens";
constexpr const char* kDropTickets = "drop table card_tickets";

constexpr const char* kTenants = R"(
  create table tenants (
    tenant_id BYTEA primary key,
    name TEXT not null unique,
    created_at BIGINT not null
  ))";
// `tenant_id`: 16 zero bytes for the keys of the whole vault; `parent_id` likewise for those that the HSM wraps
// directly.
constexpr const char* kVaultKeys = R"(
  create table vault_keys (
    key_id BYTEA primary key,
    key_class TEXT not null,
    tenant_id BYTEA not null,
    version BIGINT not null,
    parent_id BYTEA not null,
    wrapped BYTEA not null,
    check_value BYTEA not null,
    state TEXT not null,
    uses BIGINT not null,
    created_at BIGINT not null,
    retired_at BIGINT,
    unique (key_class, tenant_id, version)
  ))";
constexpr const char* kSubjectKeys = R"(
  create table subject_keys (
    subject_key_id BYTEA primary key,
    subject_id BYTEA not null,
    tenant_id BYTEA not null,
    version BIGINT not null,
    tenant_key_id BYTEA not null,
    epoch_key_id BYTEA not null,
    wrapped BYTEA not null,
    state TEXT not null,
    uses BIGINT not null,
    created_at BIGINT not null,
    unique (tenant_id, subject_id, version)
  ))";
constexpr const char* kSubjectKeysByEpoch = "create index subject_keys_by_epoch on subject_keys (epoch_key_id)";
constexpr const char* kSubjectKeysByTenant = "create index subject_keys_by_tenant_key on subject_keys (tenant_key_id)";
constexpr const char* kSubjectKeysByAge = "create index subject_keys_by_age on subject_keys (state, created_at)";
constexpr const char* kRotations = R"(
  create table key_rotations (
    rotation_id BYTEA primary key,
    key_class TEXT not null,
    old_key_id BYTEA not null,
    state TEXT not null,
    total BIGINT not null,
    done BIGINT not null,
    started_at BIGINT not null,
    destroy_at BIGINT not null,
    finished_at BIGINT
  ))";

// `sealed` holds number, expiry and name under the customer's key, bound to this row, its customer and that key.
constexpr const char* kCardsUnderKeys = R"(
  create table cards (
    card_id BYTEA primary key,
    tenant_id BYTEA not null,
    customer_id BYTEA not null,
    subject_key_id BYTEA not null,
    sealed BYTEA not null,
    fingerprint BYTEA not null,
    fingerprint_key_id BYTEA not null,
    brand TEXT not null,
    last4 TEXT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kCardsOfCustomer =
    "create unique index cards_by_fingerprint on cards (tenant_id, customer_id, fingerprint)";
constexpr const char* kCardsBySubjectKey = "create index cards_by_subject_key on cards (subject_key_id)";
constexpr const char* kCardsByFingerprintKey = "create index cards_by_fingerprint_key on cards (fingerprint_key_id)";
constexpr const char* kTokensUnderKeys = R"(
  create table vault_tokens (
    token_mac BYTEA primary key,
    mac_key_id BYTEA not null,
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
    created_at BIGINT not null,
    frozen_at BIGINT
  ))";
constexpr const char* kTokensByKey = "create index vault_tokens_by_key on vault_tokens (mac_key_id)";
constexpr const char* kTicketsOfTenants = R"(
  create table card_tickets (
    ticket_mac BYTEA primary key,
    tenant_id BYTEA not null,
    customer_id BYTEA not null,
    merchant_id BYTEA,
    purpose TEXT not null,
    frame_ancestors TEXT not null,
    parent_origin TEXT not null,
    state TEXT not null,
    card_id BYTEA,
    expires_at BIGINT not null
  ))";
// Whose an operation is. Operations from before had no card that could still be opened; there are none.
constexpr const char* kKeyTakenAt = "alter table vault_keys add column taken_at BIGINT";
constexpr const char* kOperationTenant = "alter table operations add column tenant_id BYTEA";

// Who opens the vault together. One custody at a time.
constexpr const char* kCustody = R"(
  create table custody (
    only_one BIGINT primary key,
    custody_id BYTEA not null,
    needed BIGINT not null,
    sealed_pin BYTEA not null,
    created_at BIGINT not null,
    confirmed BIGINT not null
  ))";
constexpr const char* kCustodians = R"(
  create table custodians (
    custodian_id BYTEA primary key,
    name TEXT not null unique,
    signs BYTEA not null,
    share_digest BYTEA not null,
    accepted_at BIGINT,
    acceptance BYTEA not null
  ))";

// The custody that takes over, until it is in force.
constexpr const char* kNextCustody = R"(
  create table next_custody (
    only_one BIGINT primary key,
    custody_id BYTEA not null,
    needed BIGINT not null,
    sealed_pin BYTEA not null,
    created_at BIGINT not null,
    sealed_former_pin BYTEA not null,
    changing BIGINT not null
  ))";
constexpr const char* kNextCustodians = R"(
  create table next_custodians (
    custodian_id BYTEA primary key,
    name TEXT not null unique,
    signs BYTEA not null,
    share_digest BYTEA not null,
    accepted_at BIGINT,
    acceptance BYTEA not null,
    share TEXT not null
  ))";
constexpr const char* kOpenAsSent = "alter table open_operations add column as_sent TEXT";
// A payout without it was not sent. Of those recorded before nobody knows.
constexpr const char* kPayoutsMaybeSent =
    "update operations set state = 'repeating' where kind = 'payout' and state = 'recorded'";
constexpr const char* kMostUses = "alter table vault_tokens add column most_uses BIGINT";
constexpr const char* kMostEach = "alter table vault_tokens add column most_each_minor BIGINT";

}  // namespace

std::span<const store::Migration> migrations() {
  static const auto kMigrations = std::to_array<store::Migration>({
      {20001, "vault keys and cards", {kDataKeys, kCards, kCardsByFingerprint}},
      {20002, "vault tokens and card tickets", {kVaultTokens, kTickets}},
      {20003, "card operations", {kOperations, kOperationsByReference, kOperationsByOriginal, kOpenOperations}},
      {20004, "restores", {kFrozenAt, kRestores}},
      {20005,
       "a hierarchy of keys",
       {kRefuseMark,
        kRefuseOne,
        kRefuseOld,
        kRefuseEnd,
        kDropDataKeys,
        kDropCards,
        kDropTokens,
        kDropTickets,
        kTenants,
        kVaultKeys,
        kSubjectKeys,
        kSubjectKeysByEpoch,
        kSubjectKeysByTenant,
        kSubjectKeysByAge,
        kRotations,
        kCardsUnderKeys,
        kCardsOfCustomer,
        kCardsBySubjectKey,
        kCardsByFingerprintKey,
        kTokensUnderKeys,
        kTokensByKey,
        kTicketsOfTenants,
        kOperationTenant}},
      {20006, "custodians", {kCustody, kCustodians}},
      {20020, "findings of the payment pages", {kPageFindings}},
      {20030, "uses of vault tokens", {kMostUses, kMostEach}},
      {20031, "refused uses of vault tokens", {kTokenRefusals, kTokenRefusalsByTime, kTokenRefusalDays}},
      {20032,
       "the end of cards",
       {kCardEndedAt, kCardRefundUntil, kCardsByRefundUntil, kTokenEndedAt, kTokenRefundUntil, kTokensByCard,
        kTokensByRefundUntil, kTicketsByCard}},
      {20040,
       "bank accounts",
       {kBankAccounts, kBankAccountsOfOwner, kBankAccountsBySubjectKey, kBankAccountsByFingerprintKey, kBankTokens,
        kBankTokensByKey, kBankTokensByAccount, kBankTickets}},
      {20041,
       "bank files",
       {kBankFiles, kBankFilesByDue, kBankFilesByDebtor, kBankFileEntries, kBankFileEntriesByAccount,
        kBankSigningKeys}},
      {20042,
       "bank statements",
       {kBankStatementFiles, kBankStatementFilesByDigest, kBankStatementFilesBySubjectKey, kBankStatementLines}},
      {20050,
       "erasures",
       {kErasures, kErasuresByTime, kErasuresByProofKey, kErasureStore, kErasureJournals, kJournalAcceptances,
        kTicketsByCustomer, kRefusalsByCustomer, kBankTicketsByOwner, kBankTokensByOwner, kBankAccountsByOwner,
        kOperationsByCard}},
      {20060, "several processes", {kVaultProcesses, kTraceBlocks, kFirstTraceBlock, kTicketProcess}},
      {20061, "a signed act is taken once", {kNotedActs}},
      {20062, "card files that move in", {kImportKeys, kImports, kImportApprovals}},
      reveal_migration(),
      {20080, "custodians who take over", {kNextCustody, kNextCustodians}},
      {20090,
       "keys of tenants' servers",
       {kServerKeyGenerations, kErasedServerKeys, kErasedServerKeysByTime, kServerKeyCounts, kServerKeyMinutes}},
      {20095, "payouts as they were sent", {kOpenAsSent, kPayoutsMaybeSent}},
      {20096, "which keys the card network has taken", {kKeyTakenAt}},
      {20100, "what is old is found", {kOperationsByTime, kTokensByExpiry}},
      {20101, "when staff last signed", {kStaffUsedAt}},
  });
  return kMigrations;
}

}  // namespace karv::vault
