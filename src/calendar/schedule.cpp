#include "calendar/schedule.h"

#include "base/check.h"

namespace karv::calendar {
namespace {

constexpr std::size_t kMostDates = 1000;

}  // namespace

std::vector<Date> schedule_every_days(Date start, int step_days, std::size_t count) {
  KARV_REQUIRE(step_days >= 1);
  KARV_REQUIRE(count >= 1 && count <= kMostDates);
  std::vector<Date> dates;
  dates.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    dates.push_back(add_days(start, std::int64_t{step_days} * static_cast<std::int64_t>(i)));
  return dates;
}

std::vector<Date> schedule_every_months(Date start, int step_months, std::size_t count) {
  KARV_REQUIRE(step_months >= 1);
  KARV_REQUIRE(count >= 1 && count <= kMostDates);
  std::vector<Date> dates;
  dates.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    dates.push_back(add_months(start, std::int64_t{step_months} * static_cast<std::int64_t>(i)));
  return dates;
}

std::vector<Date> adjust_all(const std::vector<Date>& dates, Adjustment adjustment, const Calendar& calendar) {
  std::vector<Date> out;
  out.reserve(dates.size());
  for (const auto date : dates) out.push_back(adjust(date, adjustment, calendar));
  return out;
}

}  // namespace karv::calendar
