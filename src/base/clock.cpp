#include "base/clock.h"

#include <chrono>

#include <fmt/format.h>

namespace karv::base {
namespace {

// What four digits of a year can say: 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
constexpr Instant kFirstInstant{std::chrono::sys_days{std::chrono::year{0} / 1 / 1}.time_since_epoch().count() *
                                days(1).ms};
constexpr Instant kLastInstant{
    std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}.time_since_epoch().count() * days(1).ms - 1};

// Reads exactly `count` digits at `*at`, moving past them; -1 when there are none.
int take_digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  at += count;
  return value;
}

bool take(std::string_view text, std::size_t& at, char expected) {
  if (at >= text.size() || text[at] != expected) return false;
  ++at;
  return true;
}

// Milliseconds of an optional ".123456789"; -1 when malformed.
int take_fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  ++at;
  int millis = 0;
  int digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits)
    if (digits < 3) millis = millis * 10 + (text[at] - '0');
  if (digits == 0 || digits > 9) return -1;
  for (int i = digits; i < 3; ++i) millis *= 10;
  return millis;
}

// Minutes east of UTC of "Z" or "+hh:mm".
std::optional<int> take_offset(std::string_view text, std::size_t& at) {
  if (take(text, at, 'Z')) return 0;
  const bool minus = at < text.size() && text[at] == '-';
  if (!minus && (at >= text.size() || text[at] != '+')) return std::nullopt;
  ++at;
  const int hour = take_digits(text, at, 2);
  if (hour < 0 || hour > 23 || !take(text, at, ':')) return std::nullopt;
  const int minute = take_digits(text, at, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  return (minus ? -1 : 1) * (hour * 60 + minute);
}

}  // namespace

std::string to_rfc3339(Instant instant) {
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> point{std::chrono::milliseconds{instant.ms}};
  const auto day = floor<std::chrono::days>(point);
  const year_month_day date{day};
  const hh_mm_ss time{point - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<Instant> from_rfc3339(std::string_view text) {
  using namespace std::chrono;
  std::size_t at = 0;
  const int y = take_digits(text, at, 4);
  if (y < 0 || !take(text, at, '-')) return std::nullopt;
  const int m = take_digits(text, at, 2);
  if (m < 0 || !take(text, at, '-')) return std::nullopt;
  const int d = take_digits(text, at, 2);
  if (d < 0 || !take(text, at, 'T')) return std::nullopt;
  const int hour = take_digits(text, at, 2);
  if (hour < 0 || hour > 23 || !take(text, at, ':')) return std::nullopt;
  const int minute = take_digits(text, at, 2);
  if (minute < 0 || minute > 59 || !take(text, at, ':')) return std::nullopt;
  const int second = take_digits(text, at, 2);
  if (second < 0 || second > 59) return std::nullopt;
  const int millis = take_fraction(text, at);
  if (millis < 0) return std::nullopt;
  const auto offset = take_offset(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t day_number = sys_days{date}.time_since_epoch().count();
  const std::int64_t minutes_of_day = hour * 60 + minute - *offset;
  const Instant instant{((day_number * 1440 + minutes_of_day) * 60 + second) * 1000 + millis};
  if (instant < kFirstInstant || instant > kLastInstant) return std::nullopt;
  return instant;
}

Instant SystemClock::now() const {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

}  // namespace karv::base
