// Payments v1: sessions, placing an order, releasing an authorization, customer tokens.
#pragma once

#include "api/services.h"
#include "net/http.h"

namespace karv::api::merchant {

// `services` outlives the router.
void add_payments_routes(net::Router& router, const Services& services);

}  // namespace karv::api::merchant
