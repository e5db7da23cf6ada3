// The account's front door: the session cookie, and the proof that a change was asked by Karv's own page.
#pragma once

#include "api/services.h"
#include "base/result.h"
#include "identity/types.h"
#include "net/http.h"

namespace karv::api::customer {

inline constexpr std::string_view kCookie = "__Host-karv_account";

// The cookie's value; empty when there is none.
std::string_view cookie_of(const net::Request& request);
std::string set_cookie(std::string_view token);
std::string clear_cookie();

using Endpoint = base::Result<net::Reply> (*)(const Services&, const identity::CustomerPrincipal&, const net::Request&);
// For signed-in customers. Mutations need the Karv-Request header and no foreign Origin.
net::Handler signed_in(const Services& services, Endpoint endpoint);
// For the sign-in itself.
using OpenEndpoint = base::Result<net::Reply> (*)(const Services&, const net::Request&);
net::Handler open(const Services& services, OpenEndpoint endpoint);

}  // namespace karv::api::customer
