// Time as the rest of Karv sees it: instants, durations, and clocks that are handed in.
//
// There are two clocks. The *wall* clock drives TLS, deadlines, rate limits and ids. The *business* clock decides due
// dates, expiries and everything a customer would notice; its offset is stored in the database and can be moved in
// sandbox mode only. Code takes the one it needs as a parameter; nobody else asks the system.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace karv::base {

// Units: milliseconds.
struct Duration {
  std::int64_t ms = 0;
  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return {a.ms + b.ms}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return {a.ms - b.ms}; }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return {a.ms * n}; }
};
constexpr Duration milliseconds(std::int64_t n) { return {n}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration minutes(std::int64_t n) { return {n * 60'000}; }
constexpr Duration hours(std::int64_t n) { return {n * 3'600'000}; }
constexpr Duration days(std::int64_t n) { return {n * 86'400'000}; }

// A point in time. Units: milliseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t ms = 0;
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant t, Duration d) { return {t.ms + d.ms}; }
  friend constexpr Instant operator-(Instant t, Duration d) { return {t.ms - d.ms}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return {a.ms - b.ms}; }
};

// "2026-11-22T17:41:05.123Z"; the form of every API. Source: RFC 3339.
std::string to_rfc3339(Instant instant);
// Accepts exactly that form (fraction of 1..9 digits or none, "Z" or numeric offset) and instants of its years only.
std::optional<Instant> from_rfc3339(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

// Another clock plus an offset that may be moved: the business clock.
class OffsetClock final : public Clock {
 public:
  explicit OffsetClock(const Clock& underlying) : underlying_(underlying) {}
  Instant now() const override { return underlying_.now() + Duration{offset_ms_.load(std::memory_order_relaxed)}; }
  Duration offset() const { return {offset_ms_.load(std::memory_order_relaxed)}; }
  void set_offset(Duration offset) { offset_ms_.store(offset.ms, std::memory_order_relaxed); }

 private:
  const Clock& underlying_;
  std::atomic<std::int64_t> offset_ms_{0};
};

// Stands still until told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_ms_(start.ms) {}
  Instant now() const override { return {now_ms_.load(std::memory_order_relaxed)}; }
  void advance(Duration by) { now_ms_.fetch_add(by.ms, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> now_ms_;
};

}  // namespace karv::base
