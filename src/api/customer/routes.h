// /customer/v1: the shopper's account. A cookie from a mailed code; own JSON; RFC 9457 problems; an event stream that
// says which purchase to read again. Another customer's ids do not exist here.
#pragma once

#include "api/services.h"
#include "net/http.h"

namespace karv::api::customer {

// `services` outlives the router.
void add_routes(net::Router& router, const Services& services);

}  // namespace karv::api::customer
