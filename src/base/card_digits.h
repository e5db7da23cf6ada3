// Finds and masks text that looks like a card number: 13 to 19 digits (single spaces or dashes between allowed), a
// known brand's range, a valid check digit. Used on free text before it is stored or logged. Product codes and
// references stay as they are: they rarely pass all three. Source: ISO/IEC 7812-1 (Luhn).
#pragma once

#include <string>
#include <string_view>

namespace karv::base {

// Mod-10 check over a text of digits only. Pre: digits.
bool passes_luhn(std::string_view digits);

struct MaskedText {
  std::string text;  // each number's digits but the last four replaced by '*'
  int masked = 0;    // how many numbers
};
MaskedText mask_card_numbers(std::string_view text);

}  // namespace karv::base
