// Refused uses of vault tokens, as the vault counted them: what its tenant's server asks for and gives to risk.
//
// A count names the customer whose token it was (of an unknown token: for whom it was presented), the merchant for whom
// it was presented, the reason and the day; never the token. The same count is told again whenever it has grown, with
// all its uses: whoever keeps counts by their id may hear of them twice.
// Units: wall time, milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "vault_api/messages.h"

namespace karv::vault_api {

struct RefusalTag;
using RefusalId = base::Id<RefusalTag>;

// Without customer or merchant: one of those that came when the day's counts were many already.
struct RefusalCount {
  RefusalId refusal;
  std::optional<CustomerRef> customer = {};
  std::optional<MerchantRef> merchant = {};
  RefusalReason reason = RefusalReason::unknown;
  std::int64_t times = 0;
  std::int64_t first_at = 0;
  std::int64_t last_at = 0;
};
BOOST_DESCRIBE_STRUCT(RefusalCount, (), (refusal, customer, merchant, reason, times, first_at, last_at))

struct RefusalsAnswer {
  std::vector<RefusalCount> counts;  // by last_at, then by id
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(RefusalsAnswer, (), (counts, more))

// Counts that grew after `since`; `after`: the last count that was told with just that time. Transactions end in any
// order, so a new round begins some time before the last one's end.
struct RefusalsRequest {
  using Answer = RefusalsAnswer;
  static constexpr std::string_view kPath = "/private/v1/refusals";
  std::int64_t since = 0;
  std::optional<RefusalId> after = {};
};
BOOST_DESCRIBE_STRUCT(RefusalsRequest, (), (since, after))

}  // namespace karv::vault_api
