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

}  // namespace

Result<Reply> once(store::Tx& tx, const Context& context, const IdempotentCall& call,
                   const std::function<Result<Reply>()>& deed,
                   const std::function<Reply(const base::Error&)>& refusal_reply) {
  if (call.key.empty()) return deed();
  const auto key_digest = crypto::sha256(base::as_bytes(call.key));
  const auto now = context.wall.now();
  KARV_TRY(auto rows, tx.read_for_update({find_reply(call.merchant, key_digest)}));
  if (const auto remembered = read_reply(rows[0])) {
    if (now < remembered->created_at + kReplayTime) {
      if (remembered->request_digest != call.request_digest)
        return base::public_error(ErrorCode::idempotency_conflict,
                                  "This Klarna-Idempotency-Key was used with another request.", "CONFLICT");
      return stored_json<Reply>(remembered->reply);
    }
    delete_reply(tx, call.merchant, key_digest);
  }
  auto done = deed();
  if (!done.ok() && !is_refusal(done.error())) return std::move(done).error();
  Reply reply = done.ok() ? std::move(done).value() : refusal_reply(done.error());
  insert_reply(tx, call.merchant, key_digest,
               {call.request_digest, static_cast<int>(reply.status), json::encode(reply), now});
  return reply;
}

}  // namespace karv::orders
