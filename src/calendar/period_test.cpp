#include "calendar/period.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace karv::calendar {
namespace {

base::Instant at(std::string_view text) { return base::from_rfc3339(text).value(); }

TEST(Period, is_read_from_iso_8601) {
  EXPECT_EQ(Period::parse("P30D"), (Period{.months = 0, .days = 30, .time = {}}));
  EXPECT_EQ(Period::parse("P1M"), (Period{.months = 1, .days = 0, .time = {}}));
  EXPECT_EQ(Period::parse("PT1H"), (Period{.months = 0, .days = 0, .time = base::hours(1)}));
  EXPECT_EQ(Period::parse("PT1M"), (Period{.months = 0, .days = 0, .time = base::minutes(1)}));
  EXPECT_EQ(Period::parse("P2W"), (Period{.months = 0, .days = 14, .time = {}}));
  EXPECT_EQ(Period::parse("P1Y2M3DT4H5M6S"),
            (Period{.months = 14, .days = 3, .time = base::hours(4) + base::minutes(5) + base::seconds(6)}));
  EXPECT_TRUE(Period::parse("P0D")->is_zero());
  EXPECT_FALSE(Period::parse("PT1S")->is_zero());
}

TEST(Period, anything_else_is_refused) {
  for (const auto* text : {"",
                           "P",
                           "PT",
                           "P1",
                           "30D",
                           "p30d",
                           "P30",
                           "PD",
                           "P-1D",
                           "-P1D",
                           "P+1D",
                           "P1.5D",
                           "P1,5D",
                           "P1D2M",
                           "P1D1D",
                           "P1H",
                           "PT1D",
                           "P1DT",
                           "PT1H1H",
                           "PT1S1M",
                           "P1W1D",
                           "P1DW",
                           "P1WT1H",
                           "P 1D",
                           "P1D ",
                           " P1D",
                           "P1DT1HT1M",
                           "PT1HT",
                           "PW",
                           "P1000000000D",
                           "P99999999999999999999D",
                           "P101Y",
                           "P36526D",
                           "PT999999999H",
                           "P\xff",
                           "P1D\n"})
    EXPECT_FALSE(Period::parse(text)) << text;
  EXPECT_FALSE(Period::parse(std::string_view("P1D\0", 4)));
  EXPECT_FALSE(Period::parse("P" + std::string(100'000, '1') + "D"));
}

TEST(Period, moves_an_instant_with_its_time_of_day) {
  EXPECT_EQ(add(at("2027-01-31T10:15:00.250Z"), *Period::parse("P1M")), at("2027-02-28T10:15:00.250Z"));
  EXPECT_EQ(add(at("2026-11-22T23:30:00Z"), *Period::parse("P30DT1H")), at("2026-12-23T00:30:00Z"));
  EXPECT_EQ(add(at("1969-12-31T23:59:59.999Z"), *Period::parse("P1D")), at("1970-01-01T23:59:59.999Z"));
}

RC_GTEST_PROP(Period, days_and_times_are_added_exactly, ()) {
  const auto days = *rc::gen::inRange<std::int64_t>(0, 30'000);
  const auto seconds = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const base::Instant start{*rc::gen::inRange<std::int64_t>(-1'000'000'000'000, 4'000'000'000'000)};
  const auto period = Period::parse("P" + std::to_string(days) + "DT" + std::to_string(seconds) + "S");
  RC_ASSERT(period.has_value());
  RC_ASSERT(add(start, *period) - start == base::days(days) + base::seconds(seconds));
}

}  // namespace
}  // namespace karv::calendar
