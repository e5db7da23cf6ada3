// A time zone of the IANA database, by name: which Date an Instant falls on there, and when a Date begins there. The
// rules are the system's zoneinfo files, so that they are updated with the system.
//
//   const auto zone = Zone::find("Europe/Stockholm");   // std::optional
//   zone->date_of(clock.now());
//
// Not for display formatting. Thread-safe. Source: RFC 9557, tzdata.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "calendar/date.h"

namespace karv::calendar {

class Zone {
 public:
  // Empty when the system knows no zone of that name.
  static std::optional<Zone> find(std::string_view name);
  static Zone utc();

  std::string name() const;

  // The civil date there. Pre: the date lies in the years 1 to 9999.
  Date date_of(base::Instant instant) const;
  // The first instant of that day there. Where midnight is skipped, the day begins later; where it comes twice, with
  // the first.
  base::Instant start_of(Date date) const;
  // The last millisecond before the next day: what is due on a date is in time until then.
  base::Instant end_of(Date date) const;

  friend bool operator==(const Zone&, const Zone&) = default;

 private:
  explicit Zone(const void* zone) : zone_(zone) {}
  const void* zone_;  // the database's own entry; lives as long as the process
};

}  // namespace karv::calendar
