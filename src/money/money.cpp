#include "money/money.h"

#include <fmt/format.h>

#include "base/check.h"

namespace karv::money {
namespace {

base::Error overflow() {
  return base::internal_error(base::ErrorCode::unprocessable, "an amount does not fit 64 bits");
}

}  // namespace

base::Result<Money> add(const Money& a, const Money& b) {
  KARV_REQUIRE(a.currency() == b.currency());
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.minor(), b.minor(), &sum)) return overflow();
  return Money(sum, a.currency());
}

base::Result<Money> subtract(const Money& a, const Money& b) {
  KARV_REQUIRE(a.currency() == b.currency());
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a.minor(), b.minor(), &difference)) return overflow();
  return Money(difference, a.currency());
}

base::Result<Money> multiply(const Money& a, std::int64_t quantity) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a.minor(), quantity, &product)) return overflow();
  return Money(product, a.currency());
}

std::strong_ordering operator<=>(const Money& a, const Money& b) {
  KARV_REQUIRE(a.currency() == b.currency());
  return a.minor() <=> b.minor();
}

Money operator+(const Money& a, const Money& b) {
  const auto sum = add(a, b);
  KARV_REQUIRE(sum.ok());
  return *sum;
}

Money operator-(const Money& a, const Money& b) {
  const auto difference = subtract(a, b);
  KARV_REQUIRE(difference.ok());
  return *difference;
}

Money operator-(const Money& a) { return Money::zero(a.currency()) - a; }

std::string to_text(const Money& money) {
  const int exponent = money.currency().exponent();
  // The magnitude of the least int64 needs the unsigned range.
  const auto bits = static_cast<std::uint64_t>(money.minor());
  const std::uint64_t magnitude = money.is_negative() ? 0 - bits : bits;
  std::uint64_t scale = 1;
  for (int i = 0; i < exponent; ++i) scale *= 10;
  const std::string_view sign = money.is_negative() ? "-" : "";
  if (exponent == 0) return fmt::format("{}{} {}", sign, magnitude, money.currency().code());
  return fmt::format("{}{}.{:0{}} {}", sign, magnitude / scale, magnitude % scale, exponent, money.currency().code());
}

}  // namespace karv::money
