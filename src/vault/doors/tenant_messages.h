// How the private door takes a message: for whom it asks (net has verified the client certificate, whose name says
// which tenant's server it is), decoded, answered or refused. What belongs to another tenant is unknown here.
#pragma once

#include <utility>

#include "json/decode.h"
#include "net/http.h"
#include "vault/doors/reply.h"
#include "vault/keys/key_holder.h"

namespace karv::vault {

// Whether a tenant's server asks. Errors: forbidden.
base::Result<void> check_peer(const KeyHolder& keys, const net::Request& request);
// Errors: forbidden; unavailable VAULT_SEALED.
base::Result<TenantId> tenant_of(const KeyHolder& keys, const net::Request& request);

// Decodes a message, runs it for its tenant, encodes the answer. `keys` outlives the handler.
template <class Message, class Work>
net::Handler tenant_handler(const KeyHolder& keys, Work work) {
  return [&keys, work = std::move(work)](const net::Request& request) -> net::Reply {
    const auto tenant = tenant_of(keys, request);
    if (!tenant.ok()) return problem_response(tenant.error(), request);
    const auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    return reply_of(work(tenant.value(), message.value()), request);
  };
}

}  // namespace karv::vault
