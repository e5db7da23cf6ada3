// A bank account as somebody typed it, checked: an IBAN, or the national number of a country that has none.
//
// What passed parse_bank_account() has a possible number; whether the account exists, and whose it is, is the bank's to
// say. All of it stays in wiped memory.
// Source: ISO 13616-1 (iban, national_check_digits); ABA routing number policy (us); Pay.UK (gb: the form only, because
// the tables for its modulus check are licensed); Bankgirot (se, bankgiro: swedish_account); AusPayNet (au).
#pragma once

#include <optional>
#include <string>

#include <boost/describe/enum.hpp>

#include "base/secret.h"
#include "vault/input/field_errors.h"

namespace karv::vault {

// other: a number out of a bank's own file that is none of these; nobody types one.
BOOST_DEFINE_ENUM_CLASS(BankAccountKind, iban, us, gb, se, bankgiro, au, other)

struct BankAccount {
  BankAccountKind kind = BankAccountKind::iban;
  std::string country;          // ISO 3166-1: "SE"
  base::SecretBytes bank_code;  // digits: routing number, sort code, clearing number, BSB; none for iban and bankgiro
  base::SecretBytes number;     // the IBAN in its electronic form, or digits
};

// What a form posts.
struct BankAccountFields {
  BankAccountKind kind = BankAccountKind::iban;
  base::SecretBytes bank_code;
  base::SecretBytes number;
};

// An IBAN may have spaces and small letters, digits single spaces and dashes between them: they are taken out. Digits
// of other scripts, and anything else, are refused. Errors: each of the fields bank_code (INVALID_ROUTING_NUMBER,
// INVALID_SORT_CODE, INVALID_CLEARING_NUMBER, INVALID_BSB, UNEXPECTED_BANK_CODE) and number (INVALID_IBAN,
// INVALID_ACCOUNT_NUMBER, INVALID_BANKGIRO) that is wrong.
Checked<BankAccount> parse_bank_account(BankAccountFields fields);

// An account as a bank's file names it: an IBAN, whatever element it stands in, or `other` of 1 to 34 letters and
// digits (white space and punctuation are taken out). Nothing for what has none of these.
std::optional<BankAccount> account_in_file(const base::SecretBytes& number);

// The same bytes for the same account, however it was typed: to seal, and to take a keyed fingerprint of.
// "iban::SE45..."; "us:<routing number>:<account number>".
base::SecretBytes canonical(const BankAccount& account);
// The account that these bytes are of. Errors: as parse_bank_account().
Checked<BankAccount> parse_canonical(const base::SecretBytes& bytes);

// What may be shown: the country and the last four, fewer where these were more than half of the number.
struct MaskedAccount {
  std::string country;
  std::string last;
};
MaskedAccount mask_bank_account(const BankAccount& account);

}  // namespace karv::vault
