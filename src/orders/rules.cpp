#include "orders/rules.h"

#include <fmt/format.h>

#include "base/check.h"

namespace karv::orders {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

// One sentence in the contract's form ("<why>. <What> not possible."), then the values.
Error refusal(std::string reason, std::string_view why, std::string_view what, std::string values = {}) {
  std::string text = fmt::format("{}. {} not possible.", why, what);
  if (!values.empty()) text += "\n" + values;
  return base::public_error(ErrorCode::not_allowed, std::move(text), std::move(reason));
}

std::string_view why_closed(const Order& order) {
  switch (order.status) {
    case OrderStatus::CANCELLED:
      return "Order is cancelled";
    case OrderStatus::EXPIRED:
      return "Order is expired";
    case OrderStatus::CLOSED:
      return "Order is closed";
    case OrderStatus::CAPTURED:
      return "Order is fully captured";
    case OrderStatus::PART_CAPTURED:
      return "Order has previous captures";
    case OrderStatus::AUTHORIZED:
      return "Order has no captures";
  }
  return "Order state";
}

// An order past its time is expired even when the job that says so has not run yet.
bool is_over(const Order& order, base::Instant now) {
  return order.status == OrderStatus::EXPIRED ||
         (now >= order.expires_at &&
          (order.status == OrderStatus::AUTHORIZED || order.status == OrderStatus::PART_CAPTURED));
}

OrderCommand capture_command(const Order& order, std::int64_t amount) {
  if (amount == order.remaining_authorized_amount) return OrderCommand::capture_rest;
  return amount == 0 ? OrderCommand::capture_nothing : OrderCommand::capture_part;
}

Order moved(const Order& order, OrderStatus to) {
  Order next = order;
  next.status = to;
  next.version = order.version + 1;
  return next;
}

}  // namespace

base::Instant authorization_end(base::Instant from) {
  constexpr std::int64_t kDayMs = base::days(1).ms;
  const std::int64_t day = from.ms / kDayMs;
  return base::Instant{day * kDayMs} + kAuthorizationTime;
}

Result<Order> decide_capture(const Order& order, std::int64_t amount, base::Instant now) {
  KARV_REQUIRE(amount >= 0);
  const auto refuse = [](std::string_view why, std::string values = {}) {
    return refusal("CAPTURE_NOT_ALLOWED", why, "Capture", std::move(values));
  };
  if (is_over(order, now)) return refuse("Order is expired");
  if (order.fraud_status == FraudStatus::PENDING) return refuse("Order is pending a fraud decision");
  if (order.fraud_status == FraudStatus::REJECTED) return refuse("Order is rejected");
  const bool open = order.status == OrderStatus::AUTHORIZED || order.status == OrderStatus::PART_CAPTURED;
  if (open && amount > order.remaining_authorized_amount)
    return refuse("Captured amount is higher than the remaining authorized amount",
                  fmt::format("captured_amount: received {}, remaining authorized amount {}", amount,
                              order.remaining_authorized_amount));
  const auto to = next_status(order.status, capture_command(order, amount));
  if (!to) return refuse(why_closed(order));
  Order next = moved(order, *to);
  next.captured_amount += amount;
  next.remaining_authorized_amount -= amount;
  KARV_REQUIRE(next.captured_amount <= next.order_amount && next.remaining_authorized_amount >= 0);
  return next;
}

Result<Order> decide_cancel(const Order& order, base::Instant now) {
  if (is_over(order, now)) return refusal("CANCEL_NOT_ALLOWED", "Order is expired", "Cancel");
  const auto to = next_status(order.status, OrderCommand::cancel);
  if (!to) {
    const auto why = order.captured_amount > 0 ? "Order has previous captures" : why_closed(order);
    return refusal("CANCEL_NOT_ALLOWED", why, "Cancel");
  }
  Order next = moved(order, *to);
  next.remaining_authorized_amount = 0;
  return next;
}

Result<Order> decide_release(const Order& order, base::Instant now) {
  if (order.status == OrderStatus::CAPTURED)
    return base::public_error(ErrorCode::not_allowed,
                              "Order is fully captured. Remaining authorization cannot be released.", "NOT_ALLOWED");
  if (is_over(order, now)) return refusal("NOT_ALLOWED", "Order is expired", "Release");
  const auto to = next_status(order.status, OrderCommand::release);
  if (!to) return refusal("NOT_ALLOWED", why_closed(order), "Release");
  Order next = moved(order, *to);
  next.remaining_authorized_amount = 0;
  return next;
}

Result<Order> decide_extend(const Order& order, base::Instant now) {
  if (is_over(order, now)) return refusal("NOT_ALLOWED", "Order is expired", "Extension");
  const auto to = next_status(order.status, OrderCommand::extend);
  if (!to) return refusal("NOT_ALLOWED", why_closed(order), "Extension");
  Order next = moved(order, *to);
  next.expires_at =
      std::max(order.expires_at, std::min(authorization_end(now), order.created_at + kLongestAuthorizationTime));
  return next;
}

Result<Order> decide_expire(const Order& order, base::Instant now) {
  const auto to = next_status(order.status, OrderCommand::expire);
  if (!to || now < order.expires_at) return refusal("NOT_ALLOWED", why_closed(order), "Expiry");
  Order next = moved(order, *to);
  next.remaining_authorized_amount = 0;
  return next;
}

Result<Order> decide_refund(const Order& order, std::int64_t amount) {
  KARV_REQUIRE(amount >= 0);
  if (order.captured_amount == 0)
    return base::public_error(ErrorCode::not_allowed, "Order has no captures. Refund not possible",
                              "REFUND_NOT_ALLOWED");
  const std::int64_t left = order.captured_amount - order.refunded_amount;
  if (amount > left)
    return refusal("REFUND_NOT_ALLOWED", "Over refund is not allowed", "Refund",
                   fmt::format("refunded_amount: received {}, refundable {}", amount, left));
  const auto to = next_status(order.status, OrderCommand::refund);
  if (!to) return refusal("REFUND_NOT_ALLOWED", why_closed(order), "Refund");
  Order next = moved(order, *to);
  next.refunded_amount += amount;
  KARV_REQUIRE(next.refunded_amount <= next.captured_amount);
  return next;
}

Result<Order> decide_update_amount(const Order& order, std::int64_t order_amount, bool increase_allowed,
                                   base::Instant now) {
  KARV_REQUIRE(order_amount >= 0);
  const auto refuse = [](std::string values = {}) {
    std::string text = "Update not allowed.";
    if (!values.empty()) text += "\n" + values;
    return base::public_error(ErrorCode::not_allowed, std::move(text), "NOT_ALLOWED");
  };
  if (is_over(order, now)) return refuse("The order is expired.");
  const auto to = next_status(order.status, OrderCommand::update);
  if (!to) return refuse(std::string(why_closed(order)) + ".");
  if (order_amount < order.captured_amount)
    return refuse(fmt::format("order_amount: received {}, captured already {}", order_amount, order.captured_amount));
  if (order_amount > order.order_amount && !increase_allowed)
    return refuse(fmt::format("order_amount: received {}, authorized {}; this payment method cannot be increased",
                              order_amount, order.order_amount));
  Order next = moved(order, *to);
  next.order_amount = order_amount;
  next.remaining_authorized_amount = order_amount - order.captured_amount;
  if (next.remaining_authorized_amount == 0 && order.status == OrderStatus::PART_CAPTURED)
    next.status = OrderStatus::CAPTURED;
  return next;
}

}  // namespace karv::orders
