#include "vault/cards/card_brand.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace karv::vault {
namespace {

// How many digits a number may have, one bit each.
using Lengths = std::uint32_t;
constexpr Lengths any_of(std::size_t from, std::size_t to) {
  Lengths bits = 0;
  for (std::size_t n = from; n <= to; ++n) bits |= Lengths{1} << n;
  return bits;
}
constexpr Lengths only(std::size_t n) { return any_of(n, n); }

// A range of leading digits: [from, to], both of `digits` digits. The first that fits counts.
struct Range {
  std::string_view brand;
  std::size_t digits;
  int from;
  int to;
  Lengths lengths;
};
constexpr auto kRanges = std::to_array<Range>({
    {"amex", 2, 34, 34, only(15)},
    {"amex", 2, 37, 37, only(15)},
    {"diners", 3, 300, 305, any_of(14, 19)},
    {"diners", 4, 3095, 3095, any_of(16, 19)},
    {"diners", 2, 36, 36, any_of(14, 19)},
    {"diners", 2, 38, 39, any_of(14, 19)},
    {"jcb", 4, 3528, 3589, any_of(16, 19)},
    {"visa", 1, 4, 4, only(13) | only(16) | only(19)},
    {"mir", 4, 2200, 2204, any_of(16, 19)},
    {"mastercard", 4, 2221, 2720, only(16)},
    {"mastercard", 2, 51, 55, only(16)},
    {"dankort", 4, 5019, 5019, only(16)},
    {"elo", 6, 506699, 506778, only(16)},
    {"elo", 3, 509, 509, only(16)},
    {"maestro", 2, 50, 50, any_of(12, 19)},
    {"maestro", 2, 56, 58, any_of(12, 19)},
    {"discover", 4, 6011, 6011, any_of(16, 19)},
    {"discover", 6, 622126, 622925, any_of(16, 19)},  // with UnionPay's name on the card as well
    {"discover", 3, 644, 649, any_of(16, 19)},
    {"discover", 2, 65, 65, any_of(16, 19)},
    {"unionpay", 2, 62, 62, any_of(16, 19)},
    {"unionpay", 4, 8100, 8171, any_of(16, 19)},
    {"maestro", 2, 63, 63, any_of(12, 19)},
    {"maestro", 2, 67, 67, any_of(12, 19)},
});

const Range* find_range(std::string_view number) {
  for (const auto& range : kRanges) {
    if (number.size() < range.digits) continue;
    int leading = 0;
    for (const char c : number.substr(0, range.digits)) leading = leading * 10 + (c - '0');
    if (leading >= range.from && leading <= range.to) return &range;
  }
  return nullptr;
}

}  // namespace

std::string_view brand_of(std::string_view number) {
  const Range* const range = find_range(number);
  return range == nullptr ? "card" : range->brand;
}

bool has_length_of_its_brand(std::string_view number) {
  const Range* const range = find_range(number);
  return range != nullptr && number.size() < 32 && (range->lengths >> number.size() & 1U) != 0;
}

}  // namespace karv::vault
