#include "orders/market.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "calendar/zone.h"
#include "money/currency.h"
#include "orders/dates.h"

namespace karv::orders {
namespace {

struct Checked {
  MarketChoice choice;
  json::FieldErrors problems;
};
Checked check(std::string_view country, std::string_view currency, const std::optional<std::string>& locale) {
  Checked checked;
  checked.choice = check_market(country, currency, locale, checked.problems);
  return checked;
}

std::string only_path(const Checked& checked) {
  return checked.problems.all().size() == 1 ? checked.problems.all()[0].path : "(not one problem)";
}

TEST(MarketsTest, each_market_is_listed_once_with_a_known_currency_and_zone) {
  std::set<std::string_view> seen;
  for (const auto& market : markets()) {
    EXPECT_TRUE(seen.insert(market.country).second) << market.country;
    EXPECT_TRUE(money::Currency::parse(market.currency).has_value()) << market.currency;
    EXPECT_TRUE(calendar::Zone::find(market.zone).has_value()) << market.zone;
    EXPECT_EQ(find_market(market.country), &market);
  }
  EXPECT_EQ(find_market("se"), nullptr);
  EXPECT_EQ(find_market(""), nullptr);
}

// Shops send every spelling: Woo "fi-fi", Saleor "EN" (merchant API contract, section 0).
TEST(CheckMarketTest, odd_case_is_normalized) {
  const auto finnish = check("fi", "eur", "FI-fi");
  EXPECT_TRUE(finnish.problems.empty());
  EXPECT_EQ(finnish.choice.country, "FI");
  EXPECT_EQ(finnish.choice.currency, "EUR");
  EXPECT_EQ(finnish.choice.locale, "fi-FI");
  EXPECT_EQ(check("SE", "SEK", "EN").choice.locale, "en-SE");
  EXPECT_EQ(check("US", "usd", std::nullopt).choice.locale, "en-US");
  EXPECT_EQ(check("DE", "EUR", "").choice.locale, "en-US");
}

TEST(CheckMarketTest, country_currency_and_language_belong_together) {
  EXPECT_EQ(only_path(check("SE", "EUR", "sv-SE")), "purchase_currency");
  EXPECT_EQ(only_path(check("SE", "SEK", "de-DE")), "locale");
  EXPECT_EQ(only_path(check("XX", "SEK", "sv-SE")), "purchase_country");
  EXPECT_EQ(check("SE", "EUR", "sv-SE").problems.all()[0].message, "received EUR, expected SEK for SE");
}

TEST(CheckMarketTest, malformed_texts_are_refused_and_shortened_in_the_answer) {
  const std::string huge(10'000, 'x');
  for (const std::string& locale : {std::string("sv_SE"), std::string("s"), std::string("svSE-"), std::string("-----"),
                                    std::string("sv-SE-x"), std::string("\xc3\xa5-SE"), huge})
    EXPECT_EQ(only_path(check("SE", "SEK", locale)), "locale") << locale.substr(0, 20);
  for (const auto& checked : {check(huge, "SEK", "sv-SE"), check("SE", huge, "sv-SE"), check("SE", "SEK", huge)}) {
    ASSERT_EQ(checked.problems.all().size(), 1U);
    EXPECT_LT(checked.problems.all()[0].message.size(), 200U);
  }
  EXPECT_EQ(only_path(check("", "SEK", "sv-SE")), "purchase_country");
  EXPECT_EQ(only_path(check("SE", "", "sv-SE")), "purchase_currency");
}

TEST(TodayTest, the_day_is_the_markets_own) {
  const base::ManualClock clock(*base::from_rfc3339("2026-11-22T23:30:00Z"));
  EXPECT_EQ(today_in("SE", clock).text(), "2026-11-23");
  EXPECT_EQ(today_in("GB", clock).text(), "2026-11-22");
  EXPECT_EQ(today_in("NZ", clock).text(), "2026-11-23");
  EXPECT_EQ(today_in("US", clock).text(), "2026-11-22");
}

}  // namespace
}  // namespace karv::orders
