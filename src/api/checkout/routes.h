// /checkout/v1: what the checkout page asks for on the shopper's behalf.
//
// The page proves the purchase by its client token and the shopper by an identity token that a mailed code opened. No
// cookie, so that it works inside any shop's page. Answers: own JSON; errors: RFC 9457 problems.
#pragma once

#include "api/services.h"
#include "net/http.h"

namespace karv::api::checkout {

// `services` outlives the router.
void add_routes(net::Router& router, const Services& services);

}  // namespace karv::api::checkout
