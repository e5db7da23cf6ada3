#include "vault/private_door.h"

#include "json/decode.h"
#include "json/encode.h"
#include "vault/operation_repository.h"
#include "vault/problem.h"

namespace karv::vault {
namespace {

using vault_api::CardOperation;

constexpr const char* kPeerRefused = "the client certificate is not karv-server's";

// Decodes a message, runs it, encodes the answer.
template <class Message, class Work>
net::Handler handle(Work work) {
  return [work = std::move(work)](const net::Request& request) -> net::Reply {
    if (request.peer_certificate_cn != kAllowedPeer)
      return problem_response(base::internal_error(base::ErrorCode::forbidden, kPeerRefused), request);
    const auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    const auto answer = work(message.value());
    if (!answer.ok()) return problem_response(answer.error(), request);
    return json_response(json::encode(answer.value()));
  };
}

template <class Work>
net::Handler answer(Work work) {
  return [work = std::move(work)](const net::Request& request) -> net::Reply {
    if (request.peer_certificate_cn != kAllowedPeer)
      return problem_response(base::internal_error(base::ErrorCode::forbidden, kPeerRefused), request);
    const auto found = work(request);
    if (!found.ok()) return problem_response(found.error(), request);
    return json_response(json::encode(found.value()));
  };
}

base::Result<vault_api::CardAnswer> take_test_card(PrivateDoor& door, const vault_api::TestCardRequest& request) {
  if (!door.test_cards) return base::Error(base::ErrorCode::not_found);
  KARV_TRY(auto fields, door.test_cards->find(request.name, door.wall.now()));
  return door.desk.take_test_card(request, std::move(fields));
}

base::Result<vault_api::OperationAnswer> find_operation_by_text(PrivateDoor& door, const std::string& text) {
  const auto id = OperationId::parse(text);
  if (!id) return base::Error(base::ErrorCode::not_found);
  return door.operations.find(*id);
}

base::Result<vault_api::HealthAnswer> health(PrivateDoor& door) {
  KARV_TRY(const auto open,
           door.database.read<std::int64_t>("vault_count_open", [](store::ReadTx& tx) { return count_open(tx); }));
  return vault_api::HealthAnswer{
      .hsm = door.hsm.health().ok(), .network = door.network.is_signed_on(), .open_operations = open};
}

}  // namespace

net::Router private_routes(PrivateDoor& door) {
  net::Router router;
  const auto post = [&router](std::string_view path, net::Handler handler) {
    router.add(net::Method::post, path, std::move(handler));
  };
  post(vault_api::TicketRequest::kPath,
       handle<vault_api::TicketRequest>([&](const auto& m) { return door.desk.create_ticket(m); }));
  post(vault_api::CollectRequest::kPath,
       handle<vault_api::CollectRequest>([&](const auto& m) { return door.desk.collect_ticket(m); }));
  post(vault_api::DeriveRequest::kPath,
       handle<vault_api::DeriveRequest>([&](const auto& m) { return door.desk.derive_token(m); }));
  post(vault_api::TestCardRequest::kPath,
       handle<vault_api::TestCardRequest>([&](const auto& m) { return take_test_card(door, m); }));
  post(vault_api::BarRequest::kPath,
       handle<vault_api::BarRequest>([&](const auto& m) { return door.operations.bar(m); }));
  json::for_each_word<OperationKind>([&](OperationKind kind, std::string_view word) {
    post("/private/v1/cards/" + std::string(word),
         handle<CardOperation>([&door, kind](const auto& m) { return door.operations.run(kind, m); }));
  });
  router.add(net::Method::get, "/private/v1/operations/:operation", answer([&door](const net::Request& request) {
               return find_operation_by_text(door, request.parameter("operation"));
             }));
  router.add(net::Method::get, "/private/v1/health", answer([&door](const net::Request&) { return health(door); }));
  router.set_fallback("/", [](const net::Request& request, const std::vector<net::Method>&) {
    return problem_response(base::Error(base::ErrorCode::not_found), request);
  });
  return router;
}

}  // namespace karv::vault
