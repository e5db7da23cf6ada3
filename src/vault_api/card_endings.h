// A customer's card ends: deleted, or replaced by another.
//
// From the answer on nothing is charged to it, whichever token is presented. What was approved before can still be
// completed or given free, and what was charged be refunded until `refund_until`; then the card, its number and its
// tokens are removed by the next sweep. Saying it again changes nothing.
// Units: business time, milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "vault_api/messages.h"

namespace karv::vault_api {

struct EndCardAnswer {
  std::int64_t tokens_ended = 0;
};
BOOST_DESCRIBE_STRUCT(EndCardAnswer, (), (tokens_ended))

// `vault_token`: any token of the card. `replaced_by`: a token of the card that the customer has now. When that is the
// same card typed again, what was minted before that token ends, and the card goes on.
// Errors: 404 TOKEN_UNKNOWN (also of another customer's, and when all of it is removed already), 400.
struct EndCardRequest {
  using Answer = EndCardAnswer;
  static constexpr std::string_view kPath = "/private/v1/cards/delete";
  std::string vault_token;
  CustomerRef customer;
  std::optional<std::string> replaced_by = {};
  std::int64_t refund_until = 0;
  std::int64_t business_time = 0;
};
BOOST_DESCRIBE_STRUCT(EndCardRequest, (), (vault_token, customer, replaced_by, refund_until, business_time))

struct SweepCardsAnswer {
  std::int64_t looked_at = 0;  // cards; at kMostSwept there may be more
  std::int64_t tokens_removed = 0;
  std::int64_t cards_removed = 0;
};
BOOST_DESCRIBE_STRUCT(SweepCardsAnswer, (), (looked_at, tokens_removed, cards_removed))

// Removes what ended and can be refunded no longer. What is still under way with a card keeps it.
inline constexpr std::int64_t kMostSwept = 100;
struct SweepCardsRequest {
  using Answer = SweepCardsAnswer;
  static constexpr std::string_view kPath = "/private/v1/cards/sweep";
  std::int64_t business_time = 0;
};
BOOST_DESCRIBE_STRUCT(SweepCardsRequest, (), (business_time))

}  // namespace karv::vault_api
