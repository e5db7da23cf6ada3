// Rows that count refused uses of vault tokens. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/types.h"
#include "vault_api/refusals.h"

namespace karv::vault {

using vault_api::RefusalId;

// The tables, for migration 20031. `merchant_id` and `customer_id`: 16 zero bytes for those that have no row of their
// own.
inline constexpr const char* kTokenRefusals = R"(
  create table token_refusals (
    refusal_id BYTEA primary key,
    tenant_id BYTEA not null,
    day BIGINT not null,
    merchant_id BYTEA not null,
    customer_id BYTEA not null,
    reason TEXT not null,
    times BIGINT not null,
    first_at BIGINT not null,
    last_at BIGINT not null,
    unique (tenant_id, day, merchant_id, customer_id, reason)
  ))";
inline constexpr const char* kTokenRefusalsByTime =
    "create index token_refusals_by_time on token_refusals (tenant_id, last_at, refusal_id)";
inline constexpr const char* kTokenRefusalDays = R"(
  create table token_refusal_days (
    tenant_id BYTEA not null,
    day BIGINT not null,
    merchant_id BYTEA not null,
    times BIGINT not null,
    counts BIGINT not null,
    alarmed_at BIGINT not null,
    primary key (tenant_id, day, merchant_id)
  ))";

// Whose use was refused, for whom, and why; the key of one count. Units: day: days since 1970, wall time.
struct RefusalKey {
  TenantId tenant;
  std::int64_t day = 0;
  MerchantRef merchant;
  CustomerRef customer;
  RefusalReason reason = RefusalReason::unknown;
};
struct StoredRefusal {
  RefusalId id;
  RefusalKey key;
  std::int64_t times = 0;
  base::Instant first_at, last_at;
};
// All refusals of one merchant's day.
struct RefusalDay {
  TenantId tenant;
  std::int64_t day = 0;
  MerchantRef merchant;
  std::int64_t times = 0;
  std::int64_t counts = 0;  // how many rows of token_refusals
  base::Instant alarmed_at;
};

// The rows stay ours until the end of the transaction.
base::Result<std::optional<RefusalDay>> lock_refusal_day(store::Tx& tx, const RefusalDay& key);
base::Result<std::optional<StoredRefusal>> lock_refusal(store::Tx& tx, const RefusalKey& key);
base::Result<std::int64_t> count_refusal_days(store::ReadTx& tx, TenantId tenant, std::int64_t day);
// Each fails the transaction with `conflict` when somebody else was first.
void insert_refusal_day(store::Tx& tx, const RefusalDay& row);
void insert_refusal(store::Tx& tx, const StoredRefusal& row);
void update_refusal_day(store::Tx& tx, const RefusalDay& row);
void update_refusal(store::Tx& tx, const StoredRefusal& row);
// By last_at, then by id.
base::Result<std::vector<StoredRefusal>> find_refusals_since(store::ReadTx& tx, TenantId tenant, base::Instant since,
                                                             RefusalId after, std::int64_t limit);

}  // namespace karv::vault
