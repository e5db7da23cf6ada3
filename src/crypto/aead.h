// Sealing: AES-256-GCM with associated data.
//
// Associated data says where the sealed value belongs (table, record, owner, key version; build it with framed()): a
// ciphertext that was moved elsewhere does not open. GCM does not commit to its key, so the key's version is part of
// the associated data and the reader picks the key by it. A random 12-byte nonce keeps one key good for 2^32 values.
// Layout: nonce (12) | ciphertext | tag (16). Source: NIST SP 800-38D.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;

// Pre: key.size() == kAeadKeySize.
base::Bytes seal(const base::SecretBytes& key, base::ByteView plaintext, base::ByteView associated_data,
                 base::Random& random);

// Pre: key.size() == kAeadKeySize. Errors: internal, when anything (key, bytes, place) is not as it was when sealed.
base::Result<base::SecretBytes> open(const base::SecretBytes& key, base::ByteView sealed,
                                     base::ByteView associated_data);

// The cipher with a nonce of the caller's choice, for published test vectors; everyone else calls seal().
base::Bytes seal_with_nonce_for_test(const base::SecretBytes& key, base::ByteView nonce, base::ByteView plaintext,
                                     base::ByteView associated_data);

}  // namespace karv::crypto
