// The key of one subject, clear and as it is stored.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/secret.h"
#include "identity/types.h"
#include "vault_api/server_keys.h"

namespace karv::identity {

// Wiped with its last holder.
struct SubjectKey {
  SubjectId subject;
  base::SecretBytes key;  // AES-256
};
using SubjectKeyPtr = std::shared_ptr<const SubjectKey>;

// One row of subject_keys. Nothing on this server opens it.
struct SubjectKeyRow {
  SubjectId subject;
  vault_api::WrappedServerKey stored;
};

// A clear key as the vault sends it. Errors: internal (not 32 bytes in base64url).
base::Result<base::SecretBytes> read_clear_key(const base::SecretBytes& sent);

}  // namespace karv::identity
