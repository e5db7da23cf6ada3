// A passkey's public key as the authenticator gives it (COSE), and signatures under it.
//
// ES256 is what nearly every authenticator makes, EdDSA what some security keys make, RS256 what Windows Hello may make
// with an old TPM. A key names its algorithm itself, and no signature is ever checked under another one.
// Source: RFC 9052 section 7, RFC 9053, RFC 8812; WebAuthn Level 3 section 6.5.1.1.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace karv::factors {

enum class CoseAlgorithm : std::int16_t { es256 = -7, eddsa = -8, rs256 = -257 };

struct CoseKey {
  CoseAlgorithm algorithm = CoseAlgorithm::es256;
  base::Bytes first;   // x of a point; RSA's modulus
  base::Bytes second;  // y of a point, empty for EdDSA; RSA's exponent
};

// `bytes` begin with the key; `size` is how many of them it takes. Members that no key needs are refused, as are given
// twice. Errors: bad_value.
struct ReadKey {
  CoseKey key;
  std::size_t size = 0;
};
base::Result<ReadKey> read_cose_key(base::ByteView bytes);

bool verifies(const CoseKey& key, base::ByteView message, base::ByteView signature);

}  // namespace karv::factors
