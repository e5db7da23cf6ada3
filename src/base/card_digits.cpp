#include "base/card_digits.h"

#include <vector>

namespace karv::base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Visa 4; Mastercard 51-55 and 2221-2720; Amex 34, 37; Maestro 50, 56-69 (with Discover, UnionPay); Diners, JCB 30-39.
bool in_brand_range(std::string_view digits) {
  const int two = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int four = two * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
  return digits[0] == '4' || two == 34 || two == 37 || two == 35 || two == 30 || two == 36 || two == 38 || two == 39 ||
         (two >= 50 && two <= 69) || (four >= 2221 && four <= 2720);
}

}  // namespace

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (std::size_t i = digits.size(); i-- > 0; doubled = !doubled) {
    int digit = digits[i] - '0';
    if (doubled && (digit *= 2) > 9) digit -= 9;
    sum += digit;
  }
  return sum % 10 == 0;
}

MaskedText mask_card_numbers(std::string_view text) {
  MaskedText out{std::string(text), 0};
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) {
      ++at;
      continue;
    }
    std::string digits;
    std::vector<std::size_t> positions;
    std::size_t end = at;
    while (end < text.size()) {
      if (is_digit(text[end])) {
        digits.push_back(text[end]);
        positions.push_back(end++);
      } else if ((text[end] == ' ' || text[end] == '-') && end + 1 < text.size() && is_digit(text[end + 1])) {
        ++end;
      } else {
        break;
      }
    }
    if (digits.size() >= 13 && digits.size() <= 19 && in_brand_range(digits) && passes_luhn(digits)) {
      for (std::size_t i = 0; i + 4 < positions.size(); ++i) out.text[positions[i]] = '*';
      ++out.masked;
    }
    at = end;
  }
  return out;
}

}  // namespace karv::base
