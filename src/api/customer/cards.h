// A card added to the account, or put in the place of another: the open purchases move to it.
#pragma once

#include "api/services.h"
#include "base/result.h"
#include "identity/types.h"
#include "net/http.h"

namespace karv::api::customer {

// POST /customer/v1/cards {ticket, replaces?} -> the card. One call to the vault per open purchase.
base::Result<net::Reply> add_card(const Services& services, const identity::CustomerPrincipal& customer,
                                  const net::Request& request);

}  // namespace karv::api::customer
