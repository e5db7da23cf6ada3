// Splitting a secret so that m of n people together have it and m - 1 know nothing about it.
//
// Each byte is the value at 0 of a random polynomial of degree m - 1 over GF(2^8) (modulus x^8+x^4+x^3+x+1); a share is
// the polynomial's values at one x. Shares are as long as the secret, so a share is no part of it (PCI DSS 3.6.1.2).
// Constant time: no tables, no branches on secrets. Source: A. Shamir, How to Share a Secret, 1979; FIPS 197
// section 4.2 for the field.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

struct Share {
  std::uint8_t x = 0;  // 1..255, one per person
  base::SecretBytes y;
};

// Pre: 2 <= needed <= count <= 255, and the secret is not empty.
std::vector<Share> split(const base::SecretBytes& secret, std::uint8_t needed, std::uint8_t count,
                         base::Random& random);

// The secret, when these are as many shares as are needed, all of one split; otherwise bytes that mean nothing: whoever
// combines checks what comes out. Errors: bad_value (none, an x twice or 0, or shares of different lengths).
base::Result<base::SecretBytes> combine(std::span<const Share> shares);

}  // namespace karv::crypto
