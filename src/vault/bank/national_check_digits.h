// Check digits that some countries have inside the account number of an IBAN.
//
// Only rules that hold for every account of the country; each agrees with the example that the country's own entry in
// the IBAN registry gives. Not here: rules that some banks of a country do not follow (Dutch and Danish mod 11), and
// those of which the rule is not published.
#pragma once

#include <string_view>

namespace karv::vault {

// True as well for a country without a rule here. Pre: has_iban_structure().
bool has_national_check_digits(std::string_view iban);

}  // namespace karv::vault
