// GET /private/v1/scripts: the script inventory and what browsers reported against it, for karv-server and monitoring
// that holds its certificate.
#pragma once

#include "net/http.h"
#include "vault/keys/key_holder.h"
#include "vault/pages/page_watch.h"

namespace karv::vault {

// All outlive the router. Takes the peers of the private door.
void add_script_route(net::Router& router, PageWatch& watch, const KeyHolder& keys);

}  // namespace karv::vault
