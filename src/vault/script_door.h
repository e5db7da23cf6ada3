// GET /private/v1/scripts: the script inventory and what browsers reported against it, for karv-server and monitoring
// that holds its certificate.
#pragma once

#include "net/http.h"
#include "vault/page_watch.h"

namespace karv::vault {

// `watch` must outlive the router. Takes one peer, as the rest of the private door: kAllowedPeer.
void add_script_route(net::Router& router, PageWatch& watch);

}  // namespace karv::vault
