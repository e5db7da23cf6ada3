// Placing the order with an authorization token.
//
// Idempotent per token, for successes and failures alike: the same request gets the same answer, another request is
// told so, and a token whose order did not match what was authorized stays spent (the answer says to authorize again).
#pragma once

#include <string>

#include "orders/context.h"
#include "orders/requests.h"
#include "orders/types.h"

namespace karv::orders {

struct PlacedOrder {
  std::string reply;                   // the answer's JSON body, as first given
  std::optional<base::Error> refusal;  // instead of a reply: the order does not match, and that is remembered
};
// An order as the shop sends it, read and masked before anything is looked up.
struct OrderRequest {
  Purchase purchase;
  bool auto_capture = false;
  std::string digest;  // of the canonical request, to recognize a repeat
};
// Errors: bad_value naming each wrong field.
base::Result<OrderRequest> read_order_request(const PurchaseRequest& request);

// Effects: order row, authorization spent, session complete, mail; with auto_capture, the first capture, or
// while the fraud decision is pending the memory that it is wanted (order_deadlines.h).
// Errors: not_found ("Invalid authorization token"), idempotency_conflict (placed with another request).
// Cost: two or three round trips on a snapshot; then one, the commit; a capture's on top. A repeat writes nothing.
base::Result<PlacedOrder> place_order(store::Database& database, const Context& context,
                                      const identity::Merchant& merchant, AuthorizationId id,
                                      const OrderRequest& request);

// The wire's names for a plan: {"invoice", 30, ...} and INVOICE, PAY_IN_X, PAY_BY_CARD.
struct PaymentMethodNames {
  std::string_view type;        // authorized_payment_method.type
  std::string_view upper_type;  // initial_payment_method.type
  std::string_view description;
  std::int64_t number_of_days = 0, number_of_installments = 0;  // 0: not given
};
PaymentMethodNames payment_method_of(credit::Plan plan);

}  // namespace karv::orders
