#include "orders/dates.h"

#include "base/check.h"
#include "orders/market.h"

namespace karv::orders {

calendar::Zone zone_of(std::string_view country) {
  const Market* market = find_market(country);
  KARV_REQUIRE(market != nullptr);
  const auto zone = calendar::Zone::find(market->zone);
  KARV_REQUIRE(zone.has_value());
  return *zone;
}

calendar::Date today_in(std::string_view country, const base::Clock& business) {
  return zone_of(country).date_of(business.now());
}

}  // namespace karv::orders
