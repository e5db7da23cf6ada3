// Swedish account numbers: which digits a bank's numbers have, by clearing number, and the check digit among them.
//
// Checked only where the rule is certain; for the rest, the form alone. Swedbank's 8000 series has accounts that fit no
// rule, and the series of smaller banks change hands.
// Source: Bankgirot, "Bankernas kontonummer" (types 1 and 2 with their comments).
#pragma once

#include <cstddef>
#include <string_view>

namespace karv::vault {

// Four digits, or five when the first is 8: the fifth is then a check digit over the others. Pre: digits.
bool is_clearing_number(std::string_view digits);

// How many digits an account number is filled up to with zeros in front; 0 when it stays as it is. Pre: as below.
std::size_t swedish_account_digits(std::string_view clearing);

// Pre: a clearing number; digits, filled up.
bool is_swedish_account(std::string_view clearing, std::string_view account);

}  // namespace karv::vault
