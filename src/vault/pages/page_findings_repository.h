// Rows about what browsers reported of the payment pages. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/pages/page_report.h"
#include "vault_api/scripts.h"

namespace karv::vault {

// The table, for migration 20020.
inline constexpr const char* kPageFindings = R"(
  create table page_findings (
    kind TEXT not null,
    page TEXT not null,
    directive TEXT not null,
    blocked TEXT not null,
    hash TEXT not null,
    times BIGINT not null,
    first_seen BIGINT not null,
    last_seen BIGINT not null,
    alarmed_at BIGINT not null,
    primary key (kind, page, directive, blocked, hash)
  ))";

struct StoredFinding {
  Finding finding;
  std::int64_t times = 0;
  base::Instant first_seen, last_seen, alarmed_at;
};

// The row stays ours until the end of the transaction.
base::Result<std::optional<StoredFinding>> lock_finding(store::Tx& tx, const Finding& finding);
base::Result<std::int64_t> count_findings(store::ReadTx& tx);
base::Result<std::optional<StoredFinding>> find_oldest_finding(store::ReadTx& tx);
// The latest first.
base::Result<std::vector<StoredFinding>> list_findings(store::ReadTx& tx, std::int64_t limit);
void insert_finding(store::Tx& tx, const StoredFinding& row);
void update_finding(store::Tx& tx, const StoredFinding& row);
void delete_finding(store::Tx& tx, const Finding& finding);

}  // namespace karv::vault
