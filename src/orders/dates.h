// Which day it is for a purchase: the date in the market's own zone.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "calendar/date.h"
#include "calendar/zone.h"

namespace karv::orders {

// Pre: a country of the supported markets.
calendar::Zone zone_of(std::string_view country);
calendar::Date today_in(std::string_view country, const base::Clock& business);

}  // namespace karv::orders
