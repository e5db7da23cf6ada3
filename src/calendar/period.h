// A Period is a length of time as people say it: months, days and a time, kept apart because a month has no fixed
// number of days. Read from ISO 8601 text ("P30D", "P1M", "PT1H30M", "P2W").
//
// Refused: fractions, signs, a bare "P" or "PT", parts out of order or twice, weeks beside other parts, anything longer
// than kLongestDays. Source: ISO 8601-1:2019 5.5.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "calendar/date.h"

namespace karv::calendar {

inline constexpr std::int64_t kLongestDays = 36'525;  // a century: typing errors end here, not in the year 9999

struct Period {
  std::int64_t months = 0;  // years are twelve
  std::int64_t days = 0;    // weeks are seven
  base::Duration time;      // hours, minutes, seconds

  static std::optional<Period> parse(std::string_view text);
  bool is_zero() const { return months == 0 && days == 0 && time.ms == 0; }
  friend constexpr bool operator==(const Period&, const Period&) = default;
};

// Months first, then days, on the calendar of UTC with the time of day kept, then the time. A day is 24 hours: this
// moves clocks; due dates are counted in Dates. Pre: the result lies in the years 1 to 9999.
base::Instant add(base::Instant instant, const Period& period);

}  // namespace karv::calendar
