#include "vault/keys/key_ring.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "crypto/hash.h"

namespace karv::vault {

namespace {

// Every process has read its keys by then, also when the rotation's commit was slow or their clocks differ a little.
constexpr base::Duration kInUseAfter = base::seconds(120);

// Under a key that was given up: dead with it, and no sign that anything was altered.
bool is_orphan(const std::vector<StoredKey>& keys, const StoredKey& row) {
  const auto parent = std::ranges::find(keys, row.parent, &StoredKey::id);
  return parent != keys.end() && !may(parent->state, KeyUse::open);
}

}  // namespace

base::Result<KeyRingPtr> KeyRing::open(HsmTools tools, std::vector<StoredKey> keys, const std::vector<Tenant>& tenants,
                                       base::Instant now) {
  std::shared_ptr<KeyRing> ring(new KeyRing);
  // A class is named before what it wraps.
  std::ranges::sort(keys, {}, [](const StoredKey& key) { return std::pair(key.key_class, key.version); });
  for (const auto& row : keys) {
    if (!may(row.state, KeyUse::open) || is_orphan(keys, row)) continue;
    KARV_TRY(auto key, unwrap_key(tools, ring->find_key(row.parent), row));
    ring->keys_.emplace(row.id, std::move(key));
  }
  for (const auto& [tenant_id, tenant] : ring->keys_)
    for (const auto& [epoch_id, epoch] : ring->keys_)
      if (tenant.row.key_class == KeyClass::tenant && epoch.row.key_class == KeyClass::epoch)
        ring->subject_wrapping_.emplace(std::pair(tenant_id, epoch_id), subject_wrapping_key(tenant, epoch));
  for (const auto& tenant : tenants) ring->tenants_.emplace(tenant.name, tenant.id);
  ring->rows_ = std::move(keys);
  ring->opened_at_ = now;
  return KeyRingPtr(std::move(ring));
}

std::optional<TenantId> KeyRing::find_tenant(std::string_view name) const {
  const auto found = tenants_.find(name);
  return found == tenants_.end() ? std::nullopt : std::optional(found->second);
}

const OpenKey* KeyRing::find_key(KeyId id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

const OpenKey* KeyRing::find_in_use(KeyClass key_class, base::Instant at) const {
  const StoredKey* in_use = nullptr;  // rows come by version
  for (const auto& row : rows_)
    if (row.key_class == key_class && (in_use == nullptr || row.created_at + kInUseAfter <= at)) in_use = &row;
  return in_use == nullptr ? nullptr : find_key(in_use->id);
}

const OpenKey* KeyRing::find_active(KeyClass key_class, TenantId tenant) const {
  const OpenKey* newest = nullptr;
  for (const auto& [id, key] : keys_) {
    const StoredKey& row = key.row;
    if (row.key_class != key_class || row.tenant != tenant || !may(row.state, KeyUse::protect)) continue;
    if (newest == nullptr || newest->row.version < row.version) newest = &key;
  }
  return newest;
}

std::vector<KeyedDigest> KeyRing::digests(KeyClass key_class, TenantId tenant, base::ByteView data) const {
  std::vector<const OpenKey*> keys;
  for (const auto& [id, key] : keys_)
    if (key.row.key_class == key_class && key.row.tenant == tenant) keys.push_back(&key);
  std::ranges::sort(keys, std::greater(), [](const OpenKey* key) { return key->row.version; });
  const bool handing_over = keys.size() > 1 && keys.front()->row.created_at + kHandover > opened_at_;
  if (handing_over) std::swap(keys[0], keys[1]);
  std::vector<KeyedDigest> out;
  out.reserve(keys.size());
  for (const auto* key : keys) out.push_back({.key = key->row.id, .digest = crypto::hmac_sha256(key->clear, data)});
  return out;
}

std::vector<KeyedDigest> KeyRing::fingerprints(TenantId tenant, const base::SecretBytes& number) const {
  return digests(KeyClass::fingerprint, tenant, number.expose());
}
std::vector<KeyedDigest> KeyRing::token_digests(TenantId tenant, std::string_view text) const {
  return digests(KeyClass::token, tenant, base::as_bytes(text));
}
std::vector<KeyedDigest> KeyRing::ticket_digests(std::string_view text) const {
  return digests(KeyClass::ticket, {}, base::as_bytes(text));
}

const base::SecretBytes* KeyRing::find_wrapping(KeyId tenant_key, KeyId epoch_key) const {
  const auto found = subject_wrapping_.find({tenant_key, epoch_key});
  return found == subject_wrapping_.end() ? nullptr : &found->second;
}

SubjectKey KeyRing::make_subject_key(StoredSubjectKey& row, TenantId tenant, base::Random& random) const {
  SubjectKey key{.id = row.id, .clear = base::SecretBytes(32)};
  random.fill(key.clear.expose_mutable());
  row.tenant = tenant;
  row = rewrapped(row, key, random);
  return key;
}

StoredSubjectKey KeyRing::rewrapped(const StoredSubjectKey& row, const SubjectKey& key, base::Random& random) const {
  const OpenKey* const tenant = find_active(KeyClass::tenant, row.tenant);
  const OpenKey* const epoch = find_active(KeyClass::epoch);
  KARV_REQUIRE(tenant != nullptr && epoch != nullptr);
  StoredSubjectKey out = row;
  out.tenant_key = tenant->row.id;
  out.epoch_key = epoch->row.id;
  out.wrapped = wrap_subject_key(*find_wrapping(out.tenant_key, out.epoch_key), out, key.clear, random);
  return out;
}

bool KeyRing::can_open(const StoredSubjectKey& row) const {
  return find_wrapping(row.tenant_key, row.epoch_key) != nullptr;
}

base::Result<SubjectKey> KeyRing::open_subject_key(const StoredSubjectKey& row) const {
  const base::SecretBytes* const wrapping = find_wrapping(row.tenant_key, row.epoch_key);
  if (wrapping == nullptr || !may(row.state, KeyUse::open))
    return base::internal_error(base::ErrorCode::gone, "the key of subject key " + row.id.text() + " is destroyed")
        .with_reason("KEY_DESTROYED");
  return unwrap_subject_key(*wrapping, row);
}

}  // namespace karv::vault
