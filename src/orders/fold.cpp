#include "orders/fold.h"

namespace karv::orders {
namespace {

// A two-byte letter, U+0080..U+07FF.
unsigned small_letter(unsigned code) {
  constexpr unsigned kMultiplicationSign = 0xD7;
  if (code >= 0xC0 && code <= 0xDE && code != kMultiplicationSign) return code + 0x20;
  // Latin Extended-A stands in pairs, the capital first: at even numbers, in two stretches at odd ones.
  const bool odd_capitals = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E);
  if (odd_capitals) return code % 2 == 1 ? code + 1 : code;
  const bool unpaired = code == 0x130 || code == 0x131 || code == 0x138 || code == 0x149 || code == 0x178;
  if (code >= 0x100 && code <= 0x177 && !unpaired) return code % 2 == 0 ? code + 1 : code;
  return code;
}

bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool two_bytes = (c & 0xE0) == 0xC0 && i + 1 < text.size();
    if (two_bytes) {
      const unsigned code = small_letter((c & 0x1Fu) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3Fu));
      out.push_back(static_cast<char>(0xC0 | code >> 6));
      out.push_back(static_cast<char>(0x80 | (code & 0x3Fu)));
    } else if (!is_space(c)) {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c));
    }
  }
  return out;
}

}  // namespace karv::orders
