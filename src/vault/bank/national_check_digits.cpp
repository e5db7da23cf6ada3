#include "vault/bank/national_check_digits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "base/card_digits.h"

namespace karv::vault {
namespace {

int value_of(char digit) { return digit - '0'; }

// Weights are repeated until the digits end.
int weighted_sum(std::string_view digits, std::span<const int> weights) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += value_of(digits[i]) * weights[i % weights.size()];
  return sum;
}

int remainder_97(std::string_view digits) {
  int remainder = 0;
  for (const char c : digits) remainder = (remainder * 10 + value_of(c)) % 97;
  return remainder;
}

bool is_number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// ISO/IEC 7064 mod 97-10 over the whole number: Bosnia and Herzegovina, Montenegro, North Macedonia, Portugal (NIB),
// Serbia, Slovenia. North Macedonia's may have letters, for which there is no rule.
bool mod_97_10(std::string_view bban) { return !is_number(bban) || remainder_97(bban) == 1; }

// The first ten digits modulo 97; 97 instead of 0. Source: Febelfin.
bool belgium(std::string_view bban) {
  const int remainder = remainder_97(bban.substr(0, 10));
  return (remainder == 0 ? 97 : remainder) == value_of(bban[10]) * 10 + value_of(bban[11]);
}

// Prefix and number each modulo 11. Source: decree 169/2011 of the Czech National Bank; the same in Slovakia.
bool czechia(std::string_view bban) {
  static constexpr std::array kWeights = {6, 3, 7, 9, 10, 5, 8, 4, 2, 1};
  return weighted_sum(bban.substr(4, 6), std::span(kWeights).subspan(4)) % 11 == 0 &&
         weighted_sum(bban.substr(10), kWeights) % 11 == 0;
}

// 7-3-1 from the right over what follows the bank code. Source: Estonian Banking Association.
bool estonia(std::string_view bban) {
  static constexpr std::array kWeights = {7, 3, 1};
  int sum = 0;
  for (std::size_t i = 0; i < 13; ++i) sum += value_of(bban[14 - i]) * kWeights[i % 3];
  return (sum + value_of(bban[15])) % 10 == 0;
}

// Two digits: bank and branch after two zeros, and the account; modulo 11. Source: AEB, "codigo cuenta cliente".
bool spain(std::string_view bban) {
  static constexpr std::array kWeights = {1, 2, 4, 8, 5, 10, 9, 7, 3, 6};
  const auto digit = [](int sum) {
    const int check = 11 - sum % 11;
    return check == 11 ? 0 : check == 10 ? 1 : check;
  };
  return digit(weighted_sum(bban.substr(0, 8), std::span(kWeights).subspan(2))) == value_of(bban[8]) &&
         digit(weighted_sum(bban.substr(10), kWeights)) == value_of(bban[9]);
}

bool finland(std::string_view bban) { return base::passes_luhn(bban); }

// The RIB key: 89 bank + 15 branch + 3 account + key is divisible by 97, letters of the account read as digits (A J 1,
// B K S 2 ... I R Z 9). Source: CFONB; the same in Monaco.
bool france(std::string_view bban) {
  const auto part = [&](std::size_t from, std::size_t size) {
    int remainder = 0;
    for (const char c : bban.substr(from, size)) {
      int value = c <= '9' ? value_of(c) : (c - 'A') % 9 + 1;
      if (c >= 'S') value = (c - 'S') % 9 + 2;
      remainder = (remainder * 10 + value) % 97;
    }
    return remainder;
  };
  return (89 * part(0, 5) + 15 * part(5, 5) + 3 * part(10, 11) + part(21, 2)) % 97 == 0;
}

// ISO/IEC 7064 mod 11,10 over bank code and account each. Source: Croatian National Bank.
bool croatia(std::string_view bban) {
  const auto fits = [](std::string_view digits) {
    int product = 10;
    for (const char c : digits.substr(0, digits.size() - 1)) {
      const int sum = (product + value_of(c)) % 10;
      product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (product + value_of(digits.back())) % 10 == 1;
  };
  return fits(bban.substr(0, 7)) && fits(bban.substr(7));
}

// 9-7-3-1 over bank and branch, and over the account; each sum with its check digit divisible by 10. Source: MNB.
bool hungary(std::string_view bban) {
  static constexpr std::array kWeights = {9, 7, 3, 1};
  return weighted_sum(bban.substr(0, 8), kWeights) % 10 == 0 && weighted_sum(bban.substr(8), kWeights) % 10 == 0;
}

// CIN, a letter in front. Source: ABI; the same in San Marino.
bool italy(std::string_view bban) {
  // At odd places; letters from A on, digits as A to J.
  static constexpr std::array kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                      20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  int sum = 0;
  for (std::size_t i = 1; i < bban.size(); ++i) {
    const int value = bban[i] <= '9' ? value_of(bban[i]) : bban[i] - 'A';
    sum += i % 2 == 1 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  return 'A' + sum % 26 == bban[0];
}

// Modulo 11. Accounts with zeros at the fifth and sixth place are made by another rule. Source: Bits (Norway).
bool norway(std::string_view bban) {
  static constexpr std::array kWeights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
  return bban.substr(4, 2) == "00" || weighted_sum(bban, kWeights) % 11 == 0;
}

// Bank and branch: 3-9-7-1. Source: NBP, bank sort codes.
bool poland(std::string_view bban) {
  static constexpr std::array kWeights = {3, 9, 7, 1};
  return weighted_sum(bban.substr(0, 8), kWeights) % 10 == 0;
}

struct Rule {
  std::string_view country;
  bool (*fits)(std::string_view bban);
};
constexpr auto kRules =
    std::to_array<Rule>({{"BA", mod_97_10}, {"BE", belgium},   {"CZ", czechia},   {"EE", estonia}, {"ES", spain},
                         {"FI", finland},   {"FR", france},    {"HR", croatia},   {"HU", hungary}, {"IT", italy},
                         {"MC", france},    {"ME", mod_97_10}, {"MK", mod_97_10}, {"NO", norway},  {"PL", poland},
                         {"PT", mod_97_10}, {"RS", mod_97_10}, {"SI", mod_97_10}, {"SK", czechia}, {"SM", italy}});

}  // namespace

bool has_national_check_digits(std::string_view iban) {
  const auto* const rule = std::ranges::find(kRules, iban.substr(0, 2), &Rule::country);
  return rule == kRules.end() || rule->fits(iban.substr(4));
}

}  // namespace karv::vault
