#include "vault/erasure/erasure_door.h"

#include "json/decode.h"
#include "json/encode.h"
#include "vault/doors/admin_door.h"
#include "vault/doors/reply.h"
#include "vault/doors/tenant_messages.h"

namespace karv::vault {
namespace {

base::Result<vault_api::ErasureAnswer> erase(Eraser& eraser, const KeyHolder& keys, const net::Request& request) {
  KARV_TRY(const auto tenant, tenant_of(keys, request));
  KARV_TRY(const auto message, json::decode<vault_api::ErasureRequest>(request.body, json::kOwnChannel));
  return eraser.erase({.id = tenant, .name = request.peer_certificate_cn}, message);
}

}  // namespace

void add_erasure_routes(net::Router& router, Eraser& eraser, const KeyHolder& keys) {
  router.add(net::Method::post, vault_api::ErasureRequest::kPath,
             [&eraser, &keys](const net::Request& request) -> net::Reply {
               return reply_of(erase(eraser, keys, request), request);
             });
  router.add(net::Method::get, vault_api::kProofKeysPath, [&eraser, &keys](const net::Request& request) -> net::Reply {
    if (const auto peer = check_peer(keys, request); !peer.ok()) return problem_response(peer.error(), request);
    return reply_of(eraser.proof_keys(), request);
  });
}

void add_proof_keys_route(net::Router& router, const Eraser& eraser) {
  router.add(net::Method::get, vault_api::kAdminProofKeysPath, [&eraser](const net::Request& request) -> net::Reply {
    if (const auto peer = check_operator(request); !peer.ok()) return problem_response(peer.error(), request);
    return reply_of(eraser.proof_keys(), request);
  });
}

}  // namespace karv::vault
