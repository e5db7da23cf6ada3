// A currency that Karv deals in: one of a closed table with its ISO 4217 codes and the number of decimals of its minor
// unit. The table is what the merchant API's countries use, and a few with other exponents (JPY, ISK 0, KWD 3).
//
//   const auto currency = Currency::parse("SEK");   // std::optional: foreign text
//   constexpr Currency kEuro = Currency::of("EUR"); // a typo does not compile
//
// The default value is XXX, ISO's "no currency": it is not in any stored money and parse() refuses it.
// Exponents are ISO's, not the display hints of CLDR (HUF has 2). Source: ISO 4217 list one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace karv::money {

struct CurrencyRow {
  std::string_view code;
  std::uint16_t numeric;  // three digits on the card network
  std::uint8_t exponent;  // decimals of the minor unit
};

inline constexpr auto kCurrencies = std::to_array<CurrencyRow>({
    {"XXX", 999, 0}, {"AUD", 36, 2},  {"CAD", 124, 2}, {"CHF", 756, 2}, {"CZK", 203, 2},
    {"DKK", 208, 2}, {"EUR", 978, 2}, {"GBP", 826, 2}, {"HUF", 348, 2}, {"ISK", 352, 0},
    {"JPY", 392, 0}, {"KWD", 414, 3}, {"MXN", 484, 2}, {"NOK", 578, 2}, {"NZD", 554, 2},
    {"PLN", 985, 2}, {"RON", 946, 2}, {"SEK", 752, 2}, {"USD", 840, 2},
});

class Currency {
 public:
  constexpr Currency() = default;

  // Either case: merchants' systems send both.
  static constexpr std::optional<Currency> parse(std::string_view code) {
    if (code.size() != 3) return std::nullopt;
    for (std::size_t row = 1; row < kCurrencies.size(); ++row)
      if (std::ranges::equal(code, kCurrencies[row].code, {}, upper)) return Currency(row);
    return std::nullopt;
  }
  static constexpr std::optional<Currency> from_numeric(int numeric) {
    for (std::size_t row = 1; row < kCurrencies.size(); ++row)
      if (kCurrencies[row].numeric == numeric) return Currency(row);
    return std::nullopt;
  }
  static consteval Currency of(std::string_view code) { return parse(code).value(); }
  // Every currency but XXX.
  static std::span<const CurrencyRow> all() { return std::span(kCurrencies).subspan(1); }

  constexpr std::string_view code() const { return kCurrencies[row_].code; }
  constexpr int numeric() const { return kCurrencies[row_].numeric; }
  constexpr int exponent() const { return kCurrencies[row_].exponent; }
  constexpr bool is_none() const { return row_ == 0; }
  std::string text() const { return std::string(code()); }

  friend constexpr bool operator==(Currency, Currency) = default;

 private:
  explicit constexpr Currency(std::size_t row) : row_(static_cast<std::uint8_t>(row)) {}
  static constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

  std::uint8_t row_ = 0;
};

}  // namespace karv::money
