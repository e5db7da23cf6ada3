// Signatures of people and programs over bytes: Ed25519. Source: RFC 8032.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;

struct Ed25519Pair {
  base::SecretBytes seed;
  base::Bytes public_key;
};
Ed25519Pair make_ed25519_pair(base::Random& random);
// Pre: seed.size() == kEd25519KeySize.
base::Bytes ed25519_public_key(const base::SecretBytes& seed);
base::Bytes sign_ed25519(const base::SecretBytes& seed, base::ByteView message);
// False for anything that is not a signature of `message` by that key, malformed ones included.
bool verifies_ed25519(base::ByteView public_key, base::ByteView message, base::ByteView signature);

}  // namespace karv::crypto
