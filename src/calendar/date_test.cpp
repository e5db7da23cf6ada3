#include "calendar/date.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::calendar {
namespace {

Date any_date() { return *Date::from_day_number(*rc::gen::inRange<std::int64_t>(-600'000, 2'800'000)); }

TEST(Date, is_read_and_written_as_iso_8601) {
  EXPECT_EQ(Date::parse("2026-11-22"), Date::of(2026, 11, 22));
  EXPECT_EQ(Date::of(987, 1, 2).text(), "0987-01-02");
  EXPECT_EQ(Date().text(), "1970-01-01");
  EXPECT_EQ(Date::parse("2000-02-29")->day(), 29);
}

TEST(Date, days_that_do_not_exist_are_refused) {
  for (const auto* text : {"", "2026-11-2", "2026-11-222", "2026/11/22", "20261122", "2026-13-01", "2026-00-01",
                           "2026-01-00", "2026-02-29", "1900-02-29", "2026-04-31", "0000-01-01", "-026-01-01",
                           "2026-1a-01", "+026-01-01", "2026-11-22Z", " 2026-11-22", "2026-11- 2"})
    EXPECT_FALSE(Date::parse(text)) << text;
  EXPECT_FALSE(Date::create(10'000, 1, 1));
  EXPECT_FALSE(Date::create(2026, 257, 1));
  EXPECT_FALSE(Date::create(2026, 1, -1));
}

TEST(Date, the_stored_number_covers_exactly_the_years_1_to_9999) {
  EXPECT_EQ(Date::from_day_number(-719'162), Date::of(1, 1, 1));
  EXPECT_EQ(Date::from_day_number(2'932'896), Date::of(9999, 12, 31));
  EXPECT_FALSE(Date::from_day_number(-719'163));
  EXPECT_FALSE(Date::from_day_number(2'932'897));
  EXPECT_FALSE(Date::from_day_number(std::int64_t{1} << 40));
}

TEST(Date, weekdays_are_those_of_known_days) {
  EXPECT_EQ(Date().weekday(), Weekday::thursday);                // POSIX epoch
  EXPECT_EQ(Date::of(1969, 7, 20).weekday(), Weekday::sunday);   // Apollo 11
  EXPECT_EQ(Date::of(2000, 1, 1).weekday(), Weekday::saturday);  // ISO 8601 week tables
}

TEST(Date, months_end_where_they_end) {
  EXPECT_EQ(add_months(Date::of(2027, 1, 31), 1), Date::of(2027, 2, 28));
  EXPECT_EQ(add_months(Date::of(2028, 1, 31), 1), Date::of(2028, 2, 29));
  EXPECT_EQ(add_months(Date::of(2027, 1, 31), 2), Date::of(2027, 3, 31));
  EXPECT_EQ(add_months(Date::of(2028, 2, 29), 12), Date::of(2029, 2, 28));
  EXPECT_EQ(add_months(Date::of(2026, 12, 15), 1), Date::of(2027, 1, 15));
  EXPECT_EQ(add_months(Date::of(2027, 3, 31), -1), Date::of(2027, 2, 28));
  EXPECT_EQ(add_months(Date::of(2027, 1, 1), -12), Date::of(2026, 1, 1));
  EXPECT_TRUE(is_last_day_of_month(Date::of(2027, 2, 28)));
  EXPECT_FALSE(is_last_day_of_month(Date::of(2028, 2, 28)));
}

TEST(Date, leaving_the_calendar_fails_the_request) {
  EXPECT_THROW(static_cast<void>(add_days(Date::of(9999, 12, 31), 1)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(add_days(Date(), std::numeric_limits<std::int64_t>::max())), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(add_months(Date::of(9999, 12, 1), 1)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(add_months(Date::of(1, 1, 1), -1)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(add_months(Date(), std::numeric_limits<std::int64_t>::max())),
               base::RequirementFailed);
}

TEST(Date, an_age_changes_on_the_birthday) {
  EXPECT_EQ(whole_years_between(Date::of(2008, 11, 22), Date::of(2026, 11, 21)), 17);
  EXPECT_EQ(whole_years_between(Date::of(2008, 11, 22), Date::of(2026, 11, 22)), 18);
  EXPECT_EQ(whole_years_between(Date::of(2008, 2, 29), Date::of(2026, 2, 28)), 17);
  EXPECT_EQ(whole_years_between(Date::of(2008, 2, 29), Date::of(2026, 3, 1)), 18);
}

RC_GTEST_PROP(Date, text_and_number_survive_the_way_there_and_back, ()) {
  const Date date = any_date();
  RC_ASSERT(Date::parse(date.text()) == date);
  RC_ASSERT(Date::from_day_number(date.day_number()) == date);
  RC_ASSERT(Date::create(date.year(), date.month(), date.day()) == date);
}

RC_GTEST_PROP(Date, adding_days_is_undone_by_subtracting, ()) {
  const Date date = any_date();
  const auto days = *rc::gen::inRange<std::int64_t>(-100'000, 100'000);
  RC_ASSERT(days_between(date, add_days(date, days)) == days);
  RC_ASSERT(add_days(add_days(date, days), -days) == date);
}

RC_GTEST_PROP(Date, adding_months_keeps_order_and_the_day_where_it_exists, ()) {
  const Date a = any_date();
  const Date b = add_days(a, *rc::gen::inRange<std::int64_t>(0, 400));
  const auto months = *rc::gen::inRange<std::int64_t>(-600, 600);
  const Date later = add_months(a, months);
  RC_ASSERT(later <= add_months(b, months));
  RC_ASSERT(later.day() == a.day() || (later.day() < a.day() && is_last_day_of_month(later)));
  RC_ASSERT((later.year() * 12 + later.month()) - (a.year() * 12 + a.month()) == months);
}

}  // namespace
}  // namespace karv::calendar
