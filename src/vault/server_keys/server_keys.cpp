#include "vault/server_keys/server_keys.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "crypto/aead.h"

namespace karv::vault {
namespace {

using vault_api::ServerKeyState;
using vault_api::WrappedServerKey;

base::Result<void> check_count(std::int64_t count) {
  if (count >= 1 && count <= static_cast<std::int64_t>(vault_api::kMostServerKeys)) return {};
  return base::public_error(base::ErrorCode::bad_value, "One to 200 keys at once.", "BATCH_SIZE");
}

// One row with the keys that it names, as far as they are the tenant's and of the right class.
struct Named {
  std::optional<ServerKeyBlob> blob;
  const StoredKey* tenant_key = nullptr;
  const StoredKey* epoch_key = nullptr;
  bool is_whole() const { return tenant_key != nullptr && epoch_key != nullptr; }
};

const StoredKey* find_row(const KeyRing& ring, KeyId id, KeyClass key_class, TenantId tenant) {
  const auto& rows = ring.rows();
  const auto row = std::ranges::find(rows, id, &StoredKey::id);
  return row != rows.end() && row->key_class == key_class && row->tenant == tenant ? &*row : nullptr;
}

Named named_by(const KeyRing& ring, TenantId tenant, const WrappedServerKey& row) {
  Named named{.blob = parse_server_key_blob(row.wrapped)};
  if (!named.blob) return named;
  named.tenant_key = find_row(ring, named.blob->tenant_key, KeyClass::tenant, tenant);
  named.epoch_key = find_row(ring, named.blob->epoch_key, KeyClass::epoch, {});
  if (named.is_whole() && generation_number(*named.tenant_key, *named.epoch_key) != row.epoch) return {};
  return named;
}

// Whether the store knows of a pair that this ring does not have: then the ring is old.
bool is_behind(const KeyRing& ring, const std::vector<ServerKeyGeneration>& stored) {
  return std::ranges::any_of(stored, [&](const ServerKeyGeneration& one) {
    return find_row(ring, one.tenant_key, KeyClass::tenant, one.tenant) == nullptr ||
           find_row(ring, one.epoch_key, KeyClass::epoch, {}) == nullptr;
  });
}

std::vector<ServerKeyId> ids_of(const std::vector<WrappedServerKey>& rows) {
  std::vector<ServerKeyId> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows) ids.push_back(row.key);
  return ids;
}

struct Known {
  std::vector<ServerKeyGeneration> generations;
  std::vector<bool> erased;
};

// The keys of one row, or those of now in their place: what does not open takes as long as what does.
base::Result<base::SecretBytes> open_named(const KeyRing& ring, TenantId tenant, const Named& named, ServerKeyId id) {
  const OpenKey* tenant_key = named.is_whole() ? ring.find_key(named.tenant_key->id) : nullptr;
  const OpenKey* epoch_key = named.is_whole() ? ring.find_key(named.epoch_key->id) : nullptr;
  const bool may_open = tenant_key != nullptr && epoch_key != nullptr;
  if (tenant_key == nullptr) tenant_key = ring.find_active(KeyClass::tenant, tenant);
  if (epoch_key == nullptr) epoch_key = ring.find_active(KeyClass::epoch);
  KARV_REQUIRE(tenant_key != nullptr && epoch_key != nullptr);
  const ServerKeyBlob nothing{
      .tenant_key = {},
      .epoch_key = {},
      .sealed = base::Bytes(crypto::kAeadNonceSize + crypto::kAeadKeySize + crypto::kAeadTagSize)};
  auto clear = unwrap_server_key({.tenant = *tenant_key, .epoch = *epoch_key}, id, named.blob ? *named.blob : nothing);
  if (!may_open) return base::Error(base::ErrorCode::gone);
  return clear;
}

}  // namespace

base::Result<ServerKeys::SeenAll> ServerKeys::see(TenantId tenant, const std::vector<WrappedServerKey>& rows) {
  KARV_TRY_VOID(check_count(std::ssize(rows)));
  KARV_TRY(auto ring, keys_.get());
  KARV_TRY(const auto known,
           database_.read<Known>("vault_find_server_keys", [&](store::ReadTx& tx) -> base::Result<Known> {
             Known out;
             KARV_TRY(out.generations, find_generations(tx, tenant));
             KARV_TRY(out.erased, find_erased_server_keys(tx, tenant, ids_of(rows)));
             return out;
           }));
  if (is_behind(*ring, known.generations)) {
    KARV_TRY(ring, keys_.refresh());
  }
  SeenAll all;
  std::vector<ServerKeyGeneration> missing;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto named = named_by(*ring, tenant, rows[i]);
    auto clear = open_named(*ring, tenant, named, rows[i].key);
    Seen seen;
    const bool dead = named.is_whole() && !clear.ok() && clear.error().code() == base::ErrorCode::gone;
    if (known.erased[i] || dead) {
      seen.state = ServerKeyState::gone;
    } else if (named.is_whole() && clear.ok()) {
      seen = {.state = ServerKeyState::ok, .clear = std::move(clear).value()};
      ++all.ok;
      if (!has_generation(known.generations, rows[i].epoch) && !has_generation(missing, rows[i].epoch))
        missing.push_back(generations_.row_of(*named.tenant_key, *named.epoch_key));
    }
    all.keys.push_back(std::move(seen));
  }
  KARV_TRY_VOID(generations_.note_in_use(missing));
  const OpenKey* const tenant_key = ring->find_active(KeyClass::tenant, tenant);
  const OpenKey* const epoch_key = ring->find_active(KeyClass::epoch);
  all.newest = generation_number(tenant_key->row, epoch_key->row);
  if (!known.generations.empty()) all.newest = std::max(all.newest, known.generations.back().number);
  return all;
}

// Before they happen.
base::Result<void> ServerKeys::count_uses(const OpenKey& epoch_key, std::int64_t uses) {
  for (std::int64_t i = 0; i < uses; ++i) KARV_TRY_VOID(keys_.count_use(epoch_key.row.id));
  return {};
}

base::Result<vault_api::MakeServerKeysAnswer> ServerKeys::make(TenantId tenant,
                                                               const vault_api::MakeServerKeys& message) {
  KARV_TRY_VOID(check_count(message.count));
  KARV_TRY(const auto newest, generations_.take(tenant));
  KARV_TRY_VOID(count_uses(*newest.epoch_key, message.count));
  vault_api::MakeServerKeysAnswer answer;
  answer.newest_epoch = newest.number();
  for (std::int64_t i = 0; i < message.count; ++i) {
    base::SecretBytes clear(crypto::kAeadKeySize);
    random_.fill(clear.expose_mutable());
    const auto id = base::make_id<vault_api::ServerKeyTag>(wall_, random_);
    answer.keys.push_back({.stored = {.key = id,
                                      .epoch = newest.number(),
                                      .wrapped = wrap_server_key(newest.parents(), id, clear, random_)},
                           .clear = server_key_text(clear)});
  }
  return answer;
}

base::Result<vault_api::OpenServerKeysAnswer> ServerKeys::open(TenantId tenant,
                                                               const vault_api::OpenServerKeys& message) {
  KARV_TRY(const auto all, see(tenant, message.keys));
  if (all.ok > 0) KARV_TRY_VOID(openings_.count(tenant, all.ok));
  vault_api::OpenServerKeysAnswer answer;
  answer.newest_epoch = all.newest;
  for (const auto& seen : all.keys)
    answer.keys.push_back(
        {.state = seen.state, .clear = seen.clear.empty() ? base::SecretBytes() : server_key_text(seen.clear)});
  return answer;
}

base::Result<vault_api::RenewServerKeysAnswer> ServerKeys::renew(TenantId tenant,
                                                                 const vault_api::RenewServerKeys& message) {
  KARV_TRY(const auto all, see(tenant, message.keys));
  vault_api::RenewServerKeysAnswer answer;
  answer.newest_epoch = all.newest;
  if (all.ok == 0) {  // nothing is wrapped, so no generation is in use for it
    for (const auto& seen : all.keys) answer.keys.push_back({.state = seen.state, .epoch = 0, .wrapped = {}});
    return answer;
  }
  KARV_TRY(const auto newest, generations_.take(tenant));
  const auto is_old = [&](std::size_t i) {
    return all.keys[i].state == ServerKeyState::ok && message.keys[i].epoch != newest.number();
  };
  std::int64_t old = 0;
  for (std::size_t i = 0; i < all.keys.size(); ++i) old += is_old(i) ? 1 : 0;
  KARV_TRY_VOID(count_uses(*newest.epoch_key, old));
  answer.newest_epoch = newest.number();
  for (std::size_t i = 0; i < all.keys.size(); ++i) {
    const auto& row = message.keys[i];
    vault_api::RenewedServerKey renewed{.state = all.keys[i].state, .epoch = 0, .wrapped = {}};
    if (renewed.state == ServerKeyState::ok) {
      renewed.epoch = newest.number();
      renewed.wrapped =
          is_old(i) ? wrap_server_key(newest.parents(), row.key, all.keys[i].clear, random_) : row.wrapped;
    }
    answer.keys.push_back(std::move(renewed));
  }
  return answer;
}

base::Result<vault_api::ServerKeysLeftAnswer> ServerKeys::left(TenantId tenant,
                                                               const vault_api::ServerKeysLeft& message) {
  KARV_TRY(const auto newest, generations_.tell_left(tenant, message));
  return vault_api::ServerKeysLeftAnswer{.newest_epoch = newest};
}

base::Result<void> ServerKeys::look_after() {
  KARV_TRY_VOID(generations_.look_for_late());
  return openings_.close_hours();
}

}  // namespace karv::vault
