// Whether the vault is sealed, and its open keys while it is not.
//
// Sealed: no key is in memory, everything that needs one answers unavailable, reason VAULT_SEALED. Unsealing opens the
// HSM with a PIN that somebody has brought, makes what is missing of the hierarchy, and checks every key against its
// row and its check value; what differs seals the vault and raises the alarm `vault_key_altered`. Several processes may
// share one database: none protects anything new with a ring that is older than `lease`, so that a key which was
// retired for longer than that is used by nobody.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "store/database.h"
#include "vault/keys/key_ring.h"

namespace karv::vault {

struct KeySettings {
  std::string hsm_prefix = "karv";                     // of the labels in the HSM
  std::vector<std::string> tenants = {"karv-server"};  // the servers that may use this vault, by certificate name
  KeyPolicies policies = kKeyPolicies;
  base::Duration lease = kHandover;
  std::string process = {};  // this one's name among those that share the store
};

class KeyHolder {
 public:
  KeyHolder(store::Database& database, const base::Clock& wall, base::Random& random, KeySettings settings)
      : database_(database), wall_(wall), random_(random), settings_(std::move(settings)) {}

  // What must be in order before the vault opens, with its keys and before anybody else has them. Where it answers an
  // error the vault stays sealed, and says why.
  using Gate = std::function<base::Result<void>(crypto::Hsm&, const KeyRing&)>;
  void on_unseal(Gate gate) { gate_ = std::move(gate); }

  // Errors: internal KEY_ALTERED (the vault stays sealed), unavailable, those of the gate. Effects: vault_keys,
  // tenants, keys in the HSM.
  base::Result<void> unseal(std::shared_ptr<crypto::Hsm> hsm);
  // Ends the session with the HSM and lets go of the keys; those of requests under way, each a moment's, are wiped when
  // they end. `why` is for operators: "an operator", "a key was altered".
  void seal(std::string_view why);

  // The keys. Errors: unavailable VAULT_SEALED.
  base::Result<KeyRingPtr> get() const;
  // The keys, for protecting something new: not older than the lease. Errors: as above.
  base::Result<KeyRingPtr> get_fresh();
  // Reads the keys again. Errors: as above, and those of unseal().
  base::Result<KeyRingPtr> refresh();

  // Errors: unavailable VAULT_SEALED, and the HSM's.
  base::Result<std::shared_ptr<crypto::Hsm>> hsm() const;
  base::Result<void> check_hsm() const;

  // Before a key of this id encrypts once more: counts it, in blocks that are written ahead, so that the count is never
  // too low. Errors: the database's. Cost: a write in 4096 calls.
  base::Result<void> count_use(KeyId id);

  // Why it is sealed; empty when it is not.
  std::string sealed_because() const;
  // How often a key was found altered since the start.
  std::int64_t alarms() const;
  const KeySettings& settings() const { return settings_; }
  // What an altered key of any kind leads to: the alarm, and the seal.
  void raise_alarm(const base::Error& altered);

 private:
  base::Result<KeyRingPtr> open_ring(crypto::Hsm& hsm);
  base::Result<void> make_missing(crypto::Hsm& hsm);
  std::int64_t count_seals() const;
  base::Result<void> pass_gate(crypto::Hsm& hsm, const KeyRing& ring);

  store::Database& database_;
  const base::Clock& wall_;
  base::Random& random_;
  const KeySettings settings_;
  Gate gate_;
  mutable base::Mutex mutex_;
  std::shared_ptr<crypto::Hsm> hsm_ KARV_GUARDED_BY(mutex_);
  KeyRingPtr ring_ KARV_GUARDED_BY(mutex_);
  std::string sealed_because_ KARV_GUARDED_BY(mutex_) = "it was not unsealed yet";
  std::int64_t alarms_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t seals_ KARV_GUARDED_BY(mutex_) = 0;
  base::Mutex counting_;
  std::map<KeyId, std::int64_t> uses_left_ KARV_GUARDED_BY(counting_);
};

}  // namespace karv::vault
