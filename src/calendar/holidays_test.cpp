#include "calendar/holidays.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::calendar {
namespace {

const Calendar& calendar(std::string_view name) { return *find_calendar(name); }

// The weekdays of a year that are closed, "MM-DD MM-DD ...".
std::string closed_weekdays(std::string_view name, int year) {
  std::string out;
  for (Date date = *Date::create(year, 1, 1); date.year() == year; date = add_days(date, 1))
    if (!is_weekend(date) && is_holiday(date, calendar(name))) out += (out.empty() ? "" : " ") + date.text().substr(5);
  return out;
}

// Source: the published lists of Easter dates (US Naval Observatory); 1818 and 2285 are the earliest possible, 1943 and
// 2038 the latest.
TEST(Easter, agrees_with_published_dates) {
  for (const auto date : {Date::of(1818, 3, 22), Date::of(1943, 4, 25), Date::of(1954, 4, 18), Date::of(1981, 4, 19),
                          Date::of(2000, 4, 23), Date::of(2008, 3, 23), Date::of(2011, 4, 24), Date::of(2024, 3, 31),
                          Date::of(2025, 4, 20), Date::of(2026, 4, 5), Date::of(2027, 3, 28), Date::of(2028, 4, 16),
                          Date::of(2029, 4, 1), Date::of(2030, 4, 21), Date::of(2038, 4, 25), Date::of(2285, 3, 22)})
    EXPECT_EQ(easter_sunday(date.year()), date);
  EXPECT_THROW(static_cast<void>(easter_sunday(1582)), base::RequirementFailed);
}

RC_GTEST_PROP(Easter, is_a_sunday_between_march_22_and_april_25, ()) {
  const Date date = easter_sunday(*rc::gen::inRange(1583, 10'000));
  RC_ASSERT(date.weekday() == Weekday::sunday);
  RC_ASSERT(date >= *Date::create(date.year(), 3, 22) && date <= *Date::create(date.year(), 4, 25));
}

// Source: European Central Bank, TARGET closing days 2026 and 2027.
TEST(Holidays, target_is_closed_on_its_published_days) {
  EXPECT_EQ(closed_weekdays("TARGET", 2026), "01-01 04-03 04-06 05-01 12-25");
  EXPECT_EQ(closed_weekdays("TARGET", 2027), "01-01 03-26 03-29");
  EXPECT_EQ(closed_weekdays("TARGET", 2028), "04-14 04-17 05-01 12-25 12-26");
}

// Source: the Swedish almanac for 2024 (SFS 1989:253, eves by SFS 1930:173).
TEST(Holidays, sweden_is_closed_on_its_published_days) {
  EXPECT_EQ(closed_weekdays("SE", 2024), "01-01 03-29 04-01 05-01 05-09 06-06 06-21 12-24 12-25 12-26 12-31");
  EXPECT_TRUE(is_holiday(Date::of(2024, 11, 2), calendar("SE")));  // All Saints' Day, a Saturday
  EXPECT_TRUE(is_holiday(Date::of(2024, 6, 22), calendar("SE")));  // Midsummer's Day
  EXPECT_FALSE(is_holiday(Date::of(2004, 6, 6), calendar("SE")));  // not yet a holiday
  EXPECT_TRUE(is_holiday(Date::of(2004, 5, 31), calendar("SE")));  // Whit Monday, for the last time
  EXPECT_FALSE(is_holiday(Date::of(2005, 5, 16), calendar("SE")));
}

// Source: Bundesministerium des Innern, gesetzliche Feiertage 2024 (nationwide).
TEST(Holidays, germany_is_closed_on_its_published_days) {
  EXPECT_EQ(closed_weekdays("DE", 2024), "01-01 03-29 04-01 05-01 05-09 05-20 10-03 12-25 12-26");
  EXPECT_TRUE(is_holiday(Date::of(2017, 10, 31), calendar("DE")));
  EXPECT_FALSE(is_holiday(Date::of(2018, 10, 31), calendar("DE")));
}

TEST(Holidays, an_unknown_calendar_is_not_found) {
  for (const auto* name : {"", "target", "XX", "SE "}) EXPECT_EQ(find_calendar(name), nullptr) << name;
}

TEST(Adjust, moves_to_the_business_day_that_the_convention_names) {
  const auto& target = calendar("TARGET");
  const Date good_friday = Date::of(2026, 4, 3);
  EXPECT_EQ(adjust(good_friday, Adjustment::unadjusted, target), good_friday);
  EXPECT_EQ(adjust(good_friday, Adjustment::following, target), Date::of(2026, 4, 7));  // past Easter Monday
  EXPECT_EQ(adjust(good_friday, Adjustment::preceding, target), Date::of(2026, 4, 2));
  EXPECT_EQ(adjust(Date::of(2026, 5, 31), Adjustment::following, target), Date::of(2026, 6, 1));
  EXPECT_EQ(adjust(Date::of(2026, 5, 31), Adjustment::modified_following, target), Date::of(2026, 5, 29));
  EXPECT_EQ(adjust(Date::of(2026, 5, 30), Adjustment::modified_following, target), Date::of(2026, 5, 29));
  EXPECT_EQ(adjust(Date::of(2026, 5, 28), Adjustment::modified_following, target), Date::of(2026, 5, 28));
}

TEST(Adjust, business_days_are_counted_past_holidays) {
  const auto& target = calendar("TARGET");
  EXPECT_EQ(add_business_days(Date::of(2026, 4, 2), 1, target), Date::of(2026, 4, 7));
  EXPECT_EQ(add_business_days(Date::of(2026, 4, 7), -1, target), Date::of(2026, 4, 2));
  EXPECT_EQ(add_business_days(Date::of(2026, 4, 4), 0, target), Date::of(2026, 4, 4));
}

RC_GTEST_PROP(Adjust, ends_on_a_business_day_near_by_and_keeps_order, ()) {
  const auto& where = *rc::gen::elementOf(std::vector<Calendar>(all_calendars().begin(), all_calendars().end()));
  const auto how = *rc::gen::element(Adjustment::following, Adjustment::modified_following, Adjustment::preceding);
  const Date a = *Date::from_day_number(*rc::gen::inRange<std::int64_t>(10'000, 60'000));
  const Date b = add_days(a, *rc::gen::inRange<std::int64_t>(0, 40));
  const Date moved = adjust(a, how, where);
  RC_ASSERT(is_business_day(moved, where));
  RC_ASSERT(adjust(moved, how, where) == moved);
  RC_ASSERT(std::abs(days_between(a, moved)) <= 7);
  RC_ASSERT(moved <= adjust(b, how, where));
  if (how == Adjustment::following) RC_ASSERT(moved >= a);
  if (how == Adjustment::preceding) RC_ASSERT(moved <= a);
  if (how == Adjustment::modified_following) RC_ASSERT(moved.month() == a.month());
}

}  // namespace
}  // namespace karv::calendar
