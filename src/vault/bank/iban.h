// The form of an IBAN: the country's length and structure, and the check digits. Not whether the account exists.
//
// Used by bank_account for what was typed, and by number_scrub for free text.
// Source: ISO 13616-1 (form, check digits by ISO/IEC 7064 mod 97-10) and the registry that SWIFT keeps for it,
// release 99.
#pragma once

#include <cstddef>
#include <string_view>

namespace karv::vault {

inline constexpr std::size_t kShortestIban = 15;  // Norway's
inline constexpr std::size_t kLongestIban = 34;

// The country's IBAN length; 0 for a country that the registry does not have. Pre: upper case.
std::size_t iban_length_of(std::string_view country);

// Whether the characters after the check digits are of the classes that the country has at their places. Pre: the
// country's length, electronic form (upper case, no spaces).
bool has_iban_structure(std::string_view iban);

// Mod 97. Pre: capital letters and digits, five or more.
bool has_iban_check_digits(std::string_view iban);

// All three.
bool is_iban(std::string_view iban);

}  // namespace karv::vault
