// The vault's open keys, as they were at one moment: unwrapped, checked, in wiped memory. Read-only; a rotation makes
// another ring. Thread-safe.
//
// Only keys that may do something are in it: what is compromised or destroyed is not there, so everything under it
// fails closed. Subject keys are too many to be kept: a ring opens one from its row, in microseconds.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "vault/keys/rules.h"
#include "vault/keys/wrapping.h"

namespace karv::vault {

// A keyed digest, and the key it was made with.
struct KeyedDigest {
  KeyId key;
  base::Bytes digest;
};

class KeyRing {
 public:
  // Errors: internal, reason KEY_ALTERED; unavailable (the HSM).
  static base::Result<std::shared_ptr<const KeyRing>> open(HsmTools tools, std::vector<StoredKey> keys,
                                                           const std::vector<Tenant>& tenants, base::Instant now);

  std::optional<TenantId> find_tenant(std::string_view name) const;
  // The newest active key of a class, and of a tenant where the class has one. Null when there is none.
  const OpenKey* find_active(KeyClass key_class, TenantId tenant = {}) const;
  const OpenKey* find_key(KeyId id) const;
  // The key of a class of the whole vault that was in use at a moment: two minutes after it was made; of the first one
  // from the start. Always the same one for the same moment, or null when it opens no more.
  const OpenKey* find_in_use(KeyClass key_class, base::Instant at) const;
  // All rows, open or not, by class and version.
  const std::vector<StoredKey>& rows() const { return rows_; }
  base::Instant opened_at() const { return opened_at_; }

  // HMAC-SHA-256 of the whole number under the tenant's key: the newest key's first, then those of retired keys (for
  // kHandover after a rotation the other way round).
  // Source: PCI DSS 3.5.1.1.
  std::vector<KeyedDigest> fingerprints(TenantId tenant, const base::SecretBytes& number) const;
  // What a token's or ticket's text is stored as; in the same order.
  std::vector<KeyedDigest> token_digests(TenantId tenant, std::string_view text) const;
  std::vector<KeyedDigest> ticket_digests(std::string_view text) const;

  // Pre: both active keys are there. Fills `row` but for its id, subject and version.
  SubjectKey make_subject_key(StoredSubjectKey& row, TenantId tenant, base::Random& random) const;
  // Wraps it again under the keys that are active now.
  StoredSubjectKey rewrapped(const StoredSubjectKey& row, const SubjectKey& key, base::Random& random) const;
  // Whether both keys that wrap it are in this ring. If not, the ring is old or they are gone.
  bool can_open(const StoredSubjectKey& row) const;
  // Errors: gone, reason KEY_DESTROYED (its keys, or itself); internal, reason KEY_ALTERED.
  base::Result<SubjectKey> open_subject_key(const StoredSubjectKey& row) const;

 private:
  KeyRing() = default;
  std::vector<KeyedDigest> digests(KeyClass key_class, TenantId tenant, base::ByteView data) const;
  const base::SecretBytes* find_wrapping(KeyId tenant_key, KeyId epoch_key) const;

  std::vector<StoredKey> rows_;
  std::map<KeyId, OpenKey> keys_;
  std::map<std::pair<KeyId, KeyId>, base::SecretBytes> subject_wrapping_;
  std::map<std::string, TenantId, std::less<>> tenants_;
  base::Instant opened_at_;
};
using KeyRingPtr = std::shared_ptr<const KeyRing>;

}  // namespace karv::vault
