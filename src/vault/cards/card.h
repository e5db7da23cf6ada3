// A card as the shopper typed it, checked: number, expiry, name, security code.
//
// What passed parse_card() has a possible number (a known brand's range and length, check digit), an expiry that is not
// over, and a code of the brand's length; whether the card exists is the network's to say. All of it stays in wiped
// memory. Source: ISO/IEC 7812-1 (number, Luhn); card_brand for the ranges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "vault/cards/card_brand.h"
#include "vault/input/field_errors.h"

namespace karv::vault {

struct Expiry {
  std::int32_t month = 0;  // 1..12
  std::int32_t year = 0;   // four digits
};

struct Card {
  base::SecretBytes number;  // digits only
  Expiry expiry;
  base::SecretBytes name;
};

struct TypedCard {
  Card card;
  base::SecretBytes code;  // never stored
};

// What the form posts.
struct CardFields {
  base::SecretBytes number;
  std::int32_t expiry_month = 0;
  std::int32_t expiry_year = 0;
  base::SecretBytes code;
  base::SecretBytes name;
};

// Single spaces and dashes in the number are taken out. `business_now` decides whether the expiry is over.
// Errors: each of the fields number (INVALID_CARD_NUMBER), expiry (INVALID_EXPIRY), code (INVALID_CODE) and name
// (INVALID_NAME) that is wrong.
Checked<TypedCard> parse_card(CardFields fields, base::Instant business_now);

// The same without a security code: a card that was kept elsewhere and moves in. Its name may be empty.
Checked<Card> parse_kept_card(CardFields fields, base::Instant business_now);

// What may be shown of a number. At least four digits stay hidden.
// Source: PCI DSS 4.0.1 requirement 3.4.1 with FAQ 1091: at most the BIN (8 digits of a number that has 16 or more,
// else 6) and the last four.
struct MaskedNumber {
  std::string bin;  // empty when too few digits would stay hidden
  std::string last4;
};
// Pre: a number that passed parse_card().
MaskedNumber mask_card_number(std::string_view number);

std::string last4_of(std::string_view number);
std::string expiry_text(Expiry expiry);  // "MM/YY"

}  // namespace karv::vault
