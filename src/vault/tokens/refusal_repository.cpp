#include "vault/tokens/refusal_repository.h"

#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindDay =
    "select tenant_id, day, merchant_id, times, counts, alarmed_at from token_refusal_days"
    " where tenant_id = $1 and day = $2 and merchant_id = $3";
constexpr Sql kCountDays = "select count(*) from token_refusal_days where tenant_id = $1 and day = $2";
constexpr Sql kInsertDay =
    "insert into token_refusal_days (tenant_id, day, merchant_id, times, counts, alarmed_at)"
    " values ($1, $2, $3, $4, $5, $6)";
constexpr Sql kUpdateDay =
    "update token_refusal_days set times = $1, counts = $2, alarmed_at = $3"
    " where tenant_id = $4 and day = $5 and merchant_id = $6";

constexpr Sql kFind =
    "select refusal_id, tenant_id, day, merchant_id, customer_id, reason, times, first_at, last_at from token_refusals"
    " where tenant_id = $1 and day = $2 and merchant_id = $3 and customer_id = $4 and reason = $5";
constexpr Sql kInsert =
    "insert into token_refusals (refusal_id, tenant_id, day, merchant_id, customer_id, reason, times, first_at,"
    " last_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr Sql kUpdate = "update token_refusals set times = $1, last_at = $2 where refusal_id = $3";
constexpr Sql kFindSince =
    "select refusal_id, tenant_id, day, merchant_id, customer_id, reason, times, first_at, last_at from token_refusals"
    " where tenant_id = $1 and (last_at > $2 or (last_at = $3 and refusal_id > $4))"
    " order by last_at, refusal_id limit $5";

RefusalDay day_from(const Row& row) {
  return {.tenant = row.id<TenantId>(0),
          .day = row.integer(1),
          .merchant = row.id<MerchantRef>(2),
          .times = row.integer(3),
          .counts = row.integer(4),
          .alarmed_at = {row.integer(5)}};
}

StoredRefusal refusal_from(const Row& row) {
  return {.id = row.id<RefusalId>(0),
          .key = {.tenant = row.id<TenantId>(1),
                  .day = row.integer(2),
                  .merchant = row.id<MerchantRef>(3),
                  .customer = row.id<CustomerRef>(4),
                  .reason = word_at<RefusalReason>(row, 5)},
          .times = row.integer(6),
          .first_at = {row.integer(7)},
          .last_at = {row.integer(8)}};
}

}  // namespace

base::Result<std::optional<RefusalDay>> lock_refusal_day(store::Tx& tx, const RefusalDay& key) {
  KARV_TRY(const auto rows, tx.read_for_update({{kFindDay, {key.tenant, key.day, key.merchant}}}));
  return rows.front().empty() ? std::nullopt : std::optional(day_from(rows.front().front()));
}
base::Result<std::optional<StoredRefusal>> lock_refusal(store::Tx& tx, const RefusalKey& key) {
  KARV_TRY(const auto rows,
           tx.read_for_update({{kFind, {key.tenant, key.day, key.merchant, key.customer, json::word(key.reason)}}}));
  return rows.front().empty() ? std::nullopt : std::optional(refusal_from(rows.front().front()));
}
base::Result<std::int64_t> count_refusal_days(store::ReadTx& tx, TenantId tenant, std::int64_t day) {
  KARV_TRY(const auto rows, tx.read_one({kCountDays, {tenant, day}}));
  return rows.front().integer(0);
}
void insert_refusal_day(store::Tx& tx, const RefusalDay& row) {
  tx.write({kInsertDay, {row.tenant, row.day, row.merchant, row.times, row.counts, row.alarmed_at.ms}}, 1);
}
void insert_refusal(store::Tx& tx, const StoredRefusal& row) {
  const auto& key = row.key;
  tx.write({kInsert,
            {row.id, key.tenant, key.day, key.merchant, key.customer, json::word(key.reason), row.times,
             row.first_at.ms, row.last_at.ms}},
           1);
}
void update_refusal_day(store::Tx& tx, const RefusalDay& row) {
  tx.write({kUpdateDay, {row.times, row.counts, row.alarmed_at.ms, row.tenant, row.day, row.merchant}}, 1);
}
void update_refusal(store::Tx& tx, const StoredRefusal& row) {
  tx.write({kUpdate, {row.times, row.last_at.ms, row.id}}, 1);
}
base::Result<std::vector<StoredRefusal>> find_refusals_since(store::ReadTx& tx, TenantId tenant, base::Instant since,
                                                             RefusalId after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindSince, {tenant, since.ms, since.ms, after, limit}}));
  std::vector<StoredRefusal> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back(refusal_from(row));
  return found;
}
}  // namespace karv::vault
