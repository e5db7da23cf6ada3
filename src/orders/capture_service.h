// Capturing and refunding: where an order's amounts meet what is owed and what the card network is told.
// The public functions are in order_service.h; this is what its parts share.
#pragma once

#include "orders/order_service.h"

namespace karv::orders {

// The merchant's order, locked. Errors: not_found. Cost: one round trip.
base::Result<Order> own_order(store::Tx& tx, const OrderTarget& target);
struct CapturedOrder {
  Order order;
  std::vector<Capture> captures;  // oldest first
};
base::Result<CapturedOrder> own_order_with_captures(store::Tx& tx, const OrderTarget& target);

// What is not captured any more is given up: the agreement shrinks to what was captured, the rest of the hold is given
// free. Cost: two round trips.
base::Result<void> give_up_rest(store::Tx& tx, const Context& context, const Order& next);

}  // namespace karv::orders
