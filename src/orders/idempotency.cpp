#include "orders/idempotency.h"

#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"
#include "orders/repository.h"
#include "orders/row_codec.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

// A refusal is the business's word and stands; anything else may go better next time.
bool is_refusal(const base::Error& error) {
  switch (error.code()) {
    case ErrorCode::bad_value:
    case ErrorCode::not_allowed:
    case ErrorCode::not_found:
    case ErrorCode::not_matching:
    case ErrorCode::refused:
    case ErrorCode::unprocessable:
      return true;
    default:
      return false;
  }
}

struct Remembering {
  const Context& context;
  const IdempotentCall& call;
  base::Bytes key_digest;
};

// The first answer to this call, when there was one within the time. Errors: idempotency_conflict.
Result<std::optional<Reply>> find_answer(store::Tx& tx, const Remembering& by) {
  KARV_TRY(auto rows, tx.read_for_update({find_reply(by.call.merchant, by.key_digest)}));
  const auto remembered = read_reply(rows[0]);
  if (!remembered) return std::optional<Reply>();
  if (by.context.wall.now() >= remembered->created_at + kReplayTime) {
    delete_reply(tx, by.call.merchant, by.key_digest);
    return std::optional<Reply>();
  }
  if (remembered->request_digest != by.call.request_digest)
    return base::public_error(ErrorCode::idempotency_conflict,
                              "This Klarna-Idempotency-Key was used with another request.", "CONFLICT");
  return std::optional(stored_json<Reply>(remembered->reply));
}

// Does it, unless it was answered before, and remembers the answer in the same transaction.
Result<Reply> answer_once(store::Tx& tx, const Remembering& by, const std::function<Result<Reply>(store::Tx&)>& deed) {
  KARV_TRY(auto answered, find_answer(tx, by));
  if (answered) return *std::move(answered);
  KARV_TRY(auto reply, deed(tx));
  insert_reply(tx, by.call.merchant, by.key_digest,
               {by.call.request_digest, static_cast<int>(reply.status), json::encode(reply), by.context.wall.now()});
  return reply;
}

}  // namespace

Result<Reply> once(store::Database& database, const Context& context, const IdempotentCall& call,
                   const std::function<Result<Reply>(store::Tx&)>& deed,
                   const std::function<Reply(const base::Error&)>& refusal_reply) {
  if (call.key.empty()) return database.write<Reply>(call.use_case, deed);
  const Remembering by{context, call, crypto::sha256(base::as_bytes(call.key))};
  auto reply =
      database.write<Reply>(call.use_case, [&](store::Tx& tx) -> Result<Reply> { return answer_once(tx, by, deed); });
  if (reply.ok() || !is_refusal(reply.error())) return reply;
  const Reply refusal = refusal_reply(reply.error());
  return database.write<Reply>("remember_refusal", [&](store::Tx& tx) {
    return answer_once(tx, by, [&](store::Tx&) -> Result<Reply> { return refusal; });
  });
}

Result<std::int64_t> forget_old_replies(store::Tx& tx, const Context& context, base::Instant given_before,
                                        std::int64_t limit) {
  KARV_REQUIRE(given_before <= context.wall.now() - kReplayTime);
  KARV_TRY(auto rows, tx.read({replies_before(given_before, limit)}));
  const auto keys = read_reply_keys(rows[0]);
  for (const auto& key : keys) delete_reply(tx, key.merchant, key.key_digest);
  return static_cast<std::int64_t>(keys.size());
}

}  // namespace karv::orders
