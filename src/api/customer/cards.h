// A card added to the account, put in the place of another (the open purchases move to it), or removed.
#pragma once

#include "api/services.h"
#include "base/result.h"
#include "identity/types.h"
#include "net/http.h"

namespace karv::api::customer {

// POST /customer/v1/cards {ticket, replaces?} -> the card. One call to the vault per open purchase.
base::Result<net::Reply> add_card(const Services& services, const identity::CustomerPrincipal& customer,
                                  const net::Request& request);
// DELETE /customer/v1/cards/:card_id -> 204: nothing is charged to it any more, by whatever was derived from it. What
// is still owed stays due; what was paid can be refunded to it. Errors: not_found (also another customer's).
base::Result<net::Reply> remove_card(const Services& services, const identity::CustomerPrincipal& customer,
                                     const net::Request& request);

}  // namespace karv::api::customer
