// Where servers ask for their keys: the private door, four messages (vault_api/server_keys.h). Answers with clear keys
// are put together in wiped memory; what net sends goes in buffers that it wipes; the stack is wiped behind them.
#pragma once

#include "net/http.h"
#include "vault/server_keys/server_keys.h"

namespace karv::vault {

// All outlive the router.
void add_server_key_routes(net::Router& router, ServerKeys& server_keys, const KeyHolder& keys);

}  // namespace karv::vault
