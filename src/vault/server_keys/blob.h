// One key of a tenant's server as the server stores it: which keys wrap it, and the key under both of them.
//
//   1 (the format) | id of the tenant key (16) | id of the epoch key (16) | nonce (12) | key (32) | tag (16)
// as base64url without padding: 124 characters. All of it is authenticated, with the key's own id and its tenant: what
// was changed, cut, moved to another id or given to another tenant does not open. The wrapping key is derived from both
// keys as that of subject keys is (keys/wrapping.h), under another purpose, so neither side's blob opens in the other's
// place. Source: NIST SP 800-38D, RFC 5869, RFC 4648 section 5.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "vault/keys/wrapping.h"
#include "vault_api/server_keys.h"

namespace karv::vault {

using vault_api::ServerKeyId;

struct ServerKeyBlob {
  KeyId tenant_key;
  KeyId epoch_key;
  base::Bytes sealed;
};
// Empty for what cannot be one; whether it is one only opening tells.
std::optional<ServerKeyBlob> parse_server_key_blob(std::string_view text);

// The keys that wrap. Pre: of the classes tenant and epoch.
struct ServerKeyParents {
  const OpenKey& tenant;
  const OpenKey& epoch;
};
// Pre: 32 bytes.
std::string wrap_server_key(ServerKeyParents parents, ServerKeyId id, const base::SecretBytes& clear,
                            base::Random& random);
// Errors: internal (not what was wrapped under these keys for this id).
base::Result<base::SecretBytes> unwrap_server_key(ServerKeyParents parents, ServerKeyId id, const ServerKeyBlob& blob);

// A clear key as it goes to the server: base64url without padding, never outside of wiped memory.
base::SecretBytes server_key_text(const base::SecretBytes& clear);

}  // namespace karv::vault
