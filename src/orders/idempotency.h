// The same idempotency key within 24 hours executes once and repeats the first answer, a refusal too.
//
//   KARV_TRY(auto reply, once(database, context, {merchant, key, digest, "capture"},
//                             [&](store::Tx& tx) { ...the deed...; return Reply{201, ...}; }, refusal_reply));
//
// The key's row is written in the deed's own transaction. A refusal undoes whatever the deed had begun and is then
// remembered by itself; failures that a repeat may cure (conflict, unavailable, storage) are not. Stored: a digest of
// the key, a digest of the request, and the answer (ids and texts of ours only).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "orders/context.h"
#include "orders/types.h"

namespace karv::orders {

inline constexpr base::Duration kReplayTime = base::hours(24);

// What a mutating call answered: a status, the headers that carry ids, and for refusals the error's parts.
struct Reply {
  std::int64_t status = 204;
  std::string location, capture_id, refund_id;
  std::string error_code;
  std::vector<std::string> error_messages;
};
BOOST_DESCRIBE_STRUCT(Reply, (), (status, location, capture_id, refund_id, error_code, error_messages))

struct IdempotentCall {
  identity::MerchantId merchant;
  std::string key;             // empty: no key, executes every time
  base::Bytes request_digest;  // over method, path and body
  std::string_view use_case;   // for metrics
};

// `refusal_reply` makes the remembered answer of a refusal (the API's dialect).
// Errors: idempotency_conflict (the key was used with another request); the deed's own that are not remembered, and
// without a key all of them.
// Cost: one round trip on top of the deed's, none without a key; a refusal costs a second transaction.
base::Result<Reply> once(store::Database& database, const Context& context, const IdempotentCall& call,
                         const std::function<base::Result<Reply>(store::Tx&)>& deed,
                         const std::function<Reply(const base::Error&)>& refusal_reply);

// Removes answers that were given before (wall), at most `limit`. Answers how many. Pre: their replay time is over.
// Cost: one round trip.
base::Result<std::int64_t> forget_old_replies(store::Tx& tx, const Context& context, base::Instant given_before,
                                              std::int64_t limit);

}  // namespace karv::orders
