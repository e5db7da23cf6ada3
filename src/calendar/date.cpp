#include "calendar/date.h"

#include <fmt/format.h>

#include "base/check.h"

namespace karv::calendar {
namespace {

// The number that `text` spells with digits only; -1 when it does not.
int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<Date> Date::parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  return create(digits(text.substr(0, 4)), digits(text.substr(5, 2)), digits(text.substr(8, 2)));
}

std::string Date::text() const { return fmt::format("{:04}-{:02}-{:02}", year(), month(), day()); }

Date add_days(Date date, std::int64_t days) {
  std::int64_t number = 0;
  KARV_REQUIRE(!__builtin_add_overflow(date.day_number(), days, &number));
  const auto result = Date::from_day_number(number);
  KARV_REQUIRE(result.has_value());
  return *result;
}

Date add_months(Date date, std::int64_t months) {
  KARV_REQUIRE(months >= -120'000 && months <= 120'000);
  const std::int64_t index = std::int64_t{date.year()} * 12 + (date.month() - 1) + months;
  KARV_REQUIRE(index >= 12 && index < 120'000);
  const int year = static_cast<int>(index / 12);
  const int month = static_cast<int>(index % 12) + 1;
  for (int day = date.day(); day >= 28; --day)
    if (const auto result = Date::create(year, month, day)) return *result;
  const auto result = Date::create(year, month, date.day());
  KARV_REQUIRE(result.has_value());
  return *result;
}

int whole_years_between(Date from, Date to) {
  const bool before_anniversary = to.month() < from.month() || (to.month() == from.month() && to.day() < from.day());
  return to.year() - from.year() - (before_anniversary ? 1 : 0);
}

bool is_last_day_of_month(Date date) {
  return date.day() >= 28 && !Date::create(date.year(), date.month(), date.day() + 1);
}

}  // namespace karv::calendar
