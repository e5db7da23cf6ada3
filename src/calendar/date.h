// Date: a day of the civil calendar, without a time or a zone. Due dates, booking dates and birthdays are Dates; which
// Date an Instant falls on is a question to a Zone (calendar/zone.h). Proleptic Gregorian, years 1 to 9999.
//
//   const auto date = Date::parse("2026-11-22");     // std::optional: foreign text
//   add_months(Date::of(2027, 1, 31), 1)             // 2027-02-28
//
// Source: ISO 8601-1:2019 5.2.2.1 (extended format only).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace karv::calendar {

enum class Weekday : std::uint8_t { monday = 1, tuesday, wednesday, thursday, friday, saturday, sunday };

class Date {
 public:
  constexpr Date() = default;  // 1970-01-01

  // Empty when there is no such day.
  static constexpr std::optional<Date> create(int year, int month, int day) {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
    const std::chrono::year_month_day ymd{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(day)}};
    if (!ymd.ok()) return std::nullopt;
    return Date(std::chrono::sys_days{ymd}.time_since_epoch().count());
  }
  // A day known at compile time; one that does not exist does not compile.
  static consteval Date of(int year, int month, int day) { return create(year, month, day).value(); }
  // "YYYY-MM-DD" and nothing else.
  static std::optional<Date> parse(std::string_view text);
  // The stored form: days since 1970-01-01. Empty outside the years 1 to 9999.
  static constexpr std::optional<Date> from_day_number(std::int64_t days) {
    if (days < kFirstDay || days > kLastDay) return std::nullopt;
    return Date(days);
  }

  constexpr std::int64_t day_number() const { return days_; }
  constexpr int year() const { return static_cast<int>(ymd().year()); }
  constexpr int month() const { return static_cast<int>(static_cast<unsigned>(ymd().month())); }
  constexpr int day() const { return static_cast<int>(static_cast<unsigned>(ymd().day())); }
  constexpr Weekday weekday() const {
    const std::chrono::weekday day_of_week{std::chrono::sys_days{std::chrono::days{days_}}};
    return static_cast<Weekday>(day_of_week.iso_encoding());
  }
  std::string text() const;

  friend constexpr auto operator<=>(Date, Date) = default;

 private:
  static constexpr std::int64_t kFirstDay = -719'162;  // 0001-01-01
  static constexpr std::int64_t kLastDay = 2'932'896;  // 9999-12-31

  explicit constexpr Date(std::int64_t days) : days_(static_cast<std::int32_t>(days)) {}
  constexpr std::chrono::year_month_day ymd() const { return std::chrono::sys_days{std::chrono::days{days_}}; }

  std::int32_t days_ = 0;
};

// Pre of each: the result lies in the years 1 to 9999.
Date add_days(Date date, std::int64_t days);
// The same day of a later month or, where that month is shorter, its last day. Add once from the start: two steps of
// one month from January 31 are not one step of two.
Date add_months(Date date, std::int64_t months);

// Positive when `to` is later.
constexpr std::int64_t days_between(Date from, Date to) { return to.day_number() - from.day_number(); }

// How many whole years lie between, e.g. an age; someone born on February 29 turns on March 1 of common years.
int whole_years_between(Date from, Date to);

bool is_last_day_of_month(Date date);

}  // namespace karv::calendar
