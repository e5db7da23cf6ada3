// The use cases of an order once it is placed: acknowledge, capture, cancel, refund, release, extend, change, read.
//
// Each checks that the order is the merchant's, decides by orders/rules.h, moves what is owed through credit, queues
// what the card network must be told, and leaves the news for the shopper's account. One transaction each.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orders/context.h"
#include "orders/types.h"
#include "rails/types.h"

namespace karv::orders {

struct CaptureRequest {
  std::int64_t captured_amount = 0;
  std::optional<std::string> reference, description;
  std::optional<std::vector<OrderLine>> order_lines;
  std::optional<std::vector<ShippingInfo>> shipping_info;
  std::optional<std::int64_t> shipping_delay;
};
BOOST_DESCRIBE_STRUCT(CaptureRequest, (),
                      (captured_amount, reference, description, order_lines, shipping_info, shipping_delay))

struct RefundRequest {
  std::int64_t refunded_amount = 0;
  std::optional<std::string> reference, description;
  std::optional<std::vector<OrderLine>> order_lines;
};
BOOST_DESCRIBE_STRUCT(RefundRequest, (), (refunded_amount, reference, description, order_lines))

struct AuthorizationUpdate {
  std::int64_t order_amount = 0;
  std::optional<std::string> description;
  std::optional<std::vector<OrderLine>> order_lines;
};
BOOST_DESCRIBE_STRUCT(AuthorizationUpdate, (), (order_amount, description, order_lines))

struct ReferencesUpdate {
  std::optional<std::string> merchant_reference1, merchant_reference2;
};
BOOST_DESCRIBE_STRUCT(ReferencesUpdate, (), (merchant_reference1, merchant_reference2))

// A request whose values are within their limits and whose free text is masked: made by check(), before the
// transaction. Errors: bad_value (limits; lines that do not add up).
template <class Request>
class Checked {
 public:
  const Request& operator*() const { return request_; }
  const Request* operator->() const { return &request_; }

 private:
  explicit Checked(Request request) : request_(std::move(request)) {}
  template <class Any>
  friend base::Result<Checked<Any>> check(Any request);
  Request request_;
};
template <class Request>
base::Result<Checked<Request>> check(Request request);
template <>
base::Result<Checked<CaptureRequest>> check(CaptureRequest request);
template <>
base::Result<Checked<RefundRequest>> check(RefundRequest request);
template <>
base::Result<Checked<AuthorizationUpdate>> check(AuthorizationUpdate request);
template <>
base::Result<Checked<ReferencesUpdate>> check(ReferencesUpdate request);

// Who asks, about which order.
struct OrderTarget {
  const identity::Merchant& merchant;
  OrderId order_id;
  std::string correlation_id = {};
};

struct OrderView {
  Order order;
  Details details;
  std::vector<Capture> captures;
  std::vector<Refund> refunds;
};
// Errors (all below): not_found (NO_SUCH_ORDER; also for another merchant's order). Cost: two round trips.
base::Result<OrderView> get_order(store::ReadTx& tx, const Context& context, identity::MerchantId merchant, OrderId id);

base::Result<void> acknowledge(store::Tx& tx, const Context& context, const OrderTarget& target);

// Effects: capture row; schedule and receivable; for a card plan the completion of its hold; mail and news.
// Errors: not_allowed (CAPTURE_NOT_ALLOWED). Cost: four round trips, seven with a card.
base::Result<Capture> capture(store::Tx& tx, const Context& context, const OrderTarget& target,
                              const Checked<CaptureRequest>& request);
// auto_capture: the whole amount of an order without captures, written in this transaction already.
// Pre: the order allows it. Cost: three round trips, six with a card.
base::Result<void> capture_whole(store::Tx& tx, const Context& context, const Order& order,
                                 const std::string& merchant_name);

// Effects: refund row; what is owed is canceled, last installment first; the excess is queued to the cards that paid.
// Errors: not_allowed (REFUND_NOT_ALLOWED), unavailable (a charge is on its way: repeat). Cost: five round trips.
base::Result<Refund> refund(store::Tx& tx, const Context& context, const OrderTarget& target,
                            const Checked<RefundRequest>& request);

base::Result<void> cancel(store::Tx& tx, const Context& context, const OrderTarget& target);
base::Result<void> release_remaining(store::Tx& tx, const Context& context, const OrderTarget& target);
base::Result<void> extend_authorization(store::Tx& tx, const Context& context, const OrderTarget& target);
base::Result<void> update_authorization_amount(store::Tx& tx, const Context& context, const OrderTarget& target,
                                               const Checked<AuthorizationUpdate>& update);
base::Result<void> update_references(store::Tx& tx, const Context& context, const OrderTarget& target,
                                     const Checked<ReferencesUpdate>& update);

base::Error no_such_order();

}  // namespace karv::orders
