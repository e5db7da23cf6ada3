// A rate: a share of an amount, in parts per million, so that 25.5 % tax, 19.99 % interest and a 0.0001 % fee are whole
// numbers. Not a yearly rate by itself: time is brought in by a day count (calendar/day_count.h).
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "money/money.h"
#include "money/rounding.h"

namespace karv::money {

class Rate {
 public:
  static constexpr std::int64_t kOne = 1'000'000;

  constexpr Rate() = default;
  static constexpr Rate from_ppm(std::int64_t ppm) { return Rate(ppm); }
  static Rate from_ppm(std::floating_point auto) = delete;
  // Percent times 100, as the merchant API writes tax rates (2550 = 25.5 %). Also called basis points.
  static constexpr Rate from_percent_x100(std::int32_t percent_x100) { return Rate(std::int64_t{percent_x100} * 100); }

  constexpr std::int64_t ppm() const { return ppm_; }
  friend constexpr auto operator<=>(Rate, Rate) = default;

 private:
  explicit constexpr Rate(std::int64_t ppm) : ppm_(ppm) {}
  std::int64_t ppm_ = 0;
};

// This share of the amount. Errors: `unprocessable` when it does not fit.
base::Result<Money> share(const Money& amount, Rate rate, Rounding rounding);

// The part of a gross amount that is tax at this rate: gross * rate / (1 + rate). Pre: rate >= 0.
base::Result<Money> tax_in_gross(const Money& gross, Rate rate, Rounding rounding);

// "25.5 %", "0.0001 %", "-3 %"
std::string to_text(Rate rate);

}  // namespace karv::money
