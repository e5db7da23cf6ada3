// Rows of card files that move in, their approvals, and the key that they are encrypted to. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/custody/types.h"
#include "vault/keys/types.h"

namespace karv::vault {

// Migration 20062. `sealed`: the private key under a key of the hierarchy.
inline constexpr const char* kImportKeys = R"(
  create table import_keys (
    only_one BIGINT primary key,
    subject_key_id BYTEA not null,
    public_key BYTEA not null,
    sealed BYTEA not null,
    created_at BIGINT not null
  ))";
inline constexpr const char* kImports = R"(
  create table imports (
    file_digest BYTEA primary key,
    total_rows BIGINT not null,
    chunk_digests BYTEA not null,
    next_chunk BIGINT not null,
    kept BIGINT not null,
    refused BIGINT not null,
    created_at BIGINT not null,
    finished_at BIGINT
  ))";
inline constexpr const char* kImportApprovals = R"(
  create table import_approvals (
    file_digest BYTEA not null,
    custodian_id BYTEA not null,
    approved_at BIGINT not null,
    primary key (file_digest, custodian_id)
  ))";

struct StoredImportKey {
  SubjectKeyId subject_key;
  base::Bytes public_key;
  base::Bytes sealed;
};
struct StoredImport {
  base::Bytes digest;
  std::int64_t rows = 0;
  base::Bytes chunk_digests;  // 32 bytes each
  std::int64_t next_chunk = 0;
  std::int64_t kept = 0;
  std::int64_t refused = 0;
  std::optional<base::Instant> finished_at;
};
struct ImportApproval {
  CustodianId custodian;
  base::Instant at;
};

base::Result<std::optional<StoredImportKey>> find_import_key(store::ReadTx& tx);
// In the place of `before`; fails the transaction when another process was faster.
void put_import_key(store::Tx& tx, const std::optional<StoredImportKey>& before, const StoredImportKey& key,
                    base::Instant now);

base::Result<std::optional<StoredImport>> find_import(store::ReadTx& tx, const base::Bytes& digest);
// The row stays ours until the end of the transaction.
base::Result<std::optional<StoredImport>> lock_import(store::Tx& tx, const base::Bytes& digest);
void insert_import(store::Tx& tx, const StoredImport& import, base::Instant now);
// Position, counts and end. Fails the transaction when its position is not `next_chunk`.
void update_import(store::Tx& tx, const StoredImport& import, std::int64_t next_chunk);
base::Result<std::vector<ImportApproval>> find_approvals(store::ReadTx& tx, const base::Bytes& digest);
// His newest.
void put_approval(store::Tx& tx, const base::Bytes& digest, const ImportApproval& approval);

}  // namespace karv::vault
