// Refused uses of card tokens, as the vault counted them: kept for the rules, which read the last day of them.
//
// A count is told again whenever it has grown, and kept under the id that the vault gave it: hearing it twice changes
// nothing. Used by jobs (what the vault told) and by the service (facts). Units: wall time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::risk {

struct TokenRefusalTag;
using TokenRefusalId = base::Id<TokenRefusalTag>;

struct TokenRefusal {
  TokenRefusalId refusal_id;
  std::optional<identity::CustomerId> customer_id;  // whose token it was
  std::optional<identity::MerchantId> merchant_id;  // for whom it was presented
  std::string reason;
  std::int64_t times = 0;
  base::Instant first_at, last_at;
};

// Effects: one risk_token_refusals row for each. Cost: with the commit.
void note_token_refusals(store::Tx& tx, std::span<const TokenRefusal> refusals);
// When the latest one that is kept happened; empty when there is none. Cost: one round trip.
base::Result<std::optional<base::Instant>> last_token_refusal(store::ReadTx& tx);
// Of the customer's tokens, of tokens presented for the merchant. What only shows that a card or a token came to its
// end does not count.
store::Query count_token_refusals(identity::CustomerId customer, base::Instant since_wall);
store::Query count_merchant_token_refusals(identity::MerchantId merchant, base::Instant since_wall);
// Those that last happened before; at most `limit`. Answers how many. Cost: one round trip.
base::Result<std::int64_t> forget_token_refusals(store::Tx& tx, base::Instant before, std::int64_t limit);

}  // namespace karv::risk
