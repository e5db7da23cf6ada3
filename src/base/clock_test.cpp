#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace karv::base {
namespace {

// Source: RFC 3339 section 5.8, and 1970 by definition.
TEST(Rfc3339, agrees_with_the_rfc_s_examples) {
  EXPECT_EQ(to_rfc3339(Instant{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*from_rfc3339("1985-04-12T23:20:50.52Z")), "1985-04-12T23:20:50.520Z");
  EXPECT_EQ(to_rfc3339(*from_rfc3339("1996-12-19T16:39:57-08:00")), "1996-12-20T00:39:57.000Z");
  EXPECT_EQ(to_rfc3339(*from_rfc3339("1937-01-01T12:00:27.87+00:20")), "1937-01-01T11:40:27.870Z");
  EXPECT_EQ(from_rfc3339("2001-09-09T01:46:40Z"), Instant{1'000'000'000'000});  // POSIX billennium
  EXPECT_EQ(from_rfc3339("1969-12-31T23:59:59.999999999Z"), Instant{-1});
  EXPECT_EQ(to_rfc3339(*from_rfc3339("2000-02-29T00:00:00Z")), "2000-02-29T00:00:00.000Z");
}

TEST(Rfc3339, anything_else_is_refused) {
  for (const auto* text : {"",
                           "2026-11-22",
                           "2026-11-22T17:41:05",
                           "2026-11-22 17:41:05Z",
                           "2026-11-22t17:41:05Z",
                           "2026-11-22T17:41:05z",
                           "2026-11-22T17:41Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T17:60:00Z",
                           "2026-11-22T17:41:60Z",
                           "2026-13-22T17:41:05Z",
                           "2026-02-29T17:41:05Z",
                           "2026-11-22T17:41:05.Z",
                           "2026-11-22T17:41:05.0123456789Z",
                           "2026-11-22T17:41:05+1:00",
                           "2026-11-22T17:41:05+0100",
                           "2026-11-22T17:41:05+24:00",
                           "2026-11-22T17:41:05+01:60",
                           "2026-11-22T17:41:05Zx",
                           "2026-11-22T17:41:05,5Z",
                           " 2026-11-22T17:41:05Z",
                           "+026-11-22T17:41:05Z",
                           "2026-1-022T17:41:05Z"})
    EXPECT_FALSE(from_rfc3339(text)) << text;
}

// Held by fuzz/time_fuzz too: what is accepted can be written and read again.
TEST(Rfc3339, an_offset_does_not_lead_out_of_the_years_that_can_be_written) {
  EXPECT_EQ(from_rfc3339("0000-01-01T00:00:00Z"), Instant{-62'167'219'200'000});  // .NET and ECMA-262 give the same
  EXPECT_EQ(to_rfc3339(*from_rfc3339("9999-12-31T23:59:59.999Z")), "9999-12-31T23:59:59.999Z");
  EXPECT_FALSE(from_rfc3339("0000-01-01T00:00:00+00:01"));
  EXPECT_FALSE(from_rfc3339("9999-12-31T23:59:59-00:01"));
}

TEST(Rfc3339, what_is_written_is_read_back) {
  SeededRandom random(2);
  for (int i = 0; i < 2000; ++i) {
    const Instant instant{static_cast<std::int64_t>(random.below(8'000'000'000'000)) - 2'000'000'000'000};
    EXPECT_EQ(from_rfc3339(to_rfc3339(instant)), instant);
  }
}

TEST(Clocks, an_offset_clock_is_its_underlying_clock_moved) {
  ManualClock wall(Instant{1'000});
  OffsetClock business(wall);
  EXPECT_EQ(business.now(), wall.now());
  business.set_offset(days(30));
  wall.advance(seconds(2));
  EXPECT_EQ(business.now(), Instant{3'000} + days(30));
  EXPECT_EQ(business.offset(), days(30));
  business.set_offset(minutes(-1));
  EXPECT_EQ(business.now() - wall.now(), minutes(-1));
}

TEST(Clocks, the_machine_s_clock_is_past_the_year_2020_and_does_not_stand_still_for_long) {
  const SystemClock clock;
  const Instant first = clock.now();
  EXPECT_GT(first, *from_rfc3339("2020-01-01T00:00:00Z"));
  EXPECT_GE(clock.now() + seconds(1), first);
}

TEST(Durations, units_are_milliseconds) {
  EXPECT_EQ(days(1), hours(24));
  EXPECT_EQ(hours(1), minutes(60));
  EXPECT_EQ(minutes(1), seconds(60));
  EXPECT_EQ(seconds(1), milliseconds(1000));
  EXPECT_EQ(seconds(2) * 3 - seconds(1) + milliseconds(5), milliseconds(5005));
  EXPECT_LT(Instant{1}, Instant{2});
}

}  // namespace
}  // namespace karv::base
