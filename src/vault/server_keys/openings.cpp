#include "vault/server_keys/openings.h"

#include "audit/record.h"
#include "base/log.h"

namespace karv::vault {
namespace {

constexpr int kTries = 4;
constexpr base::Duration kAlarmPause = base::hours(1);
constexpr std::int64_t kMinutes = 60;

std::int64_t minute_of(base::Instant at) { return at.ms / base::minutes(1).ms; }
std::int64_t hour_of(base::Instant at) { return at.ms / base::hours(1).ms; }

}  // namespace

void ServerKeyOpenings::close_hour(store::Tx& tx, ServerKeyCount& count) {
  const auto now = wall_.now();
  if (count.hour == hour_of(now)) return;
  if (count.opened > 0 || count.refused > 0)
    audit::append(tx, {.id = base::make_id<audit::RecordTag>(wall_, random_),
                       .actor = {.kind = audit::ActorKind::system, .id = count.tenant.text()},
                       .action = "server_keys_opened",
                       .subject = {.kind = "tenant", .id = count.tenant.text()},
                       .reason = "",
                       .business_time = now,
                       .wall_time = now,
                       .correlation_id = "",
                       .details = audit::details_text({{"hour_from", count.hour * base::hours(1).ms},
                                                       {"opened", count.opened},
                                                       {"refused", count.refused}})});
  count.hour = hour_of(now);
  count.opened = count.refused = 0;
}

base::Result<bool> ServerKeyOpenings::admit(store::Tx& tx, TenantId tenant, std::int64_t keys) {
  const auto now = wall_.now();
  KARV_TRY(const auto known, lock_server_key_count(tx, tenant));
  ServerKeyCount count = known.value_or(
      ServerKeyCount{.tenant = tenant, .hour = hour_of(now), .opened = 0, .refused = 0, .alarmed_at = {}});
  close_hour(tx, count);
  KARV_TRY(const auto opened, count_opened_since(tx, {.tenant = tenant, .minute = minute_of(now) - kMinutes}));
  const bool admitted = opened + keys <= most_hourly_;
  (admitted ? count.opened : count.refused) += keys;
  if (admitted) add_opened(tx, {.tenant = tenant, .minute = minute_of(now)}, keys);
  if (!admitted && now - count.alarmed_at >= kAlarmPause) {
    count.alarmed_at = now;
    tx.after_commit([tenant, opened, most = most_hourly_] {
      base::log::error("vault_server_keys_limit",
                       {{"tenant_id", tenant.text()}, {"opened", opened}, {"most_hourly", most}});
    });
  }
  if (known) {
    update_server_key_count(tx, count);
  } else {
    insert_server_key_count(tx, count);
  }
  return admitted;
}

base::Result<void> ServerKeyOpenings::count(TenantId tenant, std::int64_t keys) {
  base::Result<bool> admitted = true;
  for (int i = 0; i < kTries; ++i) {
    admitted = database_.write<bool>("vault_count_server_keys", [&](store::Tx& tx) { return admit(tx, tenant, keys); });
    // Of two that count a tenant's first keys at once one is told so.
    if (admitted.ok() || admitted.error().code() != base::ErrorCode::conflict) break;
  }
  if (!admitted.ok()) return admitted.error();
  if (admitted.value()) return {};
  return base::public_error(base::ErrorCode::too_many_requests,
                            "This server has opened as many keys as it may in an hour.", "TOO_MANY_KEYS");
}

base::Result<void> ServerKeyOpenings::close_hours() {
  KARV_TRY(const auto all,
           database_.read<std::vector<ServerKeyCount>>("vault_server_key_counts",
                                                       [](store::ReadTx& tx) { return find_server_key_counts(tx); }));
  const auto now = wall_.now();
  for (const auto& one : all) {
    if (one.hour == hour_of(now) || (one.opened == 0 && one.refused == 0)) continue;
    KARV_TRY_VOID(database_.write<void>("vault_close_server_key_hour", [&](store::Tx& tx) -> base::Result<void> {
      KARV_TRY(auto count, lock_server_key_count(tx, one.tenant));
      if (!count) return {};
      close_hour(tx, *count);
      update_server_key_count(tx, *count);
      return {};
    }));
  }
  const auto oldest = minute_of(now) - kMinutes;
  auto removed = database_.write<void>("vault_remove_server_key_minutes",
                                       [&](store::Tx& tx) { return delete_minutes_before(tx, oldest); });
  if (!removed.ok() && removed.error().code() == base::ErrorCode::conflict) return {};  // another process did
  return removed;
}

}  // namespace karv::vault
