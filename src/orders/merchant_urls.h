// The shop's URLs with what it could not know when it gave them: {session.id}, {order.id}, {checkout.order.id}.
//
// Used wherever such a URL is opened or answered. The braces may arrive percent-encoded, as URL libraries send them.
// What is filled in is percent-encoded, so that it stays one value wherever the shop put it; a name that is not known
// (yet) is left as it stands. One pass: what was filled in is not read again. Pure. Source: merchant API contract,
// section 3.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orders/types.h"

namespace karv::orders {

struct UrlFacts {
  PaymentSessionId session_id;
  std::optional<OrderId> order_id;
};
std::string filled_url(std::string_view url, const UrlFacts& facts);
MerchantUrls filled_urls(MerchantUrls urls, const UrlFacts& facts);

}  // namespace karv::orders
