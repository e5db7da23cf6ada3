#include "base/card_digits.h"

#include <algorithm>
#include <vector>

namespace karv::base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Visa 4; Mastercard 51-55 and 2221-2720; Amex 34, 37; Maestro 50, 56-69 (with Discover, UnionPay); Diners, JCB 30-39;
// Mir 2200-2204; UnionPay 8100-8171.
bool in_brand_range(std::string_view digits) {
  const int two = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int four = two * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
  return digits[0] == '4' || two == 34 || two == 37 || two == 35 || two == 30 || two == 36 || two == 38 || two == 39 ||
         (two >= 50 && two <= 69) || (four >= 2221 && four <= 2720) || (four >= 2200 && four <= 2204) ||
         (four >= 8100 && four <= 8171);
}

}  // namespace

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (std::size_t i = digits.size(); i-- > 0; doubled = !doubled) {
    int digit = digits[i] - '0';
    if (doubled) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

namespace {
struct Group {
  std::size_t at;
  std::size_t size;
};

std::vector<Group> groups_of(std::string_view text) {
  std::vector<Group> groups;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    groups.push_back({at, end - at});
    at = end;
  }
  return groups;
}

bool adjoin(std::string_view text, const Group& a, const Group& b) {
  const std::size_t gap = a.at + a.size;
  return b.at == gap + 1 && (text[gap] == ' ' || text[gap] == '-');
}

// How many groups from `first` on make a card number; 0 when none do.
std::size_t number_at(std::string_view text, const std::vector<Group>& groups, std::size_t first) {
  std::string digits;
  for (std::size_t i = first; i < groups.size(); ++i) {
    if (i > first && !adjoin(text, groups[i - 1], groups[i])) break;
    digits += text.substr(groups[i].at, groups[i].size);
    if (digits.size() > 19) break;
    if (digits.size() >= 13 && in_brand_range(digits) && passes_luhn(digits)) return i - first + 1;
  }
  return 0;
}

// The last four digits stay: makes the group in which they begin what is left of it. Returns its index.
std::size_t keep_last_four(std::vector<Group>& groups, std::size_t last) {
  std::size_t kept = 0;
  for (std::size_t i = last;; --i) {
    const std::size_t size = std::min(groups[i].size, 4 - kept);
    groups[i] = {groups[i].at + groups[i].size - size, size};
    kept += size;
    if (kept == 4) return i;
  }
}
}  // namespace

MaskedText mask_card_numbers(std::string_view text) {
  MaskedText out{std::string(text), 0};
  auto groups = groups_of(text);
  for (std::size_t i = 0; i < groups.size();) {
    const std::size_t count = number_at(text, groups, i);
    if (count == 0) {
      ++i;
      continue;
    }
    const std::size_t end = groups[i + count - 1].at + groups[i + count - 1].size;
    int kept = 0;
    for (std::size_t at = end; at-- > groups[i].at;)
      if (is_digit(out.text[at]) && ++kept > 4) out.text[at] = '*';
    ++out.masked;
    i = keep_last_four(groups, i + count - 1);  // they may begin the next number
  }
  return out;
}

}  // namespace karv::base
