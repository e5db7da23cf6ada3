// Day counts: how long a period is for interest. A contract names its convention; the answer is an exact fraction of a
// year, never a floating-point number.
//
//   const YearFraction time = year_fraction(DayCount::actual_360, from, to);
//   mul_div(interest_of_a_year, time.days, time.basis, rounding)
//
// The first day counts, the last does not. Source: 2006 ISDA Definitions section 4.16.
#pragma once

#include <cstdint>

#include "calendar/date.h"

namespace karv::calendar {

enum class DayCount : std::uint8_t {
  // Actual/365 (Fixed), 4.16 (d): real days over 365, in leap years too. Most consumer credit, sterling.
  actual_365f,
  // Actual/360, 4.16 (e): real days over 360. Money market, euro.
  actual_360,
  // 30E/360 (Eurobond basis), 4.16 (g): every month has 30 days; a 31st counts as the 30th, February as it is.
  thirty_e_360,
};

struct YearFraction {
  std::int64_t days = 0;
  std::int64_t basis = 365;
  friend constexpr bool operator==(const YearFraction&, const YearFraction&) = default;
};

// Negative days when `to` is earlier.
YearFraction year_fraction(DayCount convention, Date from, Date to);

}  // namespace karv::calendar
