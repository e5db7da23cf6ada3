// The bodies of Order Management answers.
#pragma once

#include <string>

#include "orders/order_service.h"

namespace karv::api::merchant {

// `captures` and `refunds` are always there: the official PHP client iterates them unguarded.
std::string order_json(const orders::OrderView& view);
std::string captures_json(const orders::OrderView& view);
std::string capture_json(const orders::OrderView& view, const orders::Capture& capture);
std::string refund_json(const orders::Refund& refund);

}  // namespace karv::api::merchant
