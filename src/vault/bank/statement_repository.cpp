#include "vault/bank/statement_repository.h"

#include "store/many_rows.h"
#include "vault/bank/repository.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kInsertFile =
    "insert into bank_statement_files (file_id, tenant_id, destination, position, bank_id, digest, subject_key_id,"
    " original, heads, line_count, problem, received_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
constexpr Sql kFindFile =
    "select file_id, tenant_id, destination, position, bank_id, digest, subject_key_id, original, heads, line_count,"
    " problem, received_at from bank_statement_files where file_id = $1";
constexpr Sql kFindFilesUnder =
    "select file_id, tenant_id, destination, position, bank_id, digest, subject_key_id, original, heads, line_count,"
    " problem, received_at from bank_statement_files where subject_key_id = $1";
constexpr Sql kFindFilesAfter =
    "select file_id, line_count, problem, received_at from bank_statement_files"
    " where tenant_id = $1 and destination = $2 and position >"
    " coalesce((select a.position from bank_statement_files a where a.file_id = $3), 0) order by position limit $4";
constexpr Sql kFindLast =
    "select position, bank_id from bank_statement_files where tenant_id = $1 and destination = $2"
    " order by position desc limit 1";
constexpr Sql kCountDigest =
    "select count(*) from bank_statement_files where tenant_id = $1 and destination = $2 and digest = $3";
constexpr Sql kResealFile =
    "update bank_statement_files set subject_key_id = $1, original = $2, heads = $3"
    " where file_id = $4 and subject_key_id = $5";

constexpr store::RowSql kInsertLine(
    "insert into bank_statement_lines (file_id, number, account_id, token_key_id, sealed)"
    " values ($1, $2, $3, $4, $5)");
constexpr Sql kFindLines =
    "select l.number, l.account_id, l.token_key_id, l.sealed,"
    " (select count(*) from bank_accounts k where k.tenant_id = a.tenant_id and k.fingerprint = a.fingerprint"
    " and k.owner_kind <> 'counterparty'),"
    " a.account_id, a.tenant_id, a.owner_kind, a.owner_id, a.subject_key_id, a.sealed, a.fingerprint,"
    " a.fingerprint_key_id, a.kind, a.country, a.last from bank_statement_lines l"
    " left join bank_accounts a on a.account_id = l.account_id"
    " where l.file_id = $1 and l.number > $2 order by l.number limit $3";
constexpr Sql kFindAccount =
    "select (select count(*) from bank_accounts k where k.tenant_id = a.tenant_id and k.fingerprint = a.fingerprint"
    " and k.owner_kind <> 'counterparty'),"
    " a.account_id, a.tenant_id, a.owner_kind, a.owner_id, a.subject_key_id, a.sealed, a.fingerprint,"
    " a.fingerprint_key_id, a.kind, a.country, a.last from bank_accounts a where a.account_id = $1";
constexpr Sql kFindAllLines =
    "select number, account_id, token_key_id, sealed from bank_statement_lines where file_id = $1 order by number";
constexpr Sql kResealLine = "update bank_statement_lines set sealed = $1 where file_id = $2 and number = $3";

StoredStatementFile file_from(const Row& row) {
  return {.id = row.id<BankStatementId>(0),
          .tenant = row.id<TenantId>(1),
          .destination = row.text(2),
          .position = row.integer(3),
          .bank_id = row.text(4),
          .digest = row.bytes(5),
          .subject_key = row.id<SubjectKeyId>(6),
          .original = row.bytes(7),
          .heads = row.bytes(8),
          .lines = row.integer(9),
          .problem = row.text(10),
          .received_at = {row.integer(11)}};
}

StoredStatementLine line_from(const Row& row) {
  return {.number = row.integer(0),
          .account = row.id_or_null<BankAccountId>(1),
          .token_key = row.id<KeyId>(2),
          .sealed = row.bytes(3)};
}

}  // namespace

void insert_statement_file(store::Tx& tx, const StoredStatementFile& f) {
  tx.write({kInsertFile,
            {f.id, f.tenant, f.destination, f.position, f.bank_id, f.digest, f.subject_key, f.original, f.heads,
             f.lines, f.problem, f.received_at.ms}},
           1);
}
base::Result<std::optional<StoredStatementFile>> find_statement_file(store::ReadTx& tx, BankStatementId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindFile, {id}}));
  return rows.empty() ? std::optional<StoredStatementFile>() : std::optional(file_from(rows.front()));
}
base::Result<std::vector<StoredStatementFile>> find_statement_files(store::ReadTx& tx, TenantId tenant,
                                                                    const std::string& destination,
                                                                    BankStatementId after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindFilesAfter, {tenant, destination, after, limit}}));
  std::vector<StoredStatementFile> files;
  files.reserve(rows.size());
  for (const auto& row : rows)
    files.push_back({.id = row.id<BankStatementId>(0),
                     .lines = row.integer(1),
                     .problem = row.text(2),
                     .received_at = {row.integer(3)}});
  return files;
}
base::Result<LastStatement> find_last_statement(store::ReadTx& tx, TenantId tenant, const std::string& destination) {
  KARV_TRY(const auto rows, tx.read_one({kFindLast, {tenant, destination}}));
  if (rows.empty()) return LastStatement();
  return LastStatement{.position = rows.front().integer(0), .bank_id = rows.front().text(1)};
}
base::Result<bool> has_statement_digest(store::ReadTx& tx, TenantId tenant, const std::string& destination,
                                        const base::Bytes& digest) {
  KARV_TRY(const auto rows, tx.read_one({kCountDigest, {tenant, destination, digest}}));
  return rows.front().integer(0) > 0;
}

void insert_statement_lines(store::Tx& tx, BankStatementId file, const std::vector<StoredStatementLine>& lines) {
  store::insert_rows<kInsertLine>(tx, lines.size(), [&](std::size_t i, std::vector<store::Value>& row) {
    const auto& line = lines[i];
    row.emplace_back(file);
    row.emplace_back(line.number);
    row.emplace_back(line.account);
    row.emplace_back(line.token_key);
    row.emplace_back(line.sealed);
  });
}
base::Result<std::vector<FoundStatementLine>> find_statement_lines(store::ReadTx& tx, BankStatementId file,
                                                                   std::int64_t after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindLines, {file, after, limit}}));
  std::vector<FoundStatementLine> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) {
    FoundStatementLine found{.line = line_from(row), .account = {}, .known = row.integer(4) > 0};
    if (!row.is_null(5)) found.account = bank_account_from(row, 5);
    lines.push_back(std::move(found));
  }
  return lines;
}
base::Result<std::optional<FoundStatementLine>> find_statement_account(store::ReadTx& tx, BankAccountId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindAccount, {id}}));
  if (rows.empty()) return std::optional<FoundStatementLine>();
  const auto& row = rows.front();
  return std::optional(
      FoundStatementLine{.line = {}, .account = bank_account_from(row, 1), .known = row.integer(0) > 0});
}

base::Result<std::vector<StoredStatementFile>> find_statement_files_under(store::ReadTx& tx, SubjectKeyId key) {
  KARV_TRY(const auto rows, tx.read_one({kFindFilesUnder, {key}}));
  std::vector<StoredStatementFile> files;
  files.reserve(rows.size());
  for (const auto& row : rows) files.push_back(file_from(row));
  return files;
}
base::Result<std::vector<StoredStatementLine>> find_all_statement_lines(store::ReadTx& tx, BankStatementId file) {
  KARV_TRY(const auto rows, tx.read_one({kFindAllLines, {file}}));
  std::vector<StoredStatementLine> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) lines.push_back(line_from(row));
  return lines;
}
void reseal_statement_file(store::Tx& tx, const StoredStatementFile& before, const StoredStatementFile& f) {
  tx.write({kResealFile, {f.subject_key, f.original, f.heads, f.id, before.subject_key}}, 1);
}
void reseal_statement_line(store::Tx& tx, BankStatementId file, const StoredStatementLine& line) {
  tx.write({kResealLine, {line.sealed, file, line.number}}, 1);
}

}  // namespace karv::vault
