#include "money/rate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::money {
namespace {

constexpr Currency kEur = Currency::of("EUR");

TEST(Rate, is_made_from_the_merchant_api_s_percent_times_100) {
  EXPECT_EQ(Rate::from_percent_x100(2550).ppm(), 255'000);
  EXPECT_EQ(to_text(Rate::from_percent_x100(2550)), "25.5 %");
  EXPECT_EQ(to_text(Rate::from_ppm(1)), "0.0001 %");
  EXPECT_EQ(to_text(Rate::from_ppm(-30'000)), "-3 %");
  EXPECT_EQ(to_text(Rate()), "0 %");
  EXPECT_LT(Rate::from_ppm(1), Rate::from_ppm(2));
}

// Source: Regulation (EC) 1103/97 art. 5 and Council Regulation (EC) 2866/98: 1 EUR = 6.55957 FRF; 1000 FRF = 152.45
// EUR.
TEST(Rate, a_national_amount_becomes_euro_by_the_fixed_rate) {
  EXPECT_EQ(mul_div(100'000, 100'000, 655'957, Rounding::half_up).value(), 15'245);
}

// Source: the merchant API's line arithmetic: a line of 100.00 at 25 % holds 20.00 of tax, one of 119.00 at 19 %
// holds 19.00.
TEST(Rate, tax_is_taken_out_of_a_gross_amount) {
  EXPECT_EQ(tax_in_gross(Money(10'000, kEur), Rate::from_percent_x100(2500), Rounding::half_up).value(),
            Money(2'000, kEur));
  EXPECT_EQ(tax_in_gross(Money(11'900, kEur), Rate::from_percent_x100(1900), Rounding::half_up).value(),
            Money(1'900, kEur));
  EXPECT_EQ(tax_in_gross(Money(-11'900, kEur), Rate::from_percent_x100(1900), Rounding::half_up).value(),
            Money(-1'900, kEur));
  EXPECT_THROW(static_cast<void>(tax_in_gross(Money(1, kEur), Rate::from_ppm(-1), Rounding::down)),
               base::RequirementFailed);
  EXPECT_FALSE(
      tax_in_gross(Money(1, kEur), Rate::from_ppm(std::numeric_limits<std::int64_t>::max()), Rounding::down).ok());
}

TEST(Rate, a_share_is_rounded_by_the_named_rule) {
  EXPECT_EQ(share(Money(1'001, kEur), Rate::from_percent_x100(50), Rounding::down).value(), Money(5, kEur));
  EXPECT_EQ(share(Money(1'001, kEur), Rate::from_percent_x100(50), Rounding::up).value(), Money(6, kEur));
  EXPECT_FALSE(
      share(Money(std::numeric_limits<std::int64_t>::max(), kEur), Rate::from_ppm(1'000'001), Rounding::up).ok());
}

RC_GTEST_PROP(Rate, tax_and_net_make_the_gross_again, ()) {
  const auto net = *rc::gen::inRange<std::int64_t>(0, kMaxAmountMinor);
  const auto rate = Rate::from_percent_x100(*rc::gen::inRange(0, 10'001));
  const auto tax = share(Money(net, kEur), rate, Rounding::half_up).value();
  const auto again = tax_in_gross(Money(net, kEur) + tax, rate, Rounding::half_up).value();
  RC_ASSERT(again.minor() - tax.minor() >= -1 && again.minor() - tax.minor() <= 1);
}

}  // namespace
}  // namespace karv::money
