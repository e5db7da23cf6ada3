// Reveal: which staff may see how much of a stored card, and the two questions about it on the private channel. No
// message has a field for a card number: what staff see, they see in the vault's own page (src/vault/reveal).
// Units: times in milliseconds since 1970, wall time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "vault_api/messages.h"

namespace karv::vault_api {

// How much of a card: the last four digits; the BIN and the last four; all of it with the expiry.
BOOST_DEFINE_ENUM_CLASS(RevealLevel, masked, partial, full)
// Why, in words that the shopper may read.
BOOST_DEFINE_ENUM_CLASS(RevealReason, fraud_case, dispute, customer_request, legal_order, incident)

struct CardReferenceTag;
using CardReference = base::Id<CardReferenceTag>;

// The name under which staff ask for the card behind a token. It opens nothing: whoever has it still needs clearance.
// Errors: 404 TOKEN_UNKNOWN (also for a token of another customer).
struct CardReferenceAnswer {
  CardReference card;
};
BOOST_DESCRIBE_STRUCT(CardReferenceAnswer, (), (card))
struct CardReferenceRequest {
  using Answer = CardReferenceAnswer;
  static constexpr std::string_view kPath = "/private/v1/cards/reference";
  std::string vault_token;
  CustomerRef customer;
};
BOOST_DESCRIBE_STRUCT(CardReferenceRequest, (), (vault_token, customer))

// One look of staff at a customer's card. Who it was stays in the vault.
struct LookLine {
  CardReference card;
  std::int64_t at = 0;
  RevealLevel level = RevealLevel::masked;
  RevealReason reason = RevealReason::dispute;
};
BOOST_DESCRIBE_STRUCT(LookLine, (), (card, at, level, reason))
struct LooksAnswer {
  std::vector<LookLine> looks;  // newest first, at most 200
};
BOOST_DESCRIBE_STRUCT(LooksAnswer, (), (looks))
// What the shopper may read about looks at his cards. A customer without any gets an empty list, as an unknown one
// does.
struct LooksRequest {
  using Answer = LooksAnswer;
  static constexpr std::string_view kPath = "/private/v1/cards/looks";
  CustomerRef customer;
};
BOOST_DESCRIBE_STRUCT(LooksRequest, (), (customer))

}  // namespace karv::vault_api
