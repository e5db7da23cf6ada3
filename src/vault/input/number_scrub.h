// Takes card numbers and IBANs out of free text: a customer's message, a merchant's note, a file's line.
//
// Cards: base::mask_card_numbers() (13 to 19 digits of a known range with a valid check digit). IBANs: every run that
// has its country's length and structure and valid check digits, in capital or small letters, with spaces or dashes
// between, wherever it stands; the country and the last four stay. National account numbers have no form that tells
// them from other numbers: they are left as they are.
#pragma once

#include <string_view>

#include "base/card_digits.h"

namespace karv::vault {

// The text with those characters replaced by '*', as long as before, and how many numbers there were.
base::MaskedText scrub_numbers(std::string_view text);

}  // namespace karv::vault
