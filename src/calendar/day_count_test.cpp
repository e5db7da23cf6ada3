#include "calendar/day_count.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace karv::calendar {
namespace {

struct Case {
  Date from;
  Date to;
  std::int64_t days;
};

// Source: the example table for 30E/360 that ISDA published with the 2006 Definitions (30/360 day count conventions).
TEST(DayCount, thirty_e_360_agrees_with_isda_s_examples) {
  for (const auto& [from, to, days] : {
           Case{Date::of(2006, 8, 20), Date::of(2007, 2, 20), 180},
           Case{Date::of(2007, 2, 20), Date::of(2007, 8, 20), 180},
           Case{Date::of(2007, 8, 20), Date::of(2008, 2, 20), 180},
           Case{Date::of(2008, 2, 20), Date::of(2008, 8, 20), 180},
           Case{Date::of(2006, 2, 28), Date::of(2006, 8, 31), 182},
           Case{Date::of(2006, 8, 31), Date::of(2007, 2, 28), 178},
           Case{Date::of(2007, 2, 28), Date::of(2007, 8, 31), 182},
           Case{Date::of(2007, 8, 31), Date::of(2008, 2, 29), 179},
           Case{Date::of(2008, 2, 29), Date::of(2008, 8, 31), 181},
           Case{Date::of(2008, 8, 31), Date::of(2009, 2, 28), 178},
           Case{Date::of(2009, 2, 28), Date::of(2009, 8, 31), 182},
           Case{Date::of(2009, 8, 31), Date::of(2010, 2, 28), 178},
           Case{Date::of(2006, 1, 31), Date::of(2006, 2, 28), 28},
           Case{Date::of(2006, 9, 30), Date::of(2006, 10, 31), 30},
           Case{Date::of(2007, 2, 26), Date::of(2008, 2, 29), 363},
           Case{Date::of(2008, 2, 29), Date::of(2009, 2, 28), 359},
       })
    EXPECT_EQ(year_fraction(DayCount::thirty_e_360, from, to), (YearFraction{days, 360})) << from.text();
}

// Source: ISDA, "EMU and market conventions: recent developments" (1998): 1 Nov 2003 to 1 May 2004 has 182 days.
TEST(DayCount, actual_conventions_count_real_days) {
  const Date from = Date::of(2003, 11, 1);
  const Date to = Date::of(2004, 5, 1);
  EXPECT_EQ(year_fraction(DayCount::actual_365f, from, to), (YearFraction{182, 365}));
  EXPECT_EQ(year_fraction(DayCount::actual_360, from, to), (YearFraction{182, 360}));
  EXPECT_EQ(year_fraction(DayCount::actual_365f, Date::of(2028, 1, 1), Date::of(2029, 1, 1)), (YearFraction{366, 365}));
}

RC_GTEST_PROP(DayCount, periods_add_up_and_never_shrink, ()) {
  const auto convention = *rc::gen::element(DayCount::actual_365f, DayCount::actual_360, DayCount::thirty_e_360);
  const Date a = *Date::from_day_number(*rc::gen::inRange<std::int64_t>(0, 60'000));
  const Date b = add_days(a, *rc::gen::inRange<std::int64_t>(0, 2'000));
  const Date c = add_days(b, *rc::gen::inRange<std::int64_t>(0, 2'000));
  const auto days = [&](Date from, Date to) { return year_fraction(convention, from, to).days; };
  RC_ASSERT(days(a, a) == 0);
  RC_ASSERT(days(a, b) + days(b, c) == days(a, c));
  RC_ASSERT(days(a, b) == -days(b, a));
  RC_ASSERT(days(a, b) <= days(a, c));
}

}  // namespace
}  // namespace karv::calendar
