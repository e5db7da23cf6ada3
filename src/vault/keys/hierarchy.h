// Making keys of the hierarchy: those that a new store lacks, and successors of those that are there.
#pragma once

#include <vector>

#include "base/clock.h"
#include "store/database.h"
#include "vault/keys/key_holder.h"

namespace karv::vault {

// A new key, wrapped, not stored. `parent`: null for root and epoch. Makes the HSM's own key for those first, so that a
// crash leaves no row without one. Errors: the HSM's.
struct NewKey {
  KeyClass key_class;
  TenantId tenant = {};
  std::int64_t version = 1;
};
base::Result<OpenKey> make_key(HsmTools tools, const NewKey& wanted, const OpenKey* parent, const base::Clock& wall,
                               base::Random& random);

// What the HSM holds for a key that was made and not stored, because somebody else was faster.
void forget_in_hsm(HsmTools tools, const StoredKey& key);

// The successor of a key: not stored, wrapped under the parent that is active now. Errors: the HSM's.
base::Result<OpenKey> make_successor(HsmTools tools, const KeyRing& ring, const StoredKey& old_key,
                                     const base::Clock& wall, base::Random& random);

// The keys that `old_key` wraps directly, wrapped under `next`.
base::Result<std::vector<StoredKey>> rewrap_children(HsmTools tools, const KeyRing& ring, const OpenKey& old_key,
                                                     const OpenKey& next, base::Random& random);

// A key's row in another state: wrapped again, because the state is part of its place. Pre: it may still open.
base::Result<StoredKey> in_state(HsmTools tools, const KeyRing& ring, const OpenKey& key, KeyState state,
                                 base::Random& random);

// The keys that `tenants` need and `ring` lacks, wrapped under those that are there. Parents first.
struct Missing {
  std::vector<OpenKey> keys;
  std::vector<Tenant> tenants;
};
base::Result<Missing> make_missing_keys(HsmTools tools, const KeyRing& ring, const std::vector<std::string>& tenants,
                                        const base::Clock& wall, base::Random& random);

}  // namespace karv::vault
