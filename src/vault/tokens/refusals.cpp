#include "vault/tokens/refusals.h"

#include <algorithm>

#include "base/id.h"
#include "base/log.h"
#include "json/words.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kMostTold = 500;

std::int64_t day_of(base::Instant now) { return now.ms / base::days(1).ms; }

template <class Ref>
std::optional<Ref> unless_nil(Ref ref) {
  return ref.is_nil() ? std::nullopt : std::optional(ref);
}

}  // namespace

base::Error refusal_error(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::unknown:
    case RefusalReason::customer:
    case RefusalReason::merchant:
      return base::public_error(base::ErrorCode::not_found, "There is no such vault token.", "TOKEN_UNKNOWN");
    default:
      return base::internal_error(base::ErrorCode::forbidden, "token scope: " + std::string(json::word(reason)))
          .with_reason("SCOPE_REFUSED");
  }
}

// The merchant's day, ours until the end; a new one is not stored yet.
base::Result<RefusalDay> Refusals::take_day(store::Tx& tx, Refusal& refusal) {
  RefusalDay key{.tenant = refusal.tenant, .day = day_of(wall_.now()), .merchant = refusal.merchant, .alarmed_at = {}};
  KARV_TRY(const auto known, lock_refusal_day(tx, key));
  if (known) return *known;
  KARV_TRY(const auto days, count_refusal_days(tx, key.tenant, key.day));
  if (days < kMostRefusalDays) return key;
  refusal.merchant = key.merchant = MerchantRef();
  KARV_TRY(const auto shared, lock_refusal_day(tx, key));
  return shared.value_or(key);
}

base::Result<void> Refusals::take_count(store::Tx& tx, RefusalDay& day, const Refusal& refusal) {
  const auto now = wall_.now();
  RefusalKey key{.tenant = refusal.tenant,
                 .day = day.day,
                 .merchant = refusal.merchant,
                 .customer = refusal.customer,
                 .reason = refusal.reason};
  KARV_TRY(auto row, lock_refusal(tx, key));
  if (!row && day.counts >= kMostRefusalCounts) {
    key.customer = CustomerRef();
    KARV_TRY(row, lock_refusal(tx, key));
  }
  if (row) {
    ++row->times;
    row->last_at = now;
    update_refusal(tx, *row);
    return {};
  }
  ++day.counts;
  insert_refusal(tx, {.id = base::make_id<vault_api::RefusalTag>(wall_, random_),
                      .key = key,
                      .times = 1,
                      .first_at = now,
                      .last_at = now});
  return {};
}

base::Result<void> Refusals::count(store::Tx& tx, Refusal refusal) {
  KARV_TRY(auto day, take_day(tx, refusal));
  const bool is_new = day.times == 0;
  KARV_TRY_VOID(take_count(tx, day, refusal));
  ++day.times;
  const auto now = wall_.now();
  const bool alarm = day.times >= kRefusalAlarm && now - day.alarmed_at >= kRefusalAlarmPause;
  if (alarm) {
    day.alarmed_at = now;
    tx.after_commit([refusal, times = day.times] {
      base::log::error(
          "vault_token_refusals",
          {{"merchant_id", refusal.merchant.text()}, {"reason", json::word(refusal.reason)}, {"times", times}});
    });
  }
  if (is_new) {
    insert_refusal_day(tx, day);
  } else {
    update_refusal_day(tx, day);
  }
  return {};
}

base::Result<vault_api::RefusalsAnswer> Refusals::tell(TenantId tenant, const vault_api::RefusalsRequest& request) {
  using Rows = std::vector<StoredRefusal>;
  // Nothing is after the highest id.
  base::Uuid highest{};
  highest.fill(0xff);
  const RefusalId after = request.after.value_or(RefusalId(highest));
  KARV_TRY(auto rows, database_.read<Rows>("vault_tell_refusals", [&](store::ReadTx& tx) {
    return find_refusals_since(tx, tenant, {request.since}, after, kMostTold + 1);
  }));
  vault_api::RefusalsAnswer answer;
  answer.more = std::ssize(rows) > kMostTold;
  if (answer.more) rows.pop_back();
  for (const auto& row : rows)
    answer.counts.push_back({.refusal = row.id,
                             .customer = unless_nil(row.key.customer),
                             .merchant = unless_nil(row.key.merchant),
                             .reason = row.key.reason,
                             .times = row.times,
                             .first_at = row.first_at.ms,
                             .last_at = row.last_at.ms});
  return answer;
}

}  // namespace karv::vault
