#include "net/percent.h"

#include "net/ascii.h"

namespace karv::net {

std::optional<std::string> percent_decode(std::string_view text, PlusMeans plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusMeans::space) {
      out.push_back(' ');
      continue;
    }
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

namespace {

// The length of the sequence that starts with this byte, and the bounds of its second byte; 0 when none does.
struct Sequence {
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
};

Sequence sequence_of(unsigned char lead) {
  if (lead < 0x80) return {.length = 1};
  if (lead >= 0xc2 && lead <= 0xdf) return {.length = 2};
  if (lead == 0xe0) return {.length = 3, .low = 0xa0};
  if (lead == 0xed) return {.length = 3, .high = 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {.length = 3};
  if (lead == 0xf0) return {.length = 4, .low = 0x90};
  if (lead >= 0xf1 && lead <= 0xf3) return {.length = 4};
  if (lead == 0xf4) return {.length = 4, .high = 0x8f};
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Sequence sequence = sequence_of(static_cast<unsigned char>(text[i]));
    if (sequence.length == 0 || text.size() - i < sequence.length) return false;
    for (std::size_t k = 1; k < sequence.length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (byte < (k == 1 ? sequence.low : 0x80) || byte > (k == 1 ? sequence.high : 0xbf)) return false;
    }
    i += sequence.length;
  }
  return true;
}

}  // namespace karv::net
