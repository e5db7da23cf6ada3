// The body of GET /checkout/v1/session: the purchase as the shopper may see it, with every plan's dates and amounts.
#pragma once

#include <string>

#include "api/checkout/visitor.h"

namespace karv::api::checkout {

std::string session_json(const Services& services, const Visitor& visitor);

}  // namespace karv::api::checkout
