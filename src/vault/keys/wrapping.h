// How one key wraps another, and how a key is recognised: the place it belongs to, its check value, its label in the
// HSM.
//
// The place (id, class, tenant, version, parent, state) is authenticated with the wrapped bytes: a blob that was moved
// to another row, or whose row says something else than when it was wrapped, does not open. Source: PCI DSS 3.7.7.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "crypto/hsm.h"
#include "vault/keys/types.h"

namespace karv::vault {

// "karv-epoch-0190...": a wrapping key in the HSM. With the key's id, so that two processes never make one name twice.
std::string hsm_label(const std::string& prefix, KeyClass key_class, KeyId id);

// Eight bytes that tell whether a key is the one it was, and nothing about it.
base::Bytes check_value_of(const base::SecretBytes& key);

// A key that is open, with its row. Of the root: the probe.
struct OpenKey {
  StoredKey row;
  base::SecretBytes clear;
};

// The tools for wrapping by the HSM.
struct HsmTools {
  crypto::Hsm& hsm;
  const std::string& prefix;
};

// `parent`: null for a class that is wrapped by the HSM's key of its own (root, epoch). Fills row.wrapped.
// Errors: the HSM's.
base::Result<void> wrap_key(HsmTools tools, const OpenKey* parent, OpenKey& key, base::Random& random);
// Errors: internal, reason KEY_ALTERED (the blob, its row or its check value is not what it was); gone, reason
// KEY_DESTROYED (an epoch that the HSM no longer has: the store is older than the end of that epoch); unavailable.
base::Result<OpenKey> unwrap_key(HsmTools tools, const OpenKey* parent, StoredKey row);

// The key that wraps subject keys of one tenant in one epoch; both parts are needed for it.
base::SecretBytes subject_wrapping_key(const OpenKey& tenant, const OpenKey& epoch);
base::Bytes wrap_subject_key(const base::SecretBytes& wrapping, const StoredSubjectKey& row,
                             const base::SecretBytes& clear, base::Random& random);
// Errors: internal, reason KEY_ALTERED.
base::Result<SubjectKey> unwrap_subject_key(const base::SecretBytes& wrapping, const StoredSubjectKey& row);

}  // namespace karv::vault
