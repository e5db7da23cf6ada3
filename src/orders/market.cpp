#include "orders/market.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace karv::orders {
namespace {

constexpr auto kMarkets = std::to_array<Market>({
    {"AT", "EUR", "de,en", "Europe/Vienna"},       {"AU", "AUD", "en", "Australia/Sydney"},
    {"BE", "EUR", "nl,fr,en", "Europe/Brussels"},  {"CA", "CAD", "en,fr", "America/Toronto"},
    {"CH", "CHF", "de,fr,it,en", "Europe/Zurich"}, {"CZ", "CZK", "cs,en", "Europe/Prague"},
    {"DE", "EUR", "de,en", "Europe/Berlin"},       {"DK", "DKK", "da,en", "Europe/Copenhagen"},
    {"ES", "EUR", "es,en", "Europe/Madrid"},       {"FI", "EUR", "fi,sv,en", "Europe/Helsinki"},
    {"FR", "EUR", "fr,en", "Europe/Paris"},        {"GB", "GBP", "en", "Europe/London"},
    {"GR", "EUR", "el,en", "Europe/Athens"},       {"HU", "HUF", "hu,en", "Europe/Budapest"},
    {"IE", "EUR", "en", "Europe/Dublin"},          {"IT", "EUR", "it,en", "Europe/Rome"},
    {"MX", "MXN", "es,en", "America/Mexico_City"}, {"NL", "EUR", "nl,en", "Europe/Amsterdam"},
    {"NO", "NOK", "nb,en", "Europe/Oslo"},         {"NZ", "NZD", "en", "Pacific/Auckland"},
    {"PL", "PLN", "pl,en", "Europe/Warsaw"},       {"PT", "EUR", "pt,en", "Europe/Lisbon"},
    {"RO", "RON", "ro,en", "Europe/Bucharest"},    {"SE", "SEK", "sv,en", "Europe/Stockholm"},
    {"SK", "EUR", "sk,en", "Europe/Bratislava"},   {"US", "USD", "en,es", "America/New_York"},
});

std::string cased(std::string_view text, int (*fold)(int)) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(fold(static_cast<unsigned char>(c)));
  return out;
}

bool speaks(const Market& market, std::string_view language) {
  for (std::string_view left = market.languages; !left.empty();) {
    const auto comma = left.find(',');
    if (left.substr(0, comma) == language) return true;
    left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
  }
  return false;
}

}  // namespace

std::span<const Market> markets() { return kMarkets; }

const Market* find_market(std::string_view country) {
  const auto* found = std::ranges::find(kMarkets, country, &Market::country);
  return found == kMarkets.end() ? nullptr : found;
}

MarketChoice check_market(std::string_view country, std::string_view currency, const std::optional<std::string>& locale,
                          json::FieldErrors& problems) {
  MarketChoice choice{cased(country, std::toupper), cased(currency, std::toupper), {}};
  const Market* market = find_market(choice.country);
  if (market == nullptr) {
    complain(problems, "purchase_country", std::string(country.substr(0, 16)), "a country of the supported markets");
    return choice;
  }
  if (choice.currency != market->currency)
    complain(problems, "purchase_currency", std::string(currency.substr(0, 16)),
             fmt::format("{} for {}", market->currency, market->country));
  const std::string given = locale.value_or("");
  if (given.empty()) {
    choice.locale = "en-US";
    return choice;
  }
  const bool shaped = (given.size() == 2 || (given.size() == 5 && given[2] == '-')) &&
                      std::ranges::all_of(given, [](unsigned char c) { return std::isalpha(c) != 0 || c == '-'; });
  const std::string language = cased(std::string_view(given).substr(0, 2), std::tolower);
  if (!shaped || (!speaks(*market, language) && language != "en")) {
    complain(problems, "locale", given.substr(0, 16),
             fmt::format("one of the languages {} for {}", market->languages, market->country));
    return choice;
  }
  choice.locale = language + "-" + (given.size() == 5 ? cased(given.substr(3), std::toupper) : choice.country);
  return choice;
}

}  // namespace karv::orders
