#include "money/money.h"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::money {
namespace {

using base::RequirementFailed;

constexpr Currency kSek = Currency::of("SEK");
constexpr Currency kEur = Currency::of("EUR");
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();

TEST(Money, sums_and_differences_are_exact) {
  Money total = Money::zero(kSek);
  total += Money(150, kSek);
  total -= Money(200, kSek);
  EXPECT_EQ(total, Money(-50, kSek));
  EXPECT_TRUE(total.is_negative() && !total.is_positive() && !total.is_zero());
  EXPECT_EQ(-total, Money(50, kSek));
  EXPECT_LT(total, Money::zero(kSek));
}

TEST(Money, two_currencies_are_never_mixed) {
  const Money krona(100, kSek);
  const Money euro(100, kEur);
  EXPECT_NE(krona, euro);
  EXPECT_THROW(static_cast<void>(krona + euro), RequirementFailed);
  EXPECT_THROW(static_cast<void>(krona - euro), RequirementFailed);
  EXPECT_THROW(static_cast<void>(krona < euro), RequirementFailed);
  EXPECT_THROW(static_cast<void>(add(krona, euro)), RequirementFailed);
  EXPECT_THROW(static_cast<void>(krona + Money()), RequirementFailed);
}

TEST(Money, an_overflow_is_refused_in_sums_over_input_and_a_bug_elsewhere) {
  const Money most(kMost, kSek);
  const Money least(kLeast, kSek);
  const Money one(1, kSek);
  EXPECT_EQ(add(most, one).error().code(), base::ErrorCode::unprocessable);
  EXPECT_FALSE(subtract(least, one).ok());
  EXPECT_FALSE(subtract(Money::zero(kSek), least).ok());
  EXPECT_FALSE(multiply(most, 2).ok());
  EXPECT_FALSE(multiply(least, -1).ok());
  EXPECT_EQ(*multiply(Money(-250, kSek), 4), Money(-1000, kSek));
  EXPECT_THROW(static_cast<void>(most + one), RequirementFailed);
  EXPECT_THROW(static_cast<void>(least - one), RequirementFailed);
  EXPECT_THROW(static_cast<void>(-least), RequirementFailed);
}

TEST(Money, is_printed_with_the_decimals_of_its_currency) {
  EXPECT_EQ(to_text(Money(123450, kSek)), "1234.50 SEK");
  EXPECT_EQ(to_text(Money(-5, kEur)), "-0.05 EUR");
  EXPECT_EQ(to_text(Money(0, kEur)), "0.00 EUR");
  EXPECT_EQ(to_text(Money(1234, Currency::of("JPY"))), "1234 JPY");
  EXPECT_EQ(to_text(Money(-1, Currency::of("KWD"))), "-0.001 KWD");
  EXPECT_EQ(to_text(Money(kLeast, kSek)), "-92233720368547758.08 SEK");
  EXPECT_EQ(to_text(Money()), "0 XXX");
}

RC_GTEST_PROP(Money, adding_then_subtracting_gives_back, (std::int64_t a, std::int64_t b)) {
  const auto sum = add(Money(a, kSek), Money(b, kSek));
  RC_PRE(sum.ok());
  RC_ASSERT(*sum - Money(b, kSek) == Money(a, kSek));
  RC_ASSERT(*sum == *add(Money(b, kSek), Money(a, kSek)));
}

RC_GTEST_PROP(Money, multiplying_is_repeated_adding, (std::int32_t amount)) {
  const auto times = *rc::gen::inRange<std::int64_t>(0, 50);
  Money sum = Money::zero(kSek);
  for (std::int64_t i = 0; i < times; ++i) sum += Money(amount, kSek);
  RC_ASSERT(*multiply(Money(amount, kSek), times) == sum);
}

}  // namespace
}  // namespace karv::money
