#include "apps/server/server_keys.h"

#include "vault_api/client.h"

namespace karv::apps::server {
namespace {

using base::Result;

// Two hundred keys take the vault some milliseconds; whoever waits for them holds a worker.
constexpr base::Duration kLimit = base::seconds(2);

template <class Message>
Result<typename Message::Answer> ask_over(net::Client& client, const Message& message) {
  auto outcome = client.send_blocking(vault_api::request_of(message), kLimit);
  auto answer = vault_api::answer_of<Message>(outcome);
  if (outcome.ok()) {
    auto& body = outcome.value().body;
    base::wipe(body.data(), body.size());
  }
  if (answer.ok()) return answer;
  // Sealed, away, or more keys than it opens in an hour: for whoever asked it is the same.
  const auto& error = answer.error();
  return base::internal_error(base::ErrorCode::unavailable, error.reason() + " " + error.internal_text());
}

}  // namespace

Result<vault_api::MakeServerKeysAnswer> ServerKeys::send(const vault_api::MakeServerKeys& message) {
  return ask_over(client_, message);
}
Result<vault_api::OpenServerKeysAnswer> ServerKeys::send(const vault_api::OpenServerKeys& message) {
  return ask_over(client_, message);
}
Result<vault_api::RenewServerKeysAnswer> ServerKeys::send(const vault_api::RenewServerKeys& message) {
  return ask_over(client_, message);
}
Result<vault_api::ServerKeysLeftAnswer> ServerKeys::send(const vault_api::ServerKeysLeft& message) {
  return ask_over(client_, message);
}

}  // namespace karv::apps::server
