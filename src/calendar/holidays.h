// Business-day calendars as data: weekends, fixed days, days counted from Easter Sunday, and weekdays within a range,
// each with the years in which it applies. A new country is a table, not code.
//
//   const auto* calendar = find_calendar("TARGET");
//   adjust(Date::parse(...), Adjustment::following, *calendar)
//
// Three are built in. Sources:
//   TARGET  the European Central Bank's closing days (since 2002)
//   SE      lag (1989:253) om allmanna helgdagar, with the eves that lag (1930:173) 2 sec. puts beside them
//   DE      the days that are holidays in all sixteen states; those of single states are not in it
// One-off closings that a government decrees (a funeral, a jubilee) need a row each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "calendar/date.h"

namespace karv::calendar {

enum class HolidayKind : std::uint8_t {
  fixed,   // month, day
  easter,  // offset: days after Easter Sunday, negative before
  within,  // the given weekday on or after month, day, in the seven days from there
};

struct Holiday {
  std::string_view name;
  HolidayKind kind = HolidayKind::fixed;
  int month = 0;
  int day = 0;
  int offset = 0;
  Weekday weekday = Weekday::monday;
  int first_year = 1;
  int last_year = 9999;
};

struct Calendar {
  std::string_view name;
  std::span<const Holiday> holidays;  // Saturdays and Sundays are closed in all of them
};

const Calendar* find_calendar(std::string_view name);  // null when there is none
std::span<const Calendar> all_calendars();

// Easter Sunday of the western churches. Source: J.-M. Oudin (1940), as in the Explanatory Supplement to the
// Astronomical Almanac (1992), p. 582. Pre: years 1583 to 9999 (the Gregorian calendar).
Date easter_sunday(int year);

bool is_weekend(Date date);
bool is_holiday(Date date, const Calendar& calendar);
bool is_business_day(Date date, const Calendar& calendar);

enum class Adjustment : std::uint8_t {
  unadjusted,
  following,           // the next business day
  modified_following,  // the next, unless that is in the next month: then the one before
  preceding,           // the business day before
};

// The date itself when it is a business day. Source: 2006 ISDA Definitions section 4.12.
Date adjust(Date date, Adjustment adjustment, const Calendar& calendar);

// The n-th business day after `date` (before it, when n is negative); zero gives the date itself.
Date add_business_days(Date date, int n, const Calendar& calendar);

}  // namespace karv::calendar
