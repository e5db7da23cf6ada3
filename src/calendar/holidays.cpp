#include "calendar/holidays.h"

#include <array>
#include <cstdlib>

#include "base/check.h"

namespace karv::calendar {
namespace {

constexpr Holiday fixed(std::string_view name, int month, int day, int first_year = 1, int last_year = 9999) {
  return {.name = name, .month = month, .day = day, .first_year = first_year, .last_year = last_year};
}
constexpr Holiday easter(std::string_view name, int offset, int last_year = 9999) {
  return {.name = name, .kind = HolidayKind::easter, .offset = offset, .last_year = last_year};
}
constexpr Holiday within(std::string_view name, int month, int day, Weekday weekday) {
  return {.name = name, .kind = HolidayKind::within, .month = month, .day = day, .weekday = weekday};
}

constexpr auto kTarget = std::to_array<Holiday>({
    fixed("new_years_day", 1, 1),
    easter("good_friday", -2),
    easter("easter_monday", 1),
    fixed("labor_day", 5, 1),
    fixed("christmas_day", 12, 25),
    fixed("christmas_holiday", 12, 26),
});

constexpr auto kSweden = std::to_array<Holiday>({
    fixed("nyarsdagen", 1, 1),
    fixed("trettondedag_jul", 1, 6),
    easter("langfredagen", -2),
    easter("annandag_pask", 1),
    fixed("forsta_maj", 5, 1),
    easter("kristi_himmelsfardsdag", 39),
    easter("annandag_pingst", 50, 2004),               // until the national day took its place
    fixed("nationaldagen", 6, 6, 2005),                // SFS 2004:1320
    within("midsommarafton", 6, 19, Weekday::friday),  // the day before midsummer's day, June 20 to 26
    within("midsommardagen", 6, 20, Weekday::saturday),
    within("alla_helgons_dag", 10, 31, Weekday::saturday),
    fixed("julafton", 12, 24),
    fixed("juldagen", 12, 25),
    fixed("annandag_jul", 12, 26),
    fixed("nyarsafton", 12, 31),
});

constexpr auto kGermany = std::to_array<Holiday>({
    fixed("neujahr", 1, 1),
    easter("karfreitag", -2),
    easter("ostermontag", 1),
    fixed("tag_der_arbeit", 5, 1),
    easter("christi_himmelfahrt", 39),
    easter("pfingstmontag", 50),
    fixed("tag_der_deutschen_einheit", 10, 3, 1990),  // Einigungsvertrag art. 2 (2)
    fixed("reformationstag", 10, 31, 2017, 2017),     // once in every state, for its 500th return
    fixed("erster_weihnachtstag", 12, 25),
    fixed("zweiter_weihnachtstag", 12, 26),
});

constexpr auto kCalendars = std::to_array<Calendar>({
    {"TARGET", kTarget},
    {"SE", kSweden},
    {"DE", kGermany},
});

bool falls_on(const Holiday& holiday, Date date) {
  if (date.year() < holiday.first_year || date.year() > holiday.last_year) return false;
  switch (holiday.kind) {
    case HolidayKind::fixed:
      return date.month() == holiday.month && date.day() == holiday.day;
    case HolidayKind::easter:
      return date.year() >= 1583 && days_between(easter_sunday(date.year()), date) == holiday.offset;
    case HolidayKind::within: {
      const auto from = Date::create(date.year(), holiday.month, holiday.day);
      if (!from || date.weekday() != holiday.weekday) return false;
      const auto distance = days_between(*from, date);
      return distance >= 0 && distance < 7;
    }
  }
  return false;
}

Date step_to_business_day(Date date, int step, const Calendar& calendar) {
  // The longest closed run of a real calendar is a week or so; a table that closes for a month is wrong.
  for (int i = 0; !is_business_day(date, calendar); ++i) {
    KARV_REQUIRE(i < 31);
    date = add_days(date, step);
  }
  return date;
}

}  // namespace

std::span<const Calendar> all_calendars() { return kCalendars; }

const Calendar* find_calendar(std::string_view name) {
  for (const auto& calendar : kCalendars)
    if (calendar.name == name) return &calendar;
  return nullptr;
}

Date easter_sunday(int year) {
  KARV_REQUIRE(year >= 1583 && year <= 9999);
  const int century = year / 100;
  const int golden = year % 19;
  const int k = (century - 17) / 25;
  int i = (century - century / 4 - (century - k) / 3 + 19 * golden + 15) % 30;
  i -= (i / 28) * (1 - (i / 28) * (29 / (i + 1)) * ((21 - golden) / 11));
  const int j = (year + year / 4 + i + 2 - century + century / 4) % 7;
  const int l = i - j;
  const int month = 3 + (l + 40) / 44;
  const int day = l + 28 - 31 * (month / 4);
  const auto date = Date::create(year, month, day);
  KARV_REQUIRE(date.has_value());
  return *date;
}

bool is_weekend(Date date) { return date.weekday() >= Weekday::saturday; }

bool is_holiday(Date date, const Calendar& calendar) {
  for (const auto& holiday : calendar.holidays)
    if (falls_on(holiday, date)) return true;
  return false;
}

bool is_business_day(Date date, const Calendar& calendar) { return !is_weekend(date) && !is_holiday(date, calendar); }

Date adjust(Date date, Adjustment adjustment, const Calendar& calendar) {
  switch (adjustment) {
    case Adjustment::unadjusted:
      return date;
    case Adjustment::following:
      return step_to_business_day(date, 1, calendar);
    case Adjustment::preceding:
      return step_to_business_day(date, -1, calendar);
    case Adjustment::modified_following: {
      const Date next = step_to_business_day(date, 1, calendar);
      return next.month() == date.month() ? next : step_to_business_day(date, -1, calendar);
    }
  }
  return date;
}

Date add_business_days(Date date, int n, const Calendar& calendar) {
  KARV_REQUIRE(n >= -10'000 && n <= 10'000);
  const int step = n < 0 ? -1 : 1;
  for (int i = 0; i < std::abs(n); ++i) date = step_to_business_day(add_days(date, step), step, calendar);
  return date;
}

}  // namespace karv::calendar
