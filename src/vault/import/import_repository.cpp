#include "vault/import/import_repository.h"

#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Sql;

constexpr Sql kFindKey = "select subject_key_id, public_key, sealed from import_keys where only_one = 1";
constexpr Sql kInsertKey =
    "insert into import_keys (only_one, subject_key_id, public_key, sealed, created_at) values (1, $1, $2, $3, $4)";
constexpr Sql kUpdateKey =
    "update import_keys set subject_key_id = $1, public_key = $2, sealed = $3, created_at = $4"
    " where only_one = 1 and public_key = $5";
constexpr Sql kFindImport =
    "select file_digest, total_rows, chunk_digests, next_chunk, kept, refused, finished_at from imports"
    " where file_digest = $1";
constexpr Sql kInsertImport =
    "insert into imports (file_digest, total_rows, chunk_digests, next_chunk, kept, refused, created_at)"
    " values ($1, $2, $3, 0, 0, 0, $4)";
constexpr Sql kUpdateImport =
    "update imports set next_chunk = $1, kept = $2, refused = $3, finished_at = $4"
    " where file_digest = $5 and next_chunk = $6";
constexpr Sql kFindApprovals = "select custodian_id, approved_at from import_approvals where file_digest = $1";
constexpr Sql kPutApproval =
    "insert into import_approvals (file_digest, custodian_id, approved_at) values ($1, $2, $3)"
    " on conflict (file_digest, custodian_id) do update set approved_at = excluded.approved_at";

std::optional<StoredImport> import_from(const store::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const auto& row = rows.front();
  return StoredImport{.digest = row.bytes(0),
                      .rows = row.integer(1),
                      .chunk_digests = row.bytes(2),
                      .next_chunk = row.integer(3),
                      .kept = row.integer(4),
                      .refused = row.integer(5),
                      .finished_at = instant_or_null(row, 6)};
}

}  // namespace

base::Result<std::optional<StoredImportKey>> find_import_key(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindKey, {}}));
  if (rows.empty()) return std::optional<StoredImportKey>();
  const auto& row = rows.front();
  return std::optional(
      StoredImportKey{.subject_key = row.id<SubjectKeyId>(0), .public_key = row.bytes(1), .sealed = row.bytes(2)});
}
void put_import_key(store::Tx& tx, const std::optional<StoredImportKey>& before, const StoredImportKey& key,
                    base::Instant now) {
  if (before)
    tx.write({kUpdateKey, {key.subject_key, key.public_key, key.sealed, now.ms, before->public_key}}, 1);
  else
    tx.write({kInsertKey, {key.subject_key, key.public_key, key.sealed, now.ms}}, 1);
}

base::Result<std::optional<StoredImport>> find_import(store::ReadTx& tx, const base::Bytes& digest) {
  KARV_TRY(const auto rows, tx.read_one({kFindImport, {digest}}));
  return import_from(rows);
}
base::Result<std::optional<StoredImport>> lock_import(store::Tx& tx, const base::Bytes& digest) {
  KARV_TRY(const auto answers, tx.read_for_update({{kFindImport, {digest}}}));
  return import_from(answers.at(0));
}
void insert_import(store::Tx& tx, const StoredImport& i, base::Instant now) {
  tx.write({kInsertImport, {i.digest, i.rows, i.chunk_digests, now.ms}}, 1);
}
void update_import(store::Tx& tx, const StoredImport& i, std::int64_t next_chunk) {
  tx.write({kUpdateImport, {i.next_chunk, i.kept, i.refused, ms_or_null(i.finished_at), i.digest, next_chunk}}, 1);
}
base::Result<std::vector<ImportApproval>> find_approvals(store::ReadTx& tx, const base::Bytes& digest) {
  KARV_TRY(const auto rows, tx.read_one({kFindApprovals, {digest}}));
  std::vector<ImportApproval> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back({.custodian = row.id<CustodianId>(0), .at = {row.integer(1)}});
  return found;
}
void put_approval(store::Tx& tx, const base::Bytes& digest, const ImportApproval& approval) {
  tx.write({kPutApproval, {digest, approval.custodian, approval.at.ms}}, 1);
}

}  // namespace karv::vault
