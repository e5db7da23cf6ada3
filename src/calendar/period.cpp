#include "calendar/period.h"

#include "base/check.h"

namespace karv::calendar {
namespace {

struct Part {
  std::int64_t number = 0;
  char unit = 0;
};

// Takes one "12D" off the front.
std::optional<Part> take_part(std::string_view& text) {
  constexpr std::size_t kMostDigits = 9;
  std::size_t digits = 0;
  Part part;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits == kMostDigits) return std::nullopt;
    part.number = part.number * 10 + (text[digits++] - '0');
  }
  if (digits == 0 || digits == text.size()) return std::nullopt;
  part.unit = text[digits];
  text.remove_prefix(digits + 1);
  return part;
}

// Takes parts whose units stand in `order`, each at most once; false when it meets another. `apply` gets each.
template <class Apply>
bool take_parts(std::string_view& text, std::string_view order, Apply apply) {
  while (!text.empty() && text.front() != 'T') {
    const auto part = take_part(text);
    if (!part) return false;
    const std::size_t at = order.find(part->unit);
    if (at == std::string_view::npos) return false;
    order.remove_prefix(at + 1);
    apply(*part);
  }
  return true;
}

}  // namespace

std::optional<Period> Period::parse(std::string_view text) {
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;

  Period period;
  if (text.ends_with('W')) {
    const auto weeks = take_part(text);
    if (!weeks || weeks->unit != 'W' || !text.empty()) return std::nullopt;
    period.days = weeks->number * 7;
  } else {
    if (!take_parts(text, "YMD", [&](const Part& part) {
          (part.unit == 'D' ? period.days : period.months) += part.unit == 'Y' ? part.number * 12 : part.number;
        }))
      return std::nullopt;
    if (!text.empty()) {
      text.remove_prefix(1);  // T
      if (text.empty()) return std::nullopt;
      if (!take_parts(text, "HMS", [&](const Part& part) {
            period.time = period.time + (part.unit == 'H'   ? base::hours(part.number)
                                         : part.unit == 'M' ? base::minutes(part.number)
                                                            : base::seconds(part.number));
          }))
        return std::nullopt;
      if (!text.empty()) return std::nullopt;  // a second T
    }
  }
  const std::int64_t days = period.months * 31 + period.days + period.time.ms / base::days(1).ms;
  if (days > kLongestDays) return std::nullopt;
  return period;
}

base::Instant add(base::Instant instant, const Period& period) {
  const std::int64_t day_ms = base::days(1).ms;
  const std::int64_t past_midnight = ((instant.ms % day_ms) + day_ms) % day_ms;
  const auto from = Date::from_day_number((instant.ms - past_midnight) / day_ms);
  KARV_REQUIRE(from.has_value());
  const Date to = add_days(add_months(*from, period.months), period.days);
  return base::Instant{to.day_number() * day_ms + past_midnight} + period.time;
}

}  // namespace karv::calendar
