#include "money/rate.h"

#include <fmt/format.h>

#include "base/check.h"

namespace karv::money {

base::Result<Money> share(const Money& amount, Rate rate, Rounding rounding) {
  KARV_TRY(const auto minor, mul_div(amount.minor(), rate.ppm(), Rate::kOne, rounding));
  return Money(minor, amount.currency());
}

base::Result<Money> tax_in_gross(const Money& gross, Rate rate, Rounding rounding) {
  KARV_REQUIRE(rate.ppm() >= 0);
  std::int64_t whole = 0;
  if (__builtin_add_overflow(Rate::kOne, rate.ppm(), &whole))
    return base::internal_error(base::ErrorCode::unprocessable, "a rate does not fit 64 bits");
  KARV_TRY(const auto minor, mul_div(gross.minor(), rate.ppm(), whole, rounding));
  return Money(minor, gross.currency());
}

std::string to_text(Rate rate) {
  const auto bits = static_cast<std::uint64_t>(rate.ppm());
  const std::uint64_t magnitude = rate.ppm() < 0 ? 0 - bits : bits;
  std::string text = fmt::format("{}{}", rate.ppm() < 0 ? "-" : "", magnitude / 10'000);
  if (magnitude % 10'000 != 0) {
    text += fmt::format(".{:04}", magnitude % 10'000);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + " %";
}

}  // namespace karv::money
