#include "vault/pages/page_findings_repository.h"

#include "base/check.h"
#include "json/words.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFind =
    "select kind, page, directive, blocked, hash, times, first_seen, last_seen, alarmed_at from page_findings"
    " where kind = $1 and page = $2 and directive = $3 and blocked = $4 and hash = $5";
constexpr Sql kCount = "select count(*) from page_findings";
constexpr Sql kOldest =
    "select kind, page, directive, blocked, hash, times, first_seen, last_seen, alarmed_at from page_findings"
    " order by last_seen limit 1";
constexpr Sql kList =
    "select kind, page, directive, blocked, hash, times, first_seen, last_seen, alarmed_at from page_findings"
    " order by last_seen desc, kind, page, directive, blocked, hash limit $1";
constexpr Sql kInsert =
    "insert into page_findings (kind, page, directive, blocked, hash, times, first_seen, last_seen, alarmed_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr Sql kUpdate =
    "update page_findings set times = $1, last_seen = $2, alarmed_at = $3"
    " where kind = $4 and page = $5 and directive = $6 and blocked = $7 and hash = $8";
constexpr Sql kDelete =
    "delete from page_findings where kind = $1 and page = $2 and directive = $3 and blocked = $4 and hash = $5";

StoredFinding finding_from(const Row& row) {
  const auto kind = json::parse_word<vault_api::FindingKind>(row.text(0));
  KARV_REQUIRE(kind.has_value());
  return {.finding = {.kind = *kind,
                      .page = row.text(1),
                      .directive = row.text(2),
                      .blocked = row.text(3),
                      .hash = row.text(4)},
          .times = row.integer(5),
          .first_seen = {row.integer(6)},
          .last_seen = {row.integer(7)},
          .alarmed_at = {row.integer(8)}};
}

std::optional<StoredFinding> first_of(const store::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return finding_from(rows.front());
}

}  // namespace

base::Result<std::optional<StoredFinding>> lock_finding(store::Tx& tx, const Finding& finding) {
  KARV_TRY(const auto rows,
           tx.read_for_update(
               {{kFind, {json::word(finding.kind), finding.page, finding.directive, finding.blocked, finding.hash}}}));
  return first_of(rows.front());
}
base::Result<std::int64_t> count_findings(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kCount, {}}));
  return rows.front().integer(0);
}
base::Result<std::optional<StoredFinding>> find_oldest_finding(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kOldest, {}}));
  return first_of(rows);
}
base::Result<std::vector<StoredFinding>> list_findings(store::ReadTx& tx, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kList, {limit}}));
  std::vector<StoredFinding> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back(finding_from(row));
  return found;
}
void insert_finding(store::Tx& tx, const StoredFinding& row) {
  const auto& f = row.finding;
  tx.write({kInsert,
            {json::word(f.kind), f.page, f.directive, f.blocked, f.hash, row.times, row.first_seen.ms, row.last_seen.ms,
             row.alarmed_at.ms}},
           1);
}
void update_finding(store::Tx& tx, const StoredFinding& row) {
  const auto& f = row.finding;
  tx.write(
      {kUpdate,
       {row.times, row.last_seen.ms, row.alarmed_at.ms, json::word(f.kind), f.page, f.directive, f.blocked, f.hash}},
      1);
}
void delete_finding(store::Tx& tx, const Finding& f) {
  tx.write({kDelete, {json::word(f.kind), f.page, f.directive, f.blocked, f.hash}}, 1);
}

}  // namespace karv::vault
