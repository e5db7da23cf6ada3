#include "calendar/zone.h"

#include <stdexcept>

#include <date/tz.h>

#include "base/check.h"

namespace karv::calendar {
namespace {

const date::time_zone& entry(const void* zone) { return *static_cast<const date::time_zone*>(zone); }

}  // namespace

std::optional<Zone> Zone::find(std::string_view name) {
  try {
    return Zone(date::locate_zone(name));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

Zone Zone::utc() {
  const auto zone = find("UTC");
  KARV_REQUIRE(zone.has_value());
  return *zone;
}

std::string Zone::name() const { return entry(zone_).name(); }

Date Zone::date_of(base::Instant instant) const {
  const std::chrono::sys_time<std::chrono::milliseconds> point{std::chrono::milliseconds{instant.ms}};
  const auto local = date::floor<date::days>(entry(zone_).to_local(point));
  const auto result = Date::from_day_number(local.time_since_epoch().count());
  KARV_REQUIRE(result.has_value());
  return *result;
}

base::Instant Zone::start_of(Date date) const {
  const date::local_time<std::chrono::milliseconds> midnight{
      date::days{static_cast<date::days::rep>(date.day_number())}};
  return {entry(zone_).to_sys(midnight, date::choose::earliest).time_since_epoch().count()};
}

base::Instant Zone::end_of(Date date) const { return start_of(add_days(date, 1)) - base::milliseconds(1); }

}  // namespace karv::calendar
