#include "vault/doors/script_door.h"

#include "vault/doors/tenant_messages.h"

namespace karv::vault {

void add_script_route(net::Router& router, PageWatch& watch, const KeyHolder& keys) {
  router.add(net::Method::get, vault_api::kScriptsPath, [&watch, &keys](const net::Request& request) -> net::Reply {
    if (const auto peer = check_peer(keys, request); !peer.ok()) return problem_response(peer.error(), request);
    const auto answer = watch.look();
    if (!answer.ok()) return problem_response(answer.error(), request);
    return json_response(json::encode(answer.value()));
  });
}

}  // namespace karv::vault
