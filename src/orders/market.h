// Which currency, languages and time zone each country's purchases use, and how a locale is read.
// Source: the merchant API contract's table of markets.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "orders/lines.h"

namespace karv::orders {

struct Market {
  std::string_view country, currency;
  std::string_view languages;  // "de,en"
  std::string_view zone;       // where its dates are counted: "Europe/Stockholm"
};

std::span<const Market> markets();
const Market* find_market(std::string_view country);

struct MarketChoice {
  std::string country, currency, locale;  // normalized: "SE", "SEK", "sv-SE"
};
// Normalizes case, fills the default locale (en-US) and checks that the three belong together. Adds problems otherwise.
MarketChoice check_market(std::string_view country, std::string_view currency, const std::optional<std::string>& locale,
                          json::FieldErrors& problems);

}  // namespace karv::orders
