#include "vault/erasure/repository.h"

#include <algorithm>

#include "base/check.h"
#include "json/decode.h"
#include "json/encode.h"
#include "vault/bank/file_rules.h"
#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindSubjectOfKey = "select tenant_id, subject_id from subject_keys where subject_key_id = $1";
constexpr Sql kCountOthers =
    "select count(*) from bank_accounts where tenant_id = $1 and owner_id = $2 and owner_kind <> 'customer'";
constexpr Sql kCountOpen =
    "select count(*) from operations o join open_operations p on p.operation_id = o.operation_id where o.card_id in"
    " (select card_id from cards where tenant_id = $1 and customer_id = $2)";
constexpr Sql kCountNeedCard =
    "select count(*) from operations o join open_operations p on p.operation_id = o.operation_id where o.card_id in"
    " (select card_id from cards where tenant_id = $1 and customer_id = $2)"
    " and (o.kind = 'refund' or o.kind = 'payout' or o.state = 'recorded')";
constexpr Sql kCountRefundable =
    "select count(*) from operations where card_id in"
    " (select card_id from cards where tenant_id = $1 and customer_id = $2) and created_at >= $3"
    " and ((kind = 'charge' and state = 'approved' and amount_minor > refunded_minor)"
    " or (kind = 'hold' and (state = 'approved' or state = 'released') and completed_minor > refunded_minor)"
    " or (kind = 'hold' and state = 'approved' and amount_minor > completed_minor))";
constexpr Sql kFindStatesOfFiles =
    "select distinct f.state from bank_accounts a join bank_file_entries e on e.account_id = a.account_id"
    " join bank_files f on f.file_id = e.file_id"
    " where a.tenant_id = $1 and a.owner_id = $2 and a.owner_kind = 'customer'";

constexpr Sql kFindErasure = "select record, proof, proof_key_id from erasures where erasure_id = $1";
constexpr Sql kFindByRequest = "select record, proof, proof_key_id from erasures where tenant = $1 and request_id = $2";
constexpr Sql kFindSince = "select record from erasures where erased_at >= $1 order by erased_at, erasure_id";
constexpr Sql kInsertErasure =
    "insert into erasures (erasure_id, tenant, request_id, record, erased_at, proof, proof_key_id)"
    " values ($1, $2, $3, $4, $5, '', $6)";
constexpr Sql kSetProof = "update erasures set proof = $1, proof_key_id = $2 where erasure_id = $3 and proof = ''";
constexpr Sql kCountProofs = "select count(*) from erasures where proof_key_id = $1";

constexpr Sql kFindStore = "select store_id from erasure_store where one = 1";
constexpr Sql kInsertStore = "insert into erasure_store (one, store_id) values (1, $1)";
constexpr Sql kLoadJournals =
    "select journal_id, store_id, head_position, head_mac from erasure_journals, erasure_store where one = 1";
constexpr Sql kInsertJournal =
    "insert into erasure_journals (journal_id, head_position, head_mac, begun_at) values ($1, $2, $3, $4)";
constexpr Sql kMoveJournal =
    "update erasure_journals set head_position = $1, head_mac = $2 where journal_id = $3 and head_position = $4";
constexpr Sql kDeleteJournal = "delete from erasure_journals where journal_id = $1";
constexpr Sql kFindAcceptance = "select path, reason, accepted_at from journal_acceptances where path = $1";
constexpr Sql kPutAcceptance =
    "insert into journal_acceptances (path, reason, accepted_at) values ($1, $2, $3)"
    " on conflict (path) do update set reason = excluded.reason, accepted_at = excluded.accepted_at";
constexpr Sql kDeleteAcceptance = "delete from journal_acceptances where path = $1";

ErasureRecord record_from(const Row& row) {
  auto record = json::decode<ErasureRecord>(row.text(0), json::kOwnChannel);
  KARV_REQUIRE(record.ok());  // we wrote it
  return std::move(record).value();
}

base::Result<std::optional<StoredErasure>> first_or_none(base::Result<store::Rows> rows) {
  if (!rows.ok()) return std::move(rows).error();
  if (rows->empty()) return std::optional<StoredErasure>();
  const auto& row = rows->front();
  return std::optional(StoredErasure{.record = record_from(row), .proof = row.text(1), .proof_key = row.id<KeyId>(2)});
}

}  // namespace

base::Result<Taken> lock_subject(store::Tx& tx, const Subject& subject) {
  std::vector<store::Query> batch;
  batch.reserve(kHoldings.size());
  for (const auto& holding : kHoldings) batch.push_back({holding.lock, {subject.tenant, subject.id}});
  KARV_TRY(const auto locked, tx.read_for_update(std::move(batch)));
  Taken taken;
  for (const auto& row : locked[kSubjectKeysHolding])
    taken.keys.push_back({.key = row.id<vault_api::ErasedKeyId>(0), .version = row.integer(1)});
  for (std::size_t i = 0; i < kHoldings.size(); ++i)
    taken.removed.push_back({.what = std::string(kHoldings[i].name), .rows = std::ssize(locked[i])});
  return taken;
}
void delete_subject(store::Tx& tx, const Subject& subject, const Taken& taken) {
  KARV_REQUIRE(taken.removed.size() == kHoldings.size());
  for (std::size_t i = kHoldings.size(); i-- > 0;)
    tx.write({kHoldings[i].erase, {subject.tenant, subject.id}}, taken.removed[i].rows);
}
base::Result<bool> is_no_customer(store::ReadTx& tx, const Subject& subject) {
  KARV_TRY(const auto rows, tx.read_one({kCountOthers, {subject.tenant, subject.id}}));
  return rows.front().integer(0) > 0;
}
base::Result<std::optional<Subject>> find_subject_of_key(store::ReadTx& tx, vault_api::ErasedKeyId key) {
  KARV_TRY(const auto rows, tx.read_one({kFindSubjectOfKey, {key}}));
  if (rows.empty()) return std::optional<Subject>();
  return std::optional(Subject{.tenant = rows.front().id<TenantId>(0), .id = rows.front().id<SubjectId>(1)});
}

base::Result<UnderWay> count_under_way(store::ReadTx& tx, const Subject& subject, base::Instant since) {
  KARV_TRY(const auto counts, tx.read({{kCountOpen, {subject.tenant, subject.id}},
                                       {kCountNeedCard, {subject.tenant, subject.id}},
                                       {kCountRefundable, {subject.tenant, subject.id, since.ms}},
                                       {kFindStatesOfFiles, {subject.tenant, subject.id}}}));
  const auto files = std::ranges::count_if(
      counts[3], [](const Row& row) { return needs_numbers(word_at<vault_api::BankFileState>(row, 0)); });
  return UnderWay{.open = counts[0].front().integer(0),
                  .need_number = counts[1].front().integer(0) + files,
                  .refundable = counts[2].front().integer(0)};
}

base::Result<std::optional<StoredErasure>> find_erasure_by_request(store::ReadTx& tx, const std::string& tenant,
                                                                   ErasureRequestId request) {
  return first_or_none(tx.read_one({kFindByRequest, {tenant, request}}));
}
base::Result<std::optional<StoredErasure>> find_erasure(store::ReadTx& tx, ErasureId id) {
  return first_or_none(tx.read_one({kFindErasure, {id}}));
}
base::Result<std::vector<ErasureRecord>> find_erasures_since(store::ReadTx& tx, base::Instant since) {
  KARV_TRY(const auto rows, tx.read_one({kFindSince, {since.ms}}));
  std::vector<ErasureRecord> records;
  records.reserve(rows.size());
  for (const auto& row : rows) records.push_back(record_from(row));
  return records;
}
void insert_erasure(store::Tx& tx, const ErasureRecord& record) {
  tx.write({kInsertErasure,
            {record.erasure, record.tenant, record.request, json::encode(record), record.erased_at, KeyId()}},
           1);
}
void set_proof(store::Tx& tx, ErasureId id, const std::string& proof, KeyId proof_key) {
  tx.write({kSetProof, {proof, proof_key, id}}, 1);
}
base::Result<std::int64_t> count_proofs_by_key(store::ReadTx& tx, KeyId key) {
  KARV_TRY(const auto rows, tx.read_one({kCountProofs, {key}}));
  return rows.front().integer(0);
}

base::Result<std::optional<ErasureStoreId>> find_store(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindStore, {}}));
  return rows.empty() ? std::nullopt : std::optional(rows.front().id<ErasureStoreId>(0));
}
void insert_store(store::Tx& tx, ErasureStoreId id) { tx.write({kInsertStore, {id}}, 1); }
base::Result<std::vector<JournalHead>> load_journals(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kLoadJournals, {}}));
  std::vector<JournalHead> journals;
  journals.reserve(rows.size());
  for (const auto& row : rows)
    journals.push_back({.journal = row.id<ErasureJournalId>(0),
                        .store = row.id<ErasureStoreId>(1),
                        .position = row.integer(2),
                        .mac = row.bytes(3)});
  return journals;
}
void insert_journal(store::Tx& tx, const JournalHead& head, base::Instant now) {
  tx.write({kInsertJournal, {head.journal, head.position, head.mac, now.ms}}, 1);
}
void move_journal(store::Tx& tx, const JournalHead& before, const JournalHead& head) {
  tx.write({kMoveJournal, {head.position, head.mac, before.journal, before.position}}, 1);
}
void delete_journal(store::Tx& tx, const JournalHead& head) { tx.write({kDeleteJournal, {head.journal}}, 1); }

base::Result<std::optional<JournalAcceptance>> find_acceptance(store::ReadTx& tx, const std::string& path) {
  KARV_TRY(const auto rows, tx.read_one({kFindAcceptance, {path}}));
  if (rows.empty()) return std::optional<JournalAcceptance>();
  const auto& row = rows.front();
  return std::optional(JournalAcceptance{.path = row.text(0), .reason = row.text(1), .accepted_at = {row.integer(2)}});
}
void put_acceptance(store::Tx& tx, const JournalAcceptance& acceptance) {
  tx.write({kPutAcceptance, {acceptance.path, acceptance.reason, acceptance.accepted_at.ms}}, 1);
}
void delete_acceptance(store::Tx& tx, const std::string& path) { tx.write({kDeleteAcceptance, {path}}, 1); }

}  // namespace karv::vault
