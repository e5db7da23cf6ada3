// Order Management v1: read, acknowledge, capture, refund, cancel, release, extend, change.
#pragma once

#include "api/services.h"
#include "net/http.h"

namespace karv::api::merchant {

// `services` outlives the router.
void add_order_management_routes(net::Router& router, const Services& services);

}  // namespace karv::api::merchant
