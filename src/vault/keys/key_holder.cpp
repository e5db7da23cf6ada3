#include "vault/keys/key_holder.h"

#include "base/log.h"
#include "vault/keys/hierarchy.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kUsesAtOnce = 4096;
constexpr int kTries = 4;

base::Error sealed() {
  return base::public_error(base::ErrorCode::unavailable, "The vault is sealed.", "VAULT_SEALED");
}

}  // namespace

base::Result<KeyRingPtr> KeyHolder::open_ring(crypto::Hsm& hsm) {
  struct Stored {
    std::vector<StoredKey> keys;
    std::vector<Tenant> tenants;
  };
  KARV_TRY(auto stored, database_.read<Stored>("vault_load_keys", [](store::ReadTx& tx) -> base::Result<Stored> {
    Stored out;
    KARV_TRY(out.keys, load_keys(tx));
    KARV_TRY(out.tenants, load_tenants(tx));
    return out;
  }));
  return KeyRing::open({.hsm = hsm, .prefix = settings_.hsm_prefix}, std::move(stored.keys), stored.tenants,
                       wall_.now());
}

base::Result<void> KeyHolder::make_missing(crypto::Hsm& hsm) {
  const HsmTools tools{.hsm = hsm, .prefix = settings_.hsm_prefix};
  base::Error overtaken(base::ErrorCode::conflict);
  for (int i = 0; i < kTries; ++i) {
    KARV_TRY(const auto ring, open_ring(hsm));
    KARV_TRY(const auto missing, make_missing_keys(tools, *ring, settings_.tenants, wall_, random_));
    if (missing.keys.empty() && missing.tenants.empty()) return {};
    auto stored = database_.write<void>("vault_insert_keys", [&](store::Tx& tx) -> base::Result<void> {
      for (const auto& tenant : missing.tenants) insert_tenant(tx, tenant, wall_.now());
      for (const auto& key : missing.keys) insert_key(tx, key.row);
      return {};
    });
    if (stored.ok()) return stored;
    const bool not_stored = stored.error().code() == base::ErrorCode::conflict;
    if (!not_stored) return stored;
    for (const auto& key : missing.keys) forget_in_hsm(tools, key.row);
    overtaken = std::move(stored).error();  // another process was faster: with its keys, what is missing now?
  }
  return overtaken;
}

base::Result<void> KeyHolder::unseal(std::shared_ptr<crypto::Hsm> hsm) {
  const auto alarm = [&](base::Error error) {
    if (error.reason() == "KEY_ALTERED") raise_alarm(error);
    return error;
  };
  const std::int64_t seals = count_seals();
  if (auto made = make_missing(*hsm); !made.ok()) return alarm(std::move(made).error());
  auto ring = open_ring(*hsm);
  if (!ring.ok()) return alarm(std::move(ring).error());
  KARV_TRY_VOID(pass_gate(*hsm, *ring.value()));
  const base::Lock lock(mutex_);
  if (seals_ != seals) return sealed();  // somebody sealed it meanwhile, and meant it
  base::log::info("vault_unsealed", {{"keys", ring.value()->rows().size()}});
  hsm_ = std::move(hsm);
  ring_ = std::move(ring).value();
  sealed_because_.clear();
  return {};
}

base::Result<void> KeyHolder::pass_gate(crypto::Hsm& hsm, const KeyRing& ring) {
  if (!gate_) return {};
  auto passed = gate_(hsm, ring);
  if (passed.ok()) return passed;
  const auto& error = passed.error();
  const std::string why = error.internal_text().empty() ? error.public_text() : error.internal_text();
  base::log::error("vault_stays_sealed", {{"reason", error.reason()}, {"detail", why}});
  const base::Lock lock(mutex_);
  if (ring_ == nullptr) sealed_because_ = why;
  return passed;
}

void KeyHolder::seal(std::string_view why) {
  std::shared_ptr<crypto::Hsm> hsm;
  KeyRingPtr ring;  // both end outside of the lock
  {
    const base::Lock lock(mutex_);
    hsm.swap(hsm_);
    ring.swap(ring_);
    sealed_because_ = why;
    ++seals_;
  }
  base::log::warn("vault_sealed", {{"why", why}});
}

void KeyHolder::raise_alarm(const base::Error& altered) {
  base::log::error("vault_key_altered", {{"detail", altered.internal_text()}});
  {
    const base::Lock lock(mutex_);
    ++alarms_;
  }
  seal("a stored key is not what it was: " + altered.internal_text());
}

base::Result<KeyRingPtr> KeyHolder::get() const {
  const base::Lock lock(mutex_);
  if (ring_ == nullptr) return sealed();
  return ring_;
}

base::Result<KeyRingPtr> KeyHolder::get_fresh() {
  KARV_TRY(auto ring, get());
  if (wall_.now() - ring->opened_at() <= settings_.lease) return ring;
  return refresh();
}

base::Result<KeyRingPtr> KeyHolder::refresh() {
  KARV_TRY(const auto held, hsm());
  auto ring = open_ring(*held);
  if (!ring.ok() && ring.error().reason() == "KEY_ALTERED") raise_alarm(ring.error());
  if (!ring.ok()) return ring;
  const base::Lock lock(mutex_);
  if (hsm_ != held) return sealed();  // meanwhile
  ring_ = ring.value();
  return ring;
}

base::Result<std::shared_ptr<crypto::Hsm>> KeyHolder::hsm() const {
  const base::Lock lock(mutex_);
  if (hsm_ == nullptr) return sealed();
  return hsm_;
}

base::Result<void> KeyHolder::check_hsm() const {
  KARV_TRY(const auto held, hsm());
  KARV_TRY(const auto ring, get());
  const OpenKey* const root = ring->find_active(KeyClass::root);
  if (root == nullptr) return base::internal_error(base::ErrorCode::internal, "there is no active root key");
  return held->health(hsm_label(settings_.hsm_prefix, KeyClass::root, root->row.id));
}

base::Result<void> KeyHolder::count_use(KeyId id) {
  {
    const base::Lock lock(counting_);
    auto& left = uses_left_[id];
    if (left > 0) {
      --left;
      return {};
    }
  }
  KARV_TRY_VOID(database_.write<void>("vault_count_key_uses", [&](store::Tx& tx) -> base::Result<void> {
    add_key_uses(tx, id, kUsesAtOnce);
    return {};
  }));
  const base::Lock lock(counting_);
  uses_left_[id] += kUsesAtOnce - 1;
  return {};
}

std::int64_t KeyHolder::count_seals() const {
  const base::Lock lock(mutex_);
  return seals_;
}

std::string KeyHolder::sealed_because() const {
  const base::Lock lock(mutex_);
  return sealed_because_;
}

std::int64_t KeyHolder::alarms() const {
  const base::Lock lock(mutex_);
  return alarms_;
}

}  // namespace karv::vault
