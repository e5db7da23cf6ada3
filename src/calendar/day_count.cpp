#include "calendar/day_count.h"

#include <algorithm>

namespace karv::calendar {
namespace {

std::int64_t days_30e(Date from, Date to) {
  const int first = std::min(from.day(), 30);
  const int last = std::min(to.day(), 30);
  return 360 * (to.year() - from.year()) + 30 * (to.month() - from.month()) + (last - first);
}

}  // namespace

YearFraction year_fraction(DayCount convention, Date from, Date to) {
  switch (convention) {
    case DayCount::actual_365f:
      return {.days = days_between(from, to), .basis = 365};
    case DayCount::actual_360:
      return {.days = days_between(from, to), .basis = 360};
    case DayCount::thirty_e_360:
      return {.days = days_30e(from, to), .basis = 360};
  }
  return {};
}

}  // namespace karv::calendar
