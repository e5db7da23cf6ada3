// ECDSA over P-256 with SHA-256, as passkeys sign. Keys are given as the numbers of their point, which is how COSE and
// JWK carry them; signatures are DER. Source: FIPS 186-5, RFC 9053 section 2.1.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace karv::crypto {

inline constexpr std::size_t kP256CoordinateSize = 32;

struct P256Point {
  base::Bytes x, y;  // big-endian, kP256CoordinateSize each
};

// False for anything that is not a signature of `message` by that key: a point off the curve, malformed DER included.
bool verifies_es256(const P256Point& public_key, base::ByteView message, base::ByteView signature);

class Es256Key {
 public:
  static base::Result<Es256Key> generate();

  base::Result<base::Bytes> sign(base::ByteView message) const;
  const P256Point& public_key() const { return public_; }

 private:
  std::shared_ptr<void> key_;
  P256Point public_;
};

}  // namespace karv::crypto
