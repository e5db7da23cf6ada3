// The tables of bank accounts, for the migrations of schema.cpp.
#pragma once

namespace karv::vault {

// `sealed` holds the number under its owner's key, bound to this row, its owner and that key.
inline constexpr const char* kBankAccounts = R"(
  create table bank_accounts (
    account_id BYTEA primary key,
    tenant_id BYTEA not null,
    owner_kind TEXT not null,
    owner_id BYTEA not null,
    subject_key_id BYTEA not null,
    sealed BYTEA not null,
    fingerprint BYTEA not null,
    fingerprint_key_id BYTEA not null,
    kind TEXT not null,
    country TEXT not null,
    last TEXT not null,
    created_at BIGINT not null
  ))";
inline constexpr const char* kBankAccountsOfOwner =
    "create unique index bank_accounts_by_fingerprint on bank_accounts (tenant_id, fingerprint, owner_id, owner_kind)";
inline constexpr const char* kBankAccountsBySubjectKey =
    "create index bank_accounts_by_subject_key on bank_accounts (subject_key_id)";
inline constexpr const char* kBankAccountsByFingerprintKey =
    "create index bank_accounts_by_fingerprint_key on bank_accounts (fingerprint_key_id)";
inline constexpr const char* kBankTokens = R"(
  create table bank_tokens (
    token_mac BYTEA primary key,
    mac_key_id BYTEA not null,
    tenant_id BYTEA not null,
    account_id BYTEA not null,
    owner_kind TEXT not null,
    owner_id BYTEA not null,
    purpose TEXT not null,
    cap_minor BIGINT,
    currency TEXT,
    expires_at BIGINT,
    used_minor BIGINT not null,
    uses BIGINT not null,
    created_at BIGINT not null,
    frozen_at BIGINT
  ))";
inline constexpr const char* kBankTokensByKey = "create index bank_tokens_by_key on bank_tokens (mac_key_id)";
inline constexpr const char* kBankTokensByAccount = "create index bank_tokens_by_account on bank_tokens (account_id)";
inline constexpr const char* kBankTickets = R"(
  create table bank_tickets (
    ticket_mac BYTEA primary key,
    tenant_id BYTEA not null,
    owner_kind TEXT not null,
    owner_id BYTEA not null,
    purpose TEXT not null,
    cap_minor BIGINT,
    currency TEXT,
    token_expires_at BIGINT,
    state TEXT not null,
    account_id BYTEA,
    expires_at BIGINT not null
  ))";

}  // namespace karv::vault
