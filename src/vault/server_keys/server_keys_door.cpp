#include "vault/server_keys/server_keys_door.h"

#include "json/encode.h"
#include "vault/doors/tenant_messages.h"

namespace karv::vault {
namespace {

// Like tenant_handler(), for answers with secrets: encoded in wiped memory; the worker's stack is wiped after it.
template <class Message, class Work>
net::Handler secret_handler(const KeyHolder& keys, Work work) {
  return [&keys, work = std::move(work)](const net::Request& request) -> net::Reply {
    const auto tenant = tenant_of(keys, request);
    if (!tenant.ok()) return problem_response(tenant.error(), request);
    const auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    const auto answer = work(tenant.value(), message.value());
    if (!answer.ok()) return problem_response(answer.error(), request);
    return json_response(std::string(json::encode_secret(answer.value()).expose_text()));
  };
}

}  // namespace

void add_server_key_routes(net::Router& router, ServerKeys& server_keys, const KeyHolder& keys) {
  router.add(net::Method::post, vault_api::MakeServerKeys::kPath,
             secret_handler<vault_api::MakeServerKeys>(
                 keys, [&](TenantId tenant, const auto& message) { return server_keys.make(tenant, message); }));
  router.add(net::Method::post, vault_api::OpenServerKeys::kPath,
             secret_handler<vault_api::OpenServerKeys>(
                 keys, [&](TenantId tenant, const auto& message) { return server_keys.open(tenant, message); }));
  router.add(net::Method::post, vault_api::RenewServerKeys::kPath,
             secret_handler<vault_api::RenewServerKeys>(
                 keys, [&](TenantId tenant, const auto& message) { return server_keys.renew(tenant, message); }));
  router.add(net::Method::post, vault_api::ServerKeysLeft::kPath,
             tenant_handler<vault_api::ServerKeysLeft>(
                 keys, [&](TenantId tenant, const auto& message) { return server_keys.left(tenant, message); }));
}

}  // namespace karv::vault
