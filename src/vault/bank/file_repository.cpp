#include "vault/bank/file_repository.h"

#include <set>

#include "base/check.h"
#include "json/words.h"
#include "store/many_rows.h"
#include "vault/bank/repository.h"
#include "vault/keys/repository.h"
#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindFile =
    "select file_id, tenant_id, request_digest, state, destination, purpose, debtor_account_id, debtor_name,"
    " execution_date, currency, announced_entries, announced_minor, entries, sum_minor, created_at, digest,"
    " bank_status, bank_reason, problem, attempts, state_since, due_at from bank_files where file_id = $1";
constexpr Sql kFindDueFiles =
    "select file_id, tenant_id, request_digest, state, destination, purpose, debtor_account_id, debtor_name,"
    " execution_date, currency, announced_entries, announced_minor, entries, sum_minor, created_at, digest,"
    " bank_status, bank_reason, problem, attempts, state_since, due_at from bank_files"
    " where due_at <= $1 order by due_at limit $2";
constexpr Sql kFindFilesIn =
    "select file_id, tenant_id, request_digest, state, destination, purpose, debtor_account_id, debtor_name,"
    " execution_date, currency, announced_entries, announced_minor, entries, sum_minor, created_at, digest,"
    " bank_status, bank_reason, problem, attempts, state_since, due_at from bank_files"
    " where due_at is not null and state = $1 order by file_id";
constexpr Sql kInsertFile =
    "insert into bank_files (file_id, tenant_id, request_digest, state, destination, purpose, debtor_account_id,"
    " debtor_name, execution_date, currency, announced_entries, announced_minor, entries, sum_minor, created_at,"
    " digest, bank_status, bank_reason, problem, attempts, state_since, due_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)";
constexpr Sql kUpdateFile =
    "update bank_files set state = $1, entries = $2, sum_minor = $3, digest = $4, bank_status = $5, bank_reason = $6,"
    " problem = $7, attempts = $8, state_since = $9, due_at = $10 where file_id = $11 and state = $12 and entries = "
    "$13";

constexpr store::RowSql kInsertEntry(
    "insert into bank_file_entries (file_id, number, entry_id, request_digest, account_id, amount_minor, sealed,"
    " bank_status, bank_reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
constexpr Sql kFindDigests =
    "select request_digest from bank_file_entries where file_id = $1 and number >= $2 order by number limit $3";
constexpr Sql kFindEntries =
    "select a.account_id, a.tenant_id, a.owner_kind, a.owner_id, a.subject_key_id, a.sealed, a.fingerprint,"
    " a.fingerprint_key_id, a.kind, a.country, a.last, k.subject_key_id, k.subject_id, k.tenant_id, k.version,"
    " k.tenant_key_id, k.epoch_key_id, k.wrapped, k.state, k.uses, k.created_at,"
    " e.number, e.entry_id, e.request_digest, e.account_id, e.amount_minor, e.sealed from bank_file_entries e"
    " join bank_accounts a on a.account_id = e.account_id join subject_keys k on k.subject_key_id = a.subject_key_id"
    " where e.file_id = $1 and e.number > $2 order by e.number limit $3";
constexpr Sql kFindOutcomes =
    "select number, entry_id, bank_status, bank_reason from bank_file_entries where file_id = $1 and number > $2"
    " order by number limit $3";
constexpr Sql kFindEntry = "select number from bank_file_entries where file_id = $1 and entry_id = $2";
constexpr Sql kSetOutcome =
    "update bank_file_entries set bank_status = $1, bank_reason = $2 where file_id = $3 and number = $4";
constexpr Sql kFindStatesOfCreditor =
    "select distinct f.state from bank_file_entries e join bank_files f on f.file_id = e.file_id"
    " where e.account_id = $1";
constexpr Sql kFindStatesOfDebtor = "select distinct state from bank_files where debtor_account_id = $1";

constexpr Sql kFindSigningKey = "select destination, public_key, wrapped from bank_signing_keys where destination = $1";
constexpr Sql kInsertSigningKey =
    "insert into bank_signing_keys (destination, public_key, wrapped, created_at) values ($1, $2, $3, $4)";

StoredBankFile file_from(const Row& row) {
  return {.id = row.id<BankFileId>(0),
          .tenant = row.id<TenantId>(1),
          .request_digest = row.bytes(2),
          .state = word_at<BankFileState>(row, 3),
          .destination = row.text(4),
          .purpose = word_at<BankPurpose>(row, 5),
          .debtor = row.id<BankAccountId>(6),
          .debtor_name = row.text(7),
          .execution_date = row.text(8),
          .currency = row.text(9),
          .announced_entries = row.integer(10),
          .announced_minor = row.integer(11),
          .entries = row.integer(12),
          .sum_minor = row.integer(13),
          .created_at = {row.integer(14)},
          .digest = row.bytes(15),
          .bank_status = row.text(16),
          .bank_reason = row.text(17),
          .problem = row.text(18),
          .attempts = row.integer(19),
          .state_since = {row.integer(20)},
          .due_at = instant_or_null(row, 21)};
}

std::vector<StoredBankFile> files_from(const store::Rows& rows) {
  std::vector<StoredBankFile> files;
  files.reserve(rows.size());
  for (const auto& row : rows) files.push_back(file_from(row));
  return files;
}

SealedBankEntry entry_from(const Row& row) {
  return {.entry = {.number = row.integer(21),
                    .id = row.id<BankEntryId>(22),
                    .request_digest = row.bytes(23),
                    .account = row.id<BankAccountId>(24),
                    .amount_minor = row.integer(25),
                    .sealed = row.bytes(26)},
          .account = {.account = bank_account_from(row), .key = subject_key_from(row, 11)}};
}

}  // namespace

std::string StoredBankFile::message_id() const { return base::to_hex(id.view()); }

base::Result<std::optional<StoredBankFile>> find_bank_file(store::ReadTx& tx, BankFileId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindFile, {id}}));
  return rows.empty() ? std::optional<StoredBankFile>() : std::optional(file_from(rows.front()));
}
base::Result<std::optional<StoredBankFile>> lock_bank_file(store::Tx& tx, BankFileId id) {
  KARV_TRY(const auto rows, tx.read_for_update({{kFindFile, {id}}}));
  return rows.front().empty() ? std::optional<StoredBankFile>() : std::optional(file_from(rows.front().front()));
}
void insert_bank_file(store::Tx& tx, const StoredBankFile& f) {
  tx.write({kInsertFile,
            {f.id,
             f.tenant,
             f.request_digest,
             json::word(f.state),
             f.destination,
             json::word(f.purpose),
             f.debtor,
             f.debtor_name,
             f.execution_date,
             f.currency,
             f.announced_entries,
             f.announced_minor,
             f.entries,
             f.sum_minor,
             f.created_at.ms,
             f.digest,
             f.bank_status,
             f.bank_reason,
             f.problem,
             f.attempts,
             f.state_since.ms,
             ms_or_null(f.due_at)}},
           1);
}
void update_bank_file(store::Tx& tx, const StoredBankFile& before, const StoredBankFile& f) {
  tx.write({kUpdateFile,
            {json::word(f.state), f.entries, f.sum_minor, f.digest, f.bank_status, f.bank_reason, f.problem, f.attempts,
             f.state_since.ms, ms_or_null(f.due_at), f.id, json::word(before.state), before.entries}},
           1);
}
base::Result<std::vector<StoredBankFile>> find_due_bank_files(store::ReadTx& tx, base::Instant now,
                                                              std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindDueFiles, {now.ms, limit}}));
  return files_from(rows);
}
base::Result<std::vector<StoredBankFile>> find_bank_files_in(store::ReadTx& tx, BankFileState state) {
  KARV_TRY(const auto rows, tx.read_one({kFindFilesIn, {json::word(state)}}));
  return files_from(rows);
}

void insert_bank_entries(store::Tx& tx, BankFileId file, const std::vector<StoredBankEntry>& entries) {
  store::insert_rows<kInsertEntry>(tx, entries.size(), [&](std::size_t i, std::vector<store::Value>& row) {
    const auto& e = entries[i];
    for (store::Value value : {store::Value(file), store::Value(e.number), store::Value(e.id),
                               store::Value(e.request_digest), store::Value(e.account), store::Value(e.amount_minor),
                               store::Value(e.sealed), store::Value(""), store::Value("")})
      row.push_back(std::move(value));
  });
}
base::Result<std::vector<base::Bytes>> find_entry_digests(store::ReadTx& tx, BankFileId file, std::int64_t first,
                                                          std::int64_t count) {
  KARV_TRY(const auto rows, tx.read_one({kFindDigests, {file, first, count}}));
  std::vector<base::Bytes> digests;
  digests.reserve(rows.size());
  for (const auto& row : rows) digests.push_back(row.bytes(0));
  return digests;
}
base::Result<std::vector<SealedBankEntry>> find_bank_entries(store::ReadTx& tx, BankFileId file, std::int64_t after,
                                                             std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindEntries, {file, after, limit}}));
  std::vector<SealedBankEntry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows) entries.push_back(entry_from(row));
  return entries;
}
base::Result<std::vector<vault_api::BankEntryOutcome>> find_entry_outcomes(store::ReadTx& tx, BankFileId file,
                                                                           std::int64_t after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindOutcomes, {file, after, limit}}));
  std::vector<vault_api::BankEntryOutcome> outcomes;
  outcomes.reserve(rows.size());
  for (const auto& row : rows)
    outcomes.push_back({.number = row.integer(0),
                        .entry = row.id<BankEntryId>(1),
                        .bank_status = row.text(2),
                        .bank_reason = row.text(3)});
  return outcomes;
}
base::Result<void> set_entry_outcomes(store::Tx& tx, BankFileId file,
                                      const std::vector<vault_api::BankEntryOutcome>& outcomes) {
  std::vector<store::Query> batch;
  batch.reserve(outcomes.size());
  for (const auto& outcome : outcomes) batch.push_back({kFindEntry, {file, outcome.entry}});
  KARV_TRY(const auto found, tx.read(std::move(batch)));
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (!found[i].empty())
      tx.write({kSetOutcome, {outcomes[i].bank_status, outcomes[i].bank_reason, file, found[i].front().integer(0)}}, 1);
  return {};
}
base::Result<std::vector<BankFileState>> find_states_of_files_naming(store::ReadTx& tx, BankAccountId account) {
  KARV_TRY(const auto answers, tx.read({{kFindStatesOfCreditor, {account}}, {kFindStatesOfDebtor, {account}}}));
  std::vector<BankFileState> states;
  for (const auto& rows : answers)
    for (const auto& row : rows) states.push_back(word_at<BankFileState>(row, 0));
  return states;
}

base::Result<std::optional<StoredSigningKey>> find_signing_key(store::ReadTx& tx, const std::string& destination) {
  KARV_TRY(const auto rows, tx.read_one({kFindSigningKey, {destination}}));
  if (rows.empty()) return std::optional<StoredSigningKey>();
  const auto& row = rows.front();
  return std::optional(
      StoredSigningKey{.destination = row.text(0), .public_key = row.bytes(1), .wrapped = row.bytes(2)});
}
void insert_signing_key(store::Tx& tx, const StoredSigningKey& key, base::Instant now) {
  tx.write({kInsertSigningKey, {key.destination, key.public_key, key.wrapped, now.ms}}, 1);
}

}  // namespace karv::vault
