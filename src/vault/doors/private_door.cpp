#include "vault/doors/private_door.h"

#include "vault/doors/tenant_messages.h"
#include "vault/operations/operation_repository.h"

namespace karv::vault {
namespace {

using vault_api::CardOperation;

template <class Message, class Work>
net::Handler handle(PrivateDoor& door, Work work) {
  return tenant_handler<Message>(door.keys, std::move(work));
}

base::Result<vault_api::CardAnswer> take_test_card(PrivateDoor& door, TenantId tenant,
                                                   const vault_api::TestCardRequest& request) {
  if (!door.test_cards) return base::Error(base::ErrorCode::not_found);
  KARV_TRY(auto fields, door.test_cards->find(request.name, door.wall.now()));
  auto typed = parse_card(std::move(fields), door.wall.now());
  if (!typed) return typed.error().first();
  return door.desk.take_test_card(tenant, request, *std::move(typed));
}

net::Reply find_operation_by_text(PrivateDoor& door, const net::Request& request) {
  const auto tenant = tenant_of(door.keys, request);
  if (!tenant.ok()) return problem_response(tenant.error(), request);
  const auto id = OperationId::parse(request.parameter("operation"));
  if (!id) return problem_response(base::Error(base::ErrorCode::not_found), request);
  const auto found = door.operations.find(tenant.value(), *id);
  if (!found.ok()) return problem_response(found.error(), request);
  return json_response(json::encode(found.value()));
}

// Also of a sealed vault.
net::Reply health(PrivateDoor& door, const net::Request& request) {
  if (const auto peer = check_peer(door.keys, request); !peer.ok()) return problem_response(peer.error(), request);
  const auto open =
      door.database.read<std::int64_t>("vault_count_open", [](store::ReadTx& tx) { return count_open(tx); });
  if (!open.ok()) return problem_response(open.error(), request);
  return json_response(json::encode(vault_api::HealthAnswer{.sealed = !door.keys.sealed_because().empty(),
                                                            .hsm = door.keys.check_hsm().ok(),
                                                            .key_alarms = door.keys.alarms(),
                                                            .network = door.network.is_signed_on(),
                                                            .open_operations = open.value()}));
}

}  // namespace

net::Router private_routes(PrivateDoor& door) {
  net::Router router;
  const auto post = [&router](std::string_view path, net::Handler handler) {
    router.add(net::Method::post, path, std::move(handler));
  };
  post(vault_api::TicketRequest::kPath, handle<vault_api::TicketRequest>(door, [&](TenantId tenant, const auto& m) {
         return door.desk.create_ticket(tenant, m);
       }));
  post(vault_api::CollectRequest::kPath, handle<vault_api::CollectRequest>(door, [&](TenantId tenant, const auto& m) {
         return door.desk.collect_ticket(tenant, m);
       }));
  post(vault_api::DeriveRequest::kPath, handle<vault_api::DeriveRequest>(door, [&](TenantId tenant, const auto& m) {
         return door.desk.derive_token(tenant, m);
       }));
  post(vault_api::TestCardRequest::kPath, handle<vault_api::TestCardRequest>(door, [&](TenantId tenant, const auto& m) {
         return take_test_card(door, tenant, m);
       }));
  post(vault_api::BarRequest::kPath, handle<vault_api::BarRequest>(door, [&](TenantId tenant, const auto& m) {
         return door.operations.bar(tenant, m);
       }));
  post(vault_api::RefusalsRequest::kPath, handle<vault_api::RefusalsRequest>(door, [&](TenantId tenant, const auto& m) {
         return door.refusals.tell(tenant, m);
       }));
  post(vault_api::EndCardRequest::kPath, handle<vault_api::EndCardRequest>(door, [&](TenantId tenant, const auto& m) {
         return door.endings.end(tenant, m);
       }));
  post(vault_api::SweepCardsRequest::kPath,
       handle<vault_api::SweepCardsRequest>(
           door, [&](TenantId tenant, const auto& m) { return door.endings.sweep(tenant, m); }));
  json::for_each_word<OperationKind>([&](OperationKind kind, std::string_view word) {
    post("/private/v1/cards/" + std::string(word),
         handle<CardOperation>(
             door, [&door, kind](TenantId tenant, const auto& m) { return door.operations.run(tenant, kind, m); }));
  });
  router.add(net::Method::get, "/private/v1/operations/:operation",
             [&door](const net::Request& request) { return find_operation_by_text(door, request); });
  router.add(net::Method::get, "/private/v1/health",
             [&door](const net::Request& request) { return health(door, request); });
  router.set_fallback("/", [](const net::Request& request, const std::vector<net::Method>&) {
    return problem_response(base::Error(base::ErrorCode::not_found), request);
  });
  return router;
}

}  // namespace karv::vault
