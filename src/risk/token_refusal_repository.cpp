#include "risk/token_refusal_repository.h"

namespace karv::risk {
namespace {

using store::Sql;

constexpr Sql kPut =
    "insert into risk_token_refusals (refusal_id, customer_id, merchant_id, reason, times, first_at, last_at)"
    " values ($1, $2, $3, $4, $5, $6, $7)"
    " on conflict (refusal_id) do update set times = excluded.times, last_at = excluded.last_at";
constexpr Sql kLast = "select max(last_at) from risk_token_refusals";
constexpr Sql kCountOfCustomer =
    "select cast(coalesce(sum(times), 0) as BIGINT) from risk_token_refusals"
    " where customer_id = $1 and last_at > $2 and reason <> 'ended' and reason <> 'expired'";
constexpr Sql kCountOfMerchant =
    "select cast(coalesce(sum(times), 0) as BIGINT) from risk_token_refusals"
    " where merchant_id = $1 and last_at > $2 and reason <> 'ended' and reason <> 'expired'";
constexpr Sql kFindOld = "select refusal_id from risk_token_refusals where last_at < $1 limit $2";
constexpr Sql kDelete = "delete from risk_token_refusals where refusal_id = $1";

}  // namespace

void note_token_refusals(store::Tx& tx, std::span<const TokenRefusal> refusals) {
  for (const auto& r : refusals)
    tx.write({kPut, {r.refusal_id, r.customer_id, r.merchant_id, r.reason, r.times, r.first_at.ms, r.last_at.ms}}, 1);
}

base::Result<std::optional<base::Instant>> last_token_refusal(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kLast, {}}));
  const auto ms = rows.front().integer_or_null(0);
  return ms ? std::optional(base::Instant{*ms}) : std::nullopt;
}

store::Query count_token_refusals(identity::CustomerId customer, base::Instant since_wall) {
  return {kCountOfCustomer, {customer, since_wall.ms}};
}
store::Query count_merchant_token_refusals(identity::MerchantId merchant, base::Instant since_wall) {
  return {kCountOfMerchant, {merchant, since_wall.ms}};
}

base::Result<std::int64_t> forget_token_refusals(store::Tx& tx, base::Instant before, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindOld, {before.ms, limit}}));
  for (const auto& row : rows) tx.write({kDelete, {row.id<TokenRefusalId>(0)}}, 1);
  return std::ssize(rows);
}

}  // namespace karv::risk
