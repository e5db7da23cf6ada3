// Who stands at the checkout: the purchase that the client token names, and the shopper once a code identified them.
#pragma once

#include <functional>
#include <memory>

#include "api/services.h"
#include "base/result.h"
#include "net/http.h"
#include "orders/session_service.h"

namespace karv::api::checkout {

struct Visitor {
  orders::PaymentSession session;
  orders::Purchase purchase;
  std::shared_ptr<const identity::Merchant> merchant;
};
struct Shopper {
  identity::CustomerId customer_id;
  identity::Email email;
};

// Errors: unauthorized (client token missing, not ours or expired), forbidden (another page's origin).
base::Result<Visitor> find_visitor(const Services& services, const net::Request& request);
// From the Karv-Identity header. Errors: unauthorized, reason NOT_IDENTIFIED.
base::Result<Shopper> find_shopper(const Services& services, const net::Request& request, const Visitor& visitor);

// Requests that a browser sends from a page of another origin are refused.
base::Result<void> check_origin(const Services& services, const net::Request& request);

using Endpoint = base::Result<net::Reply> (*)(const Services&, const Visitor&, const net::Request&);
net::Handler door(const Services& services, Endpoint endpoint);

}  // namespace karv::api::checkout
