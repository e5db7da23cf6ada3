// Due-date schedules: the dates of n payments. Every date is counted from the start, so that no rounding of one date
// moves the next; moving them off weekends and holidays is a separate step (adjust_all).
//
//   schedule_every_days(captured_on, 30, 3)   // the day itself, +30, +60: pay in 3
//   schedule_every_months(first, 1, 12)       // the same day of each month, or its last
#pragma once

#include <cstddef>
#include <vector>

#include "calendar/date.h"
#include "calendar/holidays.h"

namespace karv::calendar {

// `count` dates, the first being `start`. Pre: step >= 1, count between 1 and 1000.
std::vector<Date> schedule_every_days(Date start, int step_days, std::size_t count);
std::vector<Date> schedule_every_months(Date start, int step_months, std::size_t count);

// Each date on a business day; dates stay in order, none moves by more than the adjustment says.
std::vector<Date> adjust_all(const std::vector<Date>& dates, Adjustment adjustment, const Calendar& calendar);

}  // namespace karv::calendar
