#include "vault/cards/card_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "json/utf8.h"

namespace karv::vault {
namespace {

constexpr std::size_t kMaxName = 60;
constexpr int kMostDigits = 8;  // fewer than any card number has

struct CodePoints {
  char32_t from;
  char32_t to;
};

// Controls, line breaks, and what reorders or hides text. Joiners (U+200C, U+200D) stay: Persian and Indic names have
// them. Source: Unicode 15, general categories Cc, Zl, Zp and the bidirectional controls.
constexpr auto kInvisible = std::to_array<CodePoints>({{0x00, 0x1f},
                                                       {0x7f, 0x9f},
                                                       {0x061c, 0x061c},
                                                       {0x200b, 0x200b},
                                                       {0x200e, 0x200f},
                                                       {0x2028, 0x202e},
                                                       {0x2060, 0x2069},
                                                       {0xfeff, 0xfeff}});
// Decimal digits: ASCII, Arabic-Indic, Persian, Devanagari, Bengali, Thai, fullwidth, mathematical.
constexpr auto kDigits = std::to_array<CodePoints>({{'0', '9'},
                                                    {0x0660, 0x0669},
                                                    {0x06f0, 0x06f9},
                                                    {0x0966, 0x096f},
                                                    {0x09e6, 0x09ef},
                                                    {0x0e50, 0x0e59},
                                                    {0xff10, 0xff19},
                                                    {0x1d7ce, 0x1d7ff}});

bool in_any(const auto& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const auto& range) { return c >= range.from && c <= range.to; });
}

// Pre: one well-formed character.
char32_t code_point(std::string_view utf8) {
  const auto first = static_cast<unsigned char>(utf8[0]);
  char32_t c = utf8.size() == 1 ? first : first & (0x7fU >> utf8.size());
  for (const char next : utf8.substr(1)) c = c << 6 | (static_cast<unsigned char>(next) & 0x3fU);
  return c;
}

}  // namespace

std::optional<FieldError> check_card_name(const base::SecretBytes& name) {
  static constexpr const char* kReason = "INVALID_NAME";
  if (name.size() > kMaxName) return FieldError("name", kReason, "The name is too long. Enter what is on the card.");
  int digits = 0;
  bool visible = false;
  for (std::string_view rest = name.expose_text(); !rest.empty();) {
    const std::size_t length = json::utf8_length(rest);
    const char32_t c = length == 0 ? 0 : code_point(rest.substr(0, length));
    if (in_any(kInvisible, c)) return FieldError("name", kReason, "Enter the name in letters, as it is on the card.");
    if (in_any(kDigits, c)) ++digits;
    if (c != ' ' && c != 0xa0) visible = true;
    rest.remove_prefix(length);
  }
  if (!visible) return FieldError("name", kReason, "Enter the name that is on the card.");
  if (digits > kMostDigits)
    return FieldError("name", kReason, "The name field holds a number. Enter the name that is on the card.");
  return std::nullopt;
}

}  // namespace karv::vault
