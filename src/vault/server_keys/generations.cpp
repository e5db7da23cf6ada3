#include "vault/server_keys/generations.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace karv::vault {
namespace {

constexpr int kTries = 4;
constexpr base::Duration kAlarmPause = base::days(1);

NewestGeneration newest_of(KeyRingPtr ring, TenantId tenant) {
  NewestGeneration newest{.ring = std::move(ring)};
  newest.tenant_key = newest.ring->find_active(KeyClass::tenant, tenant);
  newest.epoch_key = newest.ring->find_active(KeyClass::epoch);
  KARV_REQUIRE(newest.tenant_key != nullptr && newest.epoch_key != nullptr);
  return newest;
}

bool is_in_use(const ServerKeyGeneration& generation) { return !generation.rows_left || *generation.rows_left > 0; }

// When the first of its keys was retired; none while both are active, or when one is no more.
std::optional<base::Instant> retired_at(const KeyRing& ring, const ServerKeyGeneration& generation) {
  std::optional<base::Instant> first;
  for (const auto& row : ring.rows())
    if ((row.id == generation.tenant_key || row.id == generation.epoch_key) && row.retired_at)
      first = first ? std::min(*first, *row.retired_at) : *row.retired_at;
  return first;
}

}  // namespace

bool has_generation(const std::vector<ServerKeyGeneration>& generations, std::int64_t number) {
  return std::ranges::find(generations, number, &ServerKeyGeneration::number) != generations.end();
}

base::Result<std::vector<ServerKeyGeneration>> ServerKeyGenerations::find(TenantId tenant) {
  return database_.read<std::vector<ServerKeyGeneration>>(
      "vault_server_key_generations", [&](store::ReadTx& tx) { return find_generations(tx, tenant); });
}

ServerKeyGeneration ServerKeyGenerations::row_of(const StoredKey& tenant_key, const StoredKey& epoch_key) const {
  return {.tenant = tenant_key.tenant,
          .number = generation_number(tenant_key, epoch_key),
          .tenant_key = tenant_key.id,
          .epoch_key = epoch_key.id,
          .begun_at = wall_.now(),
          .rows_left = {},
          .told_at = {},
          .alarmed_at = {}};
}

base::Result<NewestGeneration> ServerKeyGenerations::take(TenantId tenant) {
  KARV_TRY(auto ring, keys_.get_fresh());
  for (int i = 0; i < kTries; ++i) {
    auto newest = newest_of(ring, tenant);
    KARV_TRY(const auto stored, find(tenant));
    if (!stored.empty() && stored.back().number == newest.number()) return newest;
    if (!stored.empty() && stored.back().number > newest.number()) {
      KARV_TRY(ring, keys_.refresh());  // another process has turned a key
      continue;
    }
    const auto noted = note_in_use({row_of(newest.tenant_key->row, newest.epoch_key->row)});
    if (!noted.ok()) return noted.error();
  }
  return base::internal_error(base::ErrorCode::unavailable, "the newest generation of server keys keeps changing");
}

base::Result<void> ServerKeyGenerations::note_in_use(const std::vector<ServerKeyGeneration>& seen) {
  for (const auto& generation : seen) {
    const auto noted = database_.write<void>("vault_server_keys_in_use", [&](store::Tx& tx) -> base::Result<void> {
      KARV_TRY(const auto stored, find_generations(tx, generation.tenant));
      if (!has_generation(stored, generation.number)) insert_generation(tx, generation);
      return {};
    });
    // Somebody else was first.
    if (!noted.ok() && noted.error().code() != base::ErrorCode::conflict) return noted;
  }
  return {};
}

base::Result<std::int64_t> ServerKeyGenerations::tell_left(TenantId tenant, const vault_api::ServerKeysLeft& message) {
  KARV_TRY(auto ring, keys_.get_fresh());
  if (newest_of(ring, tenant).number() < message.before_epoch) {
    KARV_TRY(ring, keys_.refresh());
  }
  auto newest = newest_of(ring, tenant).number();
  if (message.rows < 0 || message.before_epoch < 1 || message.before_epoch > newest)
    return base::public_error(base::ErrorCode::bad_value, "There are no such rows, or no such epoch yet.", "BAD_VALUE");
  KARV_TRY(const auto stored, find(tenant));
  if (stored.empty()) return newest;
  KARV_TRY(const auto taken, take(tenant));
  newest = taken.number();
  KARV_TRY_VOID(database_.write<void>("vault_server_keys_left", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto now, find_generations(tx, tenant));
    for (const auto& before : now) {
      if (before.number >= message.before_epoch) continue;
      auto after = before;
      after.rows_left = message.rows;
      after.told_at = wall_.now();
      update_generation(tx, before, after);
    }
    return {};
  }));
  return newest;
}

base::Result<void> ServerKeyGenerations::look_for_late() {
  if (!keys_.sealed_because().empty()) return {};
  KARV_TRY(const auto ring, keys_.get());
  KARV_TRY(const auto all, database_.read<std::vector<ServerKeyGeneration>>(
                               "vault_server_key_generations", [](store::ReadTx& tx) { return find_generations(tx); }));
  const auto now = wall_.now();
  for (const auto& before : all) {
    const auto retired = retired_at(*ring, before);
    if (!is_in_use(before) || !retired || now < *retired + kServerKeysLeftAlarm ||
        now < before.alarmed_at + kAlarmPause)
      continue;
    auto after = before;
    after.alarmed_at = now;
    const auto noted = database_.write<void>("vault_server_keys_late", [&](store::Tx& tx) -> base::Result<void> {
      update_generation(tx, before, after);
      return {};
    });
    if (!noted.ok() && noted.error().code() == base::ErrorCode::conflict) continue;  // another process says it
    if (!noted.ok()) return noted;
    base::log::error("vault_server_keys_left",
                     {{"tenant_id", before.tenant.text()},
                      {"epoch", before.number},
                      {"rows", before.rows_left.value_or(-1)},
                      {"detail", before.told_at ? "the server still has rows under keys that were retired 14 days ago"
                                                : "the server never said what it has left under keys that were retired "
                                                  "14 days ago"}});
  }
  return {};
}

}  // namespace karv::vault
