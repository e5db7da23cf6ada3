// What an authenticator says of itself and of the moment, read from its bytes. Nothing is judged here (passkeys.h).
// Source: WebAuthn Level 3 section 6.1.
#pragma once

#include <optional>

#include "factors/cose_key.h"

namespace karv::factors {

inline constexpr std::size_t kLongestCredentialId = 1023;

struct AttestedCredential {
  base::Bytes id;
  base::Bytes public_key;  // COSE, as it was given
  CoseKey key;             // the same, read
};

struct AuthenticatorData {
  base::Bytes rp_id_hash;
  bool user_present = false;
  bool user_verified = false;
  bool backup_eligible = false;  // may be copied to other devices
  bool backed_up = false;
  std::uint32_t sign_count = 0;  // 0: it does not count
  std::optional<AttestedCredential> credential;
};

// Errors: bad_value (cut off, bytes left over, a bit without what it announces, no key of ours). Extensions are read
// over.
base::Result<AuthenticatorData> read_authenticator_data(base::ByteView bytes);

}  // namespace karv::factors
