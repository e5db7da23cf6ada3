// Dates, periods and instants from text: one spelling each (an instant has several), and adding a period that was
// accepted stays within the calendar for as long as anybody lends money.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "calendar/date.h"
#include "calendar/period.h"

namespace {

using namespace karv;

void check_date(std::string_view text) {
  const auto date = calendar::Date::parse(text);
  if (!date) return;
  KARV_CHECK(date->text() == text);
  KARV_CHECK(calendar::Date::from_day_number(date->day_number()) == date);
  const auto midnight = base::from_rfc3339(std::string(text) + "T00:00:00Z");
  KARV_CHECK(midnight && midnight->ms == date->day_number() * base::days(1).ms);
}

void check_period(std::string_view text) {
  const auto period = calendar::Period::parse(text);
  if (!period) return;
  KARV_CHECK(period->months >= 0 && period->days >= 0 && period->time.ms >= 0);
  KARV_CHECK(period->days <= calendar::kLongestDays && period->time.ms <= base::days(calendar::kLongestDays + 1).ms);
  const base::Instant from{1'700'000'000'000};
  const auto to = calendar::add(from, *period);
  KARV_CHECK(period->is_zero() ? to == from : to > from);
  // At most three centuries: a month has 31 days at most, and each part is within the century.
  KARV_CHECK(to - from <= base::days(3 * calendar::kLongestDays));
}

void check_instant(std::string_view text) {
  const auto instant = base::from_rfc3339(text);
  if (!instant) return;
  const auto again = base::from_rfc3339(base::to_rfc3339(*instant));
  KARV_CHECK(again == instant);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_date(text);
  check_period(text);
  check_instant(text);
  return 0;
}
