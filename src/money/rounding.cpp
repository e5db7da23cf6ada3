#include "money/rounding.h"

#include <limits>

#include "base/check.h"

namespace karv::money {
namespace {

__extension__ using Wide = __int128;

// What rounding adds to the quotient truncated toward zero: -1, 0 or 1. `remainder` has the sign of the product.
Wide correction(Wide quotient, Wide remainder, Wide denominator, Rounding rounding) {
  if (remainder == 0) return 0;
  const Wide away = remainder > 0 ? 1 : -1;
  const Wide twice = 2 * (remainder > 0 ? remainder : -remainder);
  switch (rounding) {
    case Rounding::down:
      return 0;
    case Rounding::up:
      return away;
    case Rounding::half_up:
      return twice >= denominator ? away : 0;
    case Rounding::half_down:
      return twice > denominator ? away : 0;
    case Rounding::half_even:
      return twice > denominator || (twice == denominator && quotient % 2 != 0) ? away : 0;
    case Rounding::floor:
      return away < 0 ? away : 0;
    case Rounding::ceiling:
      return away > 0 ? away : 0;
  }
  return 0;
}

}  // namespace

base::Result<std::int64_t> mul_div(std::int64_t value, std::int64_t numerator, std::int64_t denominator,
                                   Rounding rounding) {
  KARV_REQUIRE(denominator > 0);
  const Wide product = Wide{value} * numerator;
  const Wide quotient = product / denominator;
  const Wide rounded = quotient + correction(quotient, product % denominator, denominator, rounding);
  if (rounded > std::numeric_limits<std::int64_t>::max() || rounded < std::numeric_limits<std::int64_t>::min())
    return base::internal_error(base::ErrorCode::unprocessable, "mul_div does not fit 64 bits");
  return static_cast<std::int64_t>(rounded);
}

}  // namespace karv::money
