// One key per customer: made when the first card comes, opened from its row for each use.
#pragma once

#include "vault/keys/key_holder.h"

namespace karv::vault {

struct NewSubjectKey {
  StoredSubjectKey row;
  SubjectKey key;
};

class SubjectKeys {
 public:
  SubjectKeys(KeyHolder& holder, const base::Clock& wall, base::Random& random)
      : holder_(holder), wall_(wall), random_(random) {}

  // Wrapped under the keys that are active now; stored by the caller. Errors: unavailable VAULT_SEALED.
  base::Result<NewSubjectKey> make(TenantId tenant, SubjectId subject, std::int64_t version = 1);
  // Errors: unavailable VAULT_SEALED, gone KEY_DESTROYED; internal KEY_ALTERED, which seals the vault.
  base::Result<SubjectKey> open(const StoredSubjectKey& row);
  // The same key, wrapped under the keys that are active now. Errors: as above.
  base::Result<StoredSubjectKey> rewrap(const StoredSubjectKey& row);

 private:
  KeyHolder& holder_;
  const base::Clock& wall_;
  base::Random& random_;
};

}  // namespace karv::vault
