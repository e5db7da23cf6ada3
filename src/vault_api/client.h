// The caller's side of the private channel: makes the request of a message and reads its answer. Nothing here talks to
// anybody; a use case hands the request to net::call, a job to net::Client::send_blocking.
//
//   return net::call(vault_api::request_of(OperationKind::hold, operation), vault_api::kCardLimit,
//                    [=](net::CallOutcome outcome) { auto answer = vault_api::answer_of<CardOperation>(outcome); ...
//                    });
//
// An operation whose answer is lost (unknown_outcome, timeout) is asked for with request_operation(), or said again
// under the same id: never under a new one.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "json/decode.h"
#include "json/encode.h"
#include "net/client.h"
#include "net/http.h"
#include "vault_api/messages.h"

namespace karv::vault_api {

inline constexpr std::string_view kDestination = "vault";  // the name that the process configures in its net::Client
inline constexpr base::Duration kCardLimit = base::seconds(12);  // more than the vault waits for the card network
inline constexpr base::Duration kLimit = base::seconds(5);       // everything that stays inside the vault

namespace detail {
net::OutboundRequest post(std::string_view path, std::string body);
// The body of a good answer, or the error that the vault named. A view into the outcome: it may hold secrets.
base::Result<std::string_view> body_of(const net::CallOutcome& outcome);
}  // namespace detail

template <class Message>
net::OutboundRequest request_of(const Message& message) {
  return detail::post(Message::kPath, json::encode(message));
}
net::OutboundRequest request_of(OperationKind kind, const CardOperation& operation);
net::OutboundRequest request_operation(OperationId operation);  // answer_of<CardOperation>; 404 when unknown
net::OutboundRequest request_health();

// For net::Destination::elsewhere: a sealed vault has done nothing, so the next of several may be asked.
bool has_done_nothing(const net::Response& response);

// Errors: the vault's own with its `code` as reason(); unavailable, timeout, unknown_outcome from the channel; internal
// when the answer cannot be read.
template <class Message>
base::Result<typename Message::Answer> answer_of(const net::CallOutcome& outcome) {
  KARV_TRY(const auto body, detail::body_of(outcome));
  return json::decode<typename Message::Answer>(body);
}
base::Result<HealthAnswer> health_of(const net::CallOutcome& outcome);

// For job threads only (net::Client::send_blocking).
template <class Message>
base::Result<typename Message::Answer> ask(net::Client& client, const Message& message) {
  return answer_of<Message>(client.send_blocking(request_of(message), kLimit));
}
base::Result<OperationAnswer> ask(net::Client& client, OperationKind kind, const CardOperation& operation);

}  // namespace karv::vault_api
