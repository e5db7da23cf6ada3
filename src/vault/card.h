// A card as the shopper typed it, checked: number, expiry, name, security code.
//
// What passed parse_card() has a possible number (length, check digit), an expiry that is not over, and a code of the
// brand's length; whether the card exists is the network's to say. All of it stays in wiped memory.
// Source: ISO/IEC 7812-1 (number, Luhn), the brands' published number ranges.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

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
// Errors: bad_value, with the reason INVALID_CARD_NUMBER, INVALID_EXPIRY, INVALID_CODE or INVALID_NAME.
base::Result<TypedCard> parse_card(CardFields fields, base::Instant business_now);

// "visa", "mastercard", "amex", "discover", "jcb", "diners", "unionpay", "maestro"; "card" for any other.
std::string_view brand_of(std::string_view number);
std::string last4_of(std::string_view number);
std::string expiry_text(Expiry expiry);  // "MM/YY"

}  // namespace karv::vault
