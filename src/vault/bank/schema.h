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

// `due_at`: when the vault has to do something about it; null when it has not.
inline constexpr const char* kBankFiles = R"(
  create table bank_files (
    file_id BYTEA primary key,
    tenant_id BYTEA not null,
    request_digest BYTEA not null,
    state TEXT not null,
    destination TEXT not null,
    purpose TEXT not null,
    debtor_account_id BYTEA not null,
    debtor_name TEXT not null,
    execution_date TEXT not null,
    currency TEXT not null,
    announced_entries BIGINT not null,
    announced_minor BIGINT not null,
    entries BIGINT not null,
    sum_minor BIGINT not null,
    created_at BIGINT not null,
    digest BYTEA not null,
    bank_status TEXT not null,
    bank_reason TEXT not null,
    problem TEXT not null,
    attempts BIGINT not null,
    state_since BIGINT not null,
    due_at BIGINT
  ))";
inline constexpr const char* kBankFilesByDue = "create index bank_files_by_due on bank_files (due_at)";
inline constexpr const char* kBankFilesByDebtor = "create index bank_files_by_debtor on bank_files (debtor_account_id)";
// `sealed` holds name and remittance text under the file's own key, bound to file and number.
inline constexpr const char* kBankFileEntries = R"(
  create table bank_file_entries (
    file_id BYTEA not null,
    number BIGINT not null,
    entry_id BYTEA not null,
    request_digest BYTEA not null,
    account_id BYTEA not null,
    amount_minor BIGINT not null,
    sealed BYTEA not null,
    bank_status TEXT not null,
    bank_reason TEXT not null,
    primary key (file_id, number),
    unique (file_id, entry_id)
  ))";
inline constexpr const char* kBankFileEntriesByAccount =
    "create index bank_file_entries_by_account on bank_file_entries (account_id)";
// The seed of a signing key, wrapped by a key of the HSM that has its name.
inline constexpr const char* kBankSigningKeys = R"(
  create table bank_signing_keys (
    destination TEXT primary key,
    public_key BYTEA not null,
    wrapped BYTEA not null,
    created_at BIGINT not null
  ))";

// `original` and `heads` are sealed under the file's own key, bound to this row.
inline constexpr const char* kBankStatementFiles = R"(
  create table bank_statement_files (
    file_id BYTEA primary key,
    tenant_id BYTEA not null,
    destination TEXT not null,
    position BIGINT not null,
    bank_id TEXT not null,
    digest BYTEA not null,
    subject_key_id BYTEA not null,
    original BYTEA not null,
    heads BYTEA not null,
    line_count BIGINT not null,
    problem TEXT not null,
    received_at BIGINT not null,
    unique (tenant_id, destination, position),
    unique (tenant_id, destination, bank_id)
  ))";
inline constexpr const char* kBankStatementFilesByDigest =
    "create index bank_statement_files_by_digest on bank_statement_files (tenant_id, destination, digest)";
inline constexpr const char* kBankStatementFilesBySubjectKey =
    "create index bank_statement_files_by_subject_key on bank_statement_files (subject_key_id)";
inline constexpr const char* kBankStatementLines = R"(
  create table bank_statement_lines (
    file_id BYTEA not null,
    number BIGINT not null,
    account_id BYTEA,
    token_key_id BYTEA not null,
    sealed BYTEA not null,
    primary key (file_id, number)
  ))";

}  // namespace karv::vault
