// The merchant API's front door: who is calling, and the reading of what they send.
//
// Each endpoint is a function from an authenticated merchant and a request to a reply; door() wraps it with HTTP Basic
// authentication, the merchant's rate and the dialect's error answers. Source: merchant API contract, section 1.2.
#pragma once

#include <functional>

#include "api/merchant/dialect.h"
#include "api/services.h"
#include "base/result.h"
#include "identity/types.h"
#include "json/decode.h"
#include "net/http.h"

namespace karv::api::merchant {

struct Caller {
  identity::MerchantPrincipal principal;
  const identity::Merchant& merchant() const { return *principal.merchant; }
};

using Endpoint = std::function<base::Result<net::Reply>(const Caller&, const net::Request&)>;
// Errors of the endpoint and of the door become answers in the dialect. Every answer to a known merchant says how much
// is left of its rate; beyond it the endpoint is not run (429).
net::Handler door(const Services& services, Endpoint endpoint, RateCategory category = RateCategory::other);

// The body as T; an empty body is an empty object where `empty` says so (acknowledge, cancel, ... with no body).
enum class EmptyBody : std::uint8_t { refused, is_empty_object };
template <class T>
base::Result<T> read_body(const net::Request& request, EmptyBody empty = EmptyBody::refused) {
  if (request.body.empty() && empty == EmptyBody::is_empty_object) return T{};
  return json::decode<T>(request.body);
}

}  // namespace karv::api::merchant
