#include "calendar/schedule.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::calendar {
namespace {

TEST(Schedule, pay_in_three_falls_on_the_day_and_30_and_60_days_later) {
  EXPECT_EQ(schedule_every_days(Date::of(2026, 11, 22), 30, 3),
            (std::vector{Date::of(2026, 11, 22), Date::of(2026, 12, 22), Date::of(2027, 1, 21)}));
}

TEST(Schedule, months_are_counted_from_the_start) {
  EXPECT_EQ(schedule_every_months(Date::of(2027, 1, 31), 1, 4),
            (std::vector{Date::of(2027, 1, 31), Date::of(2027, 2, 28), Date::of(2027, 3, 31), Date::of(2027, 4, 30)}));
}

TEST(Schedule, no_dates_no_step_or_too_many_are_a_bug) {
  EXPECT_THROW(static_cast<void>(schedule_every_days(Date(), 30, 0)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(schedule_every_days(Date(), 0, 3)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(schedule_every_days(Date(), -1, 3)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(schedule_every_months(Date(), 1, 1001)), base::RequirementFailed);
}

TEST(Schedule, dates_are_moved_to_business_days_one_by_one) {
  const auto& target = *find_calendar("TARGET");
  EXPECT_EQ(
      adjust_all(schedule_every_days(Date::of(2026, 11, 20), 1, 4), Adjustment::following, target),
      (std::vector{Date::of(2026, 11, 20), Date::of(2026, 11, 23), Date::of(2026, 11, 23), Date::of(2026, 11, 23)}));
}

RC_GTEST_PROP(Schedule, has_n_rising_dates_from_the_start_on, ()) {
  const Date start = *Date::from_day_number(*rc::gen::inRange<std::int64_t>(0, 60'000));
  const auto step = *rc::gen::inRange(1, 400);
  const auto count = *rc::gen::inRange<std::size_t>(1, 80);
  for (const bool months : {false, true}) {
    const auto dates = months ? schedule_every_months(start, step, count) : schedule_every_days(start, step, count);
    RC_ASSERT(dates.size() == count);
    RC_ASSERT(dates.front() == start);
    for (std::size_t i = 1; i < count; ++i) {
      RC_ASSERT(dates[i - 1] < dates[i]);
      if (!months) RC_ASSERT(days_between(dates[i - 1], dates[i]) == step);
    }
    const auto moved = adjust_all(dates, Adjustment::following, *find_calendar("SE"));
    RC_ASSERT(moved.size() == count);
    RC_ASSERT(std::ranges::is_sorted(moved));
    for (std::size_t i = 0; i < count; ++i) RC_ASSERT(moved[i] >= dates[i]);
  }
}

}  // namespace
}  // namespace karv::calendar
