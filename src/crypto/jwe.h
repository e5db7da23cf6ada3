// A secret for one recipient: JSON Web Encryption, compact, ECDH-ES over X25519 with A256GCM. Header fixed: whatever
// else a message says about itself is refused. Source: RFC 7516, RFC 7518 section 4.6, RFC 8037.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

inline constexpr std::size_t kX25519KeySize = 32;

struct X25519Pair {
  base::SecretBytes private_key;
  base::Bytes public_key;
};
X25519Pair make_x25519_pair(base::Random& random);
// Pre: private_key.size() == kX25519KeySize.
base::Bytes x25519_public_key(const base::SecretBytes& private_key);

// Errors: bad_value (no public key).
base::Result<std::string> encrypt_jwe(base::ByteView recipient, base::ByteView plaintext, base::Random& random);
// Errors: bad_value (not such a message), forbidden (not for this key, or changed).
base::Result<base::SecretBytes> decrypt_jwe(const base::SecretBytes& private_key, std::string_view compact);

// The derivation of the content key from the agreed secret (Concat KDF, one round of SHA-256).
base::SecretBytes concat_kdf(const base::SecretBytes& agreed, std::string_view algorithm, base::ByteView party_u,
                             base::ByteView party_v, std::size_t size);

}  // namespace karv::crypto
