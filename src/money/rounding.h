// Multiplying amounts by fractions: the only place where a remainder is thrown away, and always by a named rule.
//
//   mul_div(amount, 255'000, 1'000'000, Rounding::half_up)   // 25.5 %
//
// The product is formed in 128 bits, so it is exact; only the quotient may be too large for 64.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace karv::money {

enum class Rounding : std::uint8_t {
  down,       // toward zero: a refunded fee is never too large
  up,         // away from zero
  half_up,    // to the nearest, halves away from zero: tax per line, Regulation (EC) 1103/97 art. 5
  half_down,  // to the nearest, halves toward zero
  half_even,  // to the nearest, halves to the even neighbor: no drift over many postings
  floor,      // toward minus infinity
  ceiling,    // toward plus infinity
};

// value * numerator / denominator. Pre: denominator > 0. Errors: `unprocessable` when it does not fit 64 bits.
base::Result<std::int64_t> mul_div(std::int64_t value, std::int64_t numerator, std::int64_t denominator,
                                   Rounding rounding);

}  // namespace karv::money
