#include "calendar/zone.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace karv::calendar {
namespace {

base::Instant at(std::string_view text) { return base::from_rfc3339(text).value(); }

TEST(Zone, unknown_names_are_refused) {
  for (const auto* name : {"", "Europe/Karvstad", "../../etc/passwd", "/etc/localtime", "europe/stockholm", "Europe"})
    EXPECT_FALSE(Zone::find(name)) << name;
  EXPECT_EQ(Zone::find("Europe/Stockholm")->name(), "Europe/Stockholm");
}

// Source: Directive 2000/84/EC: summer time from the last Sunday of March to that of October, changing at 01:00 UTC.
TEST(Zone, the_date_changes_at_local_midnight_in_winter_and_summer) {
  const auto stockholm = *Zone::find("Europe/Stockholm");
  EXPECT_EQ(stockholm.date_of(at("2026-01-15T22:59:59.999Z")), Date::of(2026, 1, 15));
  EXPECT_EQ(stockholm.date_of(at("2026-01-15T23:00:00Z")), Date::of(2026, 1, 16));
  EXPECT_EQ(stockholm.date_of(at("2026-07-15T21:59:59.999Z")), Date::of(2026, 7, 15));
  EXPECT_EQ(stockholm.date_of(at("2026-07-15T22:00:00Z")), Date::of(2026, 7, 16));
  EXPECT_EQ(Zone::utc().date_of(at("2026-07-15T22:00:00Z")), Date::of(2026, 7, 15));
  EXPECT_EQ(Zone::utc().date_of(at("1969-12-31T23:59:59.999Z")), Date::of(1969, 12, 31));
}

TEST(Zone, days_of_the_change_have_23_and_25_hours) {
  const auto berlin = *Zone::find("Europe/Berlin");
  const auto hours_of = [&](Date date) {
    return (berlin.start_of(add_days(date, 1)) - berlin.start_of(date)).ms / 3'600'000;
  };
  EXPECT_EQ(hours_of(Date::of(2026, 3, 29)), 23);
  EXPECT_EQ(hours_of(Date::of(2026, 10, 25)), 25);
  EXPECT_EQ(hours_of(Date::of(2026, 6, 1)), 24);
}

// Source: tzdata, Brazil: clocks went from 00:00 to 01:00 on 2018-11-04.
TEST(Zone, a_day_without_midnight_begins_when_its_clocks_do) {
  const auto sao_paulo = *Zone::find("America/Sao_Paulo");
  const auto start = sao_paulo.start_of(Date::of(2018, 11, 4));
  EXPECT_EQ(start, at("2018-11-04T03:00:00Z"));
  EXPECT_EQ(sao_paulo.date_of(start), Date::of(2018, 11, 4));
  EXPECT_EQ(sao_paulo.date_of(start - base::milliseconds(1)), Date::of(2018, 11, 3));
}

RC_GTEST_PROP(Zone, a_day_holds_its_first_and_last_instant_and_no_other_day_s, ()) {
  const auto zone = *Zone::find(*rc::gen::element<std::string>(
      "UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"));
  const Date date = *Date::from_day_number(*rc::gen::inRange<std::int64_t>(0, 40'000));
  RC_ASSERT(zone.date_of(zone.start_of(date)) == date);
  RC_ASSERT(zone.date_of(zone.end_of(date)) == date);
  RC_ASSERT(zone.date_of(zone.start_of(date) - base::milliseconds(1)) == add_days(date, -1));
  RC_ASSERT(zone.end_of(date) + base::milliseconds(1) == zone.start_of(add_days(date, 1)));
}

}  // namespace
}  // namespace karv::calendar
