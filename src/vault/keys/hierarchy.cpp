#include "vault/keys/hierarchy.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/log.h"

namespace karv::vault {
namespace {

constexpr std::array kVaultWide = {KeyClass::root, KeyClass::epoch, KeyClass::ticket, KeyClass::proof,
                                   KeyClass::network};
constexpr std::array kOfTenant = {KeyClass::fingerprint, KeyClass::token};

// The versions of a class that exist in any state, so that a new one never takes the number of one that is gone.
std::int64_t next_version(const KeyRing& ring, KeyClass key_class, TenantId tenant) {
  std::int64_t newest = 0;
  for (const auto& row : ring.rows())
    if (row.key_class == key_class && row.tenant == tenant) newest = std::max(newest, row.version);
  return newest + 1;
}

class Maker {
 public:
  Maker(HsmTools tools, const KeyRing& ring, const base::Clock& wall, base::Random& random)
      : tools_(tools), ring_(ring), wall_(wall), random_(random) {}

  base::Result<void> ensure(KeyClass key_class, TenantId tenant, KeyClass parent, TenantId parent_tenant) {
    if (ring_.find_active(key_class, tenant) != nullptr) return {};
    const NewKey wanted{.key_class = key_class, .tenant = tenant, .version = next_version(ring_, key_class, tenant)};
    KARV_TRY(auto key,
             make_key(tools_, wanted, is_in_hsm(key_class) ? nullptr : find(parent, parent_tenant), wall_, random_));
    made_.keys.push_back(std::move(key));
    return {};
  }
  TenantId tenant_id(const std::string& name) {
    if (const auto known = ring_.find_tenant(name)) return *known;
    made_.tenants.push_back({.id = base::make_id<TenantTag>(wall_, random_), .name = name});
    return made_.tenants.back().id;
  }
  Missing take() { return std::move(made_); }

 private:
  const OpenKey* find(KeyClass key_class, TenantId tenant) const {
    for (const auto& key : made_.keys)
      if (key.row.key_class == key_class && key.row.tenant == tenant) return &key;
    const OpenKey* const there = ring_.find_active(key_class, tenant);
    KARV_REQUIRE(there != nullptr);
    return there;
  }

  HsmTools tools_;
  const KeyRing& ring_;
  const base::Clock& wall_;
  base::Random& random_;
  Missing made_;
};

}  // namespace

base::Result<OpenKey> make_key(HsmTools tools, const NewKey& wanted, const OpenKey* parent, const base::Clock& wall,
                               base::Random& random) {
  const auto id = base::make_id<KeyTag>(wall, random);
  if (parent == nullptr) KARV_TRY_VOID(tools.hsm.ensure_key(hsm_label(tools.prefix, wanted.key_class, id)));
  OpenKey key;
  KARV_TRY(key.clear, tools.hsm.make_data_key());
  key.row = {.id = id,
             .key_class = wanted.key_class,
             .tenant = wanted.tenant,
             .version = wanted.version,
             .parent = parent == nullptr ? KeyId() : parent->row.id,
             .wrapped = {},
             .check_value = check_value_of(key.clear),
             .state = KeyState::active,
             .uses = 0,
             .created_at = wall.now(),
             .retired_at = {}};
  KARV_TRY_VOID(wrap_key(tools, parent, key, random));
  return key;
}

void forget_in_hsm(HsmTools tools, const StoredKey& key) {
  if (!is_in_hsm(key.key_class)) return;
  const auto gone = tools.hsm.destroy_key(hsm_label(tools.prefix, key.key_class, key.id));
  if (!gone.ok()) base::log::warn("vault_unused_key_stays_in_hsm", {{"key", key.id.text()}});
}

base::Result<OpenKey> make_successor(HsmTools tools, const KeyRing& ring, const StoredKey& old_key,
                                     const base::Clock& wall, base::Random& random) {
  const OpenKey* parent = nullptr;
  if (!is_in_hsm(old_key.key_class)) {
    const bool of_tenant = std::ranges::find(kOfTenant, old_key.key_class) != kOfTenant.end();
    parent = of_tenant ? ring.find_active(KeyClass::tenant, old_key.tenant) : ring.find_active(KeyClass::root);
    KARV_REQUIRE(parent != nullptr);
  }
  return make_key(tools,
                  {.key_class = old_key.key_class,
                   .tenant = old_key.tenant,
                   .version = next_version(ring, old_key.key_class, old_key.tenant)},
                  parent, wall, random);
}

base::Result<std::vector<StoredKey>> rewrap_children(HsmTools tools, const KeyRing& ring, const OpenKey& old_key,
                                                     const OpenKey& next, base::Random& random) {
  std::vector<StoredKey> moved;
  for (const auto& row : ring.rows()) {
    const OpenKey* const child = ring.find_key(row.id);
    if (child == nullptr || row.parent != old_key.row.id) continue;
    OpenKey again{.row = row, .clear = child->clear.clone()};
    again.row.parent = next.row.id;
    KARV_TRY_VOID(wrap_key(tools, &next, again, random));
    moved.push_back(std::move(again.row));
  }
  return moved;
}

base::Result<StoredKey> in_state(HsmTools tools, const KeyRing& ring, const OpenKey& key, KeyState state,
                                 base::Random& random) {
  OpenKey again{.row = key.row, .clear = key.clear.clone()};
  again.row.state = state;
  KARV_TRY_VOID(wrap_key(tools, ring.find_key(key.row.parent), again, random));
  return std::move(again.row);
}

base::Result<Missing> make_missing_keys(HsmTools tools, const KeyRing& ring, const std::vector<std::string>& tenants,
                                        const base::Clock& wall, base::Random& random) {
  Maker maker(tools, ring, wall, random);
  for (const auto key_class : kVaultWide) KARV_TRY_VOID(maker.ensure(key_class, {}, KeyClass::root, {}));
  for (const auto& name : tenants) {
    const TenantId tenant = maker.tenant_id(name);
    KARV_TRY_VOID(maker.ensure(KeyClass::tenant, tenant, KeyClass::root, {}));
    for (const auto key_class : kOfTenant) KARV_TRY_VOID(maker.ensure(key_class, tenant, KeyClass::tenant, tenant));
  }
  return maker.take();
}

}  // namespace karv::vault
