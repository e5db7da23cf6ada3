#include "money/currency.h"

#include <gtest/gtest.h>

namespace karv::money {
namespace {

TEST(Currency, is_read_in_either_case_and_written_in_upper_case) {
  EXPECT_EQ(Currency::parse("SEK")->code(), "SEK");
  EXPECT_EQ(Currency::parse("eUr")->text(), "EUR");
  EXPECT_EQ(Currency::parse("usd"), Currency::of("USD"));
}

TEST(Currency, what_is_not_in_the_table_is_refused) {
  for (const auto* text : {"", "SE", "SEKK", "XXX", "xxx", "ABC", "S\0K", " SEK", "SEK ", "\xc3\x85K"})
    EXPECT_FALSE(Currency::parse(text)) << text;
  for (const int numeric : {0, -1, 1, 999, 1000, 65536 + 752}) EXPECT_FALSE(Currency::from_numeric(numeric)) << numeric;
}

TEST(Currency, the_default_is_none) {
  EXPECT_TRUE(Currency().is_none());
  EXPECT_EQ(Currency().code(), "XXX");
  EXPECT_NE(Currency(), Currency::of("SEK"));
}

// Source: ISO 4217 list one (SIX Financial Information), alphabetic code, numeric code, minor unit.
TEST(Currency, numeric_codes_and_exponents_are_those_of_iso_4217) {
  struct Case {
    const char* code;
    int numeric;
    int exponent;
  };
  for (const auto& [code, numeric, exponent] :
       {Case{"AUD", 36, 2}, Case{"CAD", 124, 2}, Case{"CHF", 756, 2}, Case{"CZK", 203, 2}, Case{"DKK", 208, 2},
        Case{"EUR", 978, 2}, Case{"GBP", 826, 2}, Case{"HUF", 348, 2}, Case{"ISK", 352, 0}, Case{"JPY", 392, 0},
        Case{"KWD", 414, 3}, Case{"MXN", 484, 2}, Case{"NOK", 578, 2}, Case{"NZD", 554, 2}, Case{"PLN", 985, 2},
        Case{"RON", 946, 2}, Case{"SEK", 752, 2}, Case{"USD", 840, 2}}) {
    const auto currency = Currency::parse(code);
    ASSERT_TRUE(currency) << code;
    EXPECT_EQ(currency->numeric(), numeric) << code;
    EXPECT_EQ(currency->exponent(), exponent) << code;
    EXPECT_EQ(Currency::from_numeric(numeric), currency) << code;
  }
  EXPECT_EQ(Currency::all().size(), 18U);
}

}  // namespace
}  // namespace karv::money
