// Which brand a card number is of, by its leading digits, and how many digits that brand's numbers have.
//
// A number in no range of the table is of no brand that Karv knows. Ranges that regional schemes share with Maestro
// (RuPay, Verve, Bancontact) are not told apart: the name is for the shopper's eyes, routing is the network's.
// Source: ISO/IEC 7812-1 (numbers have up to 19 digits, the leading ones name the issuer), and the ranges that the
// brands publish: Visa and Mastercard (2221-2720 since 2017) rules, American Express merchant guide, Discover network
// ranges (with Diners Club, JCB and UnionPay acceptance), UnionPay technical specification, Mir, Dankort, Elo.
#pragma once

#include <string_view>

namespace karv::vault {

// "visa", "mastercard", "amex", "discover", "jcb", "diners", "unionpay", "maestro", "dankort", "elo", "mir"; "card" for
// any other. Pre: digits.
std::string_view brand_of(std::string_view number);

// Whether the brand gives out numbers of this length; false for a number of no known range. Pre: digits.
bool has_length_of_its_brand(std::string_view number);

}  // namespace karv::vault
