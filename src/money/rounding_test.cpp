#include "money/rounding.h"

#include <algorithm>
#include <array>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::money {
namespace {

using enum Rounding;
constexpr std::array kAll{down, up, half_up, half_down, half_even, floor, ceiling};
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();

std::int64_t tenths(std::int64_t value, Rounding rounding) { return mul_div(value, 1, 10, rounding).value(); }

// Source: the table in the documentation of java.math.RoundingMode (OpenJDK).
TEST(Rounding, agrees_with_the_published_table) {
  struct Row {
    std::int64_t tenths, up, down, ceiling, floor, half_up, half_down, half_even;
  };
  for (const auto& row :
       {Row{55, 6, 5, 6, 5, 6, 5, 6}, Row{25, 3, 2, 3, 2, 3, 2, 2}, Row{16, 2, 1, 2, 1, 2, 2, 2},
        Row{11, 2, 1, 2, 1, 1, 1, 1}, Row{10, 1, 1, 1, 1, 1, 1, 1}, Row{-10, -1, -1, -1, -1, -1, -1, -1},
        Row{-11, -2, -1, -1, -2, -1, -1, -1}, Row{-16, -2, -1, -1, -2, -2, -2, -2},
        Row{-25, -3, -2, -2, -3, -3, -2, -2}, Row{-55, -6, -5, -5, -6, -6, -5, -6}}) {
    EXPECT_EQ(tenths(row.tenths, up), row.up) << row.tenths;
    EXPECT_EQ(tenths(row.tenths, down), row.down) << row.tenths;
    EXPECT_EQ(tenths(row.tenths, ceiling), row.ceiling) << row.tenths;
    EXPECT_EQ(tenths(row.tenths, floor), row.floor) << row.tenths;
    EXPECT_EQ(tenths(row.tenths, half_up), row.half_up) << row.tenths;
    EXPECT_EQ(tenths(row.tenths, half_down), row.half_down) << row.tenths;
    EXPECT_EQ(tenths(row.tenths, half_even), row.half_even) << row.tenths;
  }
}

TEST(Rounding, the_product_may_exceed_64_bits_but_the_result_may_not) {
  EXPECT_EQ(mul_div(kMost, kMost, kMost, half_even).value(), kMost);
  EXPECT_EQ(mul_div(kLeast, kMost, kMost, half_even).value(), kLeast);
  EXPECT_EQ(mul_div(kLeast, kLeast, kMost, down).error().code(), base::ErrorCode::unprocessable);
  EXPECT_FALSE(mul_div(kMost, 2, 1, down).ok());
  EXPECT_FALSE(mul_div(kLeast, -1, 1, down).ok());
  EXPECT_EQ(mul_div(0, kLeast, 1, up).value(), 0);
}

TEST(Rounding, a_denominator_that_is_not_positive_is_a_bug) {
  EXPECT_THROW(static_cast<void>(mul_div(1, 1, 0, down)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(mul_div(1, 1, -1, down)), base::RequirementFailed);
}

RC_GTEST_PROP(Rounding, the_result_is_within_one_and_on_its_side, (std::int32_t value, std::int32_t numerator)) {
  const auto denominator = *rc::gen::inRange<std::int64_t>(1, 1'000'000);
  const std::int64_t product = std::int64_t{value} * numerator;
  for (const auto rounding : kAll) {
    const std::int64_t error = mul_div(value, numerator, denominator, rounding).value() * denominator - product;
    RC_ASSERT(error > -denominator && error < denominator);
    const std::int64_t outward = product < 0 ? -error : error;  // positive: away from zero
    if (rounding == down) RC_ASSERT(outward <= 0);
    if (rounding == up) RC_ASSERT(outward >= 0);
    if (rounding == floor) RC_ASSERT(error <= 0);
    if (rounding == ceiling) RC_ASSERT(error >= 0);
    if (rounding == half_up || rounding == half_down || rounding == half_even) {
      const std::int64_t twice = 2 * (error < 0 ? -error : error);
      RC_ASSERT(twice <= denominator);
      if (twice == denominator && rounding == half_up) RC_ASSERT(outward > 0);
      if (twice == denominator && rounding == half_down) RC_ASSERT(outward < 0);
      if (twice == denominator && rounding == half_even) RC_ASSERT((error + product) / denominator % 2 == 0);
    }
  }
}

RC_GTEST_PROP(Rounding, rounding_keeps_order, (std::int32_t a, std::int32_t b, std::uint16_t numerator)) {
  const auto denominator = *rc::gen::inRange<std::int64_t>(1, 10'000);
  for (const auto rounding : kAll)
    RC_ASSERT(mul_div(std::min(a, b), numerator, denominator, rounding).value() <=
              mul_div(std::max(a, b), numerator, denominator, rounding).value());
}

}  // namespace
}  // namespace karv::money
