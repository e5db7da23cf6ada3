#include "vault/doors/batch_door.h"

#include <algorithm>

#include "base/check.h"
#include "json/decode.h"
#include "json/encode.h"
#include "vault/doors/problem.h"
#include "vault/doors/tenant_messages.h"

namespace karv::vault {
namespace {

base::Result<TenantId> find_tenant(const BatchDoor& door, std::string_view name) {
  KARV_TRY(const auto ring, door.keys.get());
  const auto tenant = ring->find_tenant(name);
  KARV_REQUIRE(tenant.has_value());  // unsealing has made it
  return *tenant;
}

base::Result<TenantId> tenant_of_server(const BatchDoor& door, const net::Request& request) {
  KARV_TRY_VOID(check_peer(door.keys, request));
  return find_tenant(door, request.peer_certificate_cn);
}

base::Result<TenantId> tenant_of_migration(const BatchDoor& door, const net::Request& request) {
  if (std::ranges::find(door.tokenize_peers, request.peer_certificate_cn) == door.tokenize_peers.end())
    return base::Error(base::ErrorCode::not_found);
  return find_tenant(door, door.keys.settings().tenants.front());
}

template <class Message, class Who, class Work>
net::Handler handle(const BatchDoor& door, Who who, Work work) {
  return [&door, who, work](const net::Request& request) -> net::Reply {
    const base::Result<TenantId> tenant = who(door, request);
    if (!tenant.ok()) return problem_response(tenant.error(), request);
    auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    const auto answer = work(tenant.value(), std::move(message).value(), request.peer_certificate_cn);
    if (!answer.ok()) return problem_response(answer.error(), request);
    return json_response(json::encode(answer.value()));
  };
}

}  // namespace

void add_batch_routes(net::Router& router, BatchDoor& door) {
  CardBatch& batch = door.batch;
  using vault_api::DeleteRequest;
  using vault_api::DescribeRequest;
  using vault_api::TokenizeRequest;
  router.add(net::Method::post, TokenizeRequest::kPath,
             handle<TokenizeRequest>(door, tenant_of_migration,
                                     [&batch](TenantId tenant, TokenizeRequest message, const std::string& who) {
                                       return batch.tokenize(tenant, std::move(message), who);
                                     }));
  router.add(net::Method::post, DescribeRequest::kPath,
             handle<DescribeRequest>(door, tenant_of_server,
                                     [&batch](TenantId tenant, const DescribeRequest& message, const std::string&) {
                                       return batch.describe(tenant, message);
                                     }));
  router.add(net::Method::post, DeleteRequest::kPath,
             handle<DeleteRequest>(door, tenant_of_server,
                                   [&batch](TenantId tenant, const DeleteRequest& message, const std::string& who) {
                                     return batch.remove(tenant, message, who);
                                   }));
}

}  // namespace karv::vault
