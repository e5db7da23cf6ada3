#include "orders/order_service.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "orders/authorization_service.h"
#include "orders/capture_service.h"
#include "orders/lines.h"
#include "orders/repository.h"
#include "orders/requests.h"
#include "orders/rules.h"
#include "orders/session_service.h"
#include "orders/trail.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

money::Money money_in(const Order& order, std::int64_t minor) {
  const auto currency = money::Currency::parse(order.purchase_currency);
  KARV_REQUIRE(currency.has_value());
  return money::Money{minor, *currency};
}

// What the merchant did, for the audit log.
void record_order(store::Tx& tx, const Context& context, const OrderTarget& target, std::string action,
                  std::vector<audit::Detail> details = {}) {
  record_deed(tx, context,
              {.actor = by_merchant(target.merchant.merchant_id),
               .action = std::move(action),
               .subject = {"order", target.order_id.text()},
               .correlation_id = target.correlation_id,
               .details = std::move(details)});
}

void check_length(json::FieldErrors& errors, const char* field, const std::optional<std::string>& text) {
  constexpr std::size_t kMost = 255;
  if (text && text->size() > kMost)
    complain(errors, field, fmt::format("{} bytes", text->size()), fmt::format("at most {}", kMost));
}

// Whether the amount may grow to `order_amount`: only the invoice plan, and only after a fresh decision.
Result<bool> may_increase(store::Tx& tx, const Context& context, const Order& order, std::int64_t order_amount) {
  if (order_amount <= order.order_amount) return true;
  if (order.plan != credit::Plan::pay_in_30) return false;
  if (credit::check_availability(order.plan, order.purchase_country, money_in(order, order_amount)) !=
      credit::Unavailable::none)
    return false;
  KARV_TRY(auto email, identity::get_customer_email(tx, context.identity, order.customer_id));
  KARV_TRY(auto decided, risk::decide_application(tx, context.risk(),
                                                  {.payment_session = order.session_id,
                                                   .merchant_id = order.merchant_id,
                                                   .customer_id = order.customer_id,
                                                   .email = email,
                                                   .amount = money_in(order, order_amount - order.order_amount),
                                                   .credit = true,
                                                   .date_of_birth = std::nullopt}));
  return decided.decision.outcome == risk::Outcome::allow;
}

}  // namespace

Result<void> give_up_rest(store::Tx& tx, const Context& context, const Order& next) {
  if (next.captured_amount == 0) {
    KARV_TRY_VOID(credit::cancel_agreement(tx, next.agreement_id));
  } else {
    KARV_TRY_VOID(credit::change_agreed_amount(tx, next.agreement_id, money_in(next, next.captured_amount)));
  }
  if (!credit::definition_of(next.plan).needs_card) return {};
  return reverse_hold(tx, context, next.authorization_id);
}

base::Error no_such_order() {
  return base::public_error(ErrorCode::not_found, "There is no order with this id.", "NO_SUCH_ORDER");
}

Result<Order> own_order(store::Tx& tx, const OrderTarget& target) {
  KARV_TRY(auto rows, tx.read_for_update({find_order(target.order_id)}));
  auto order = read_order(rows[0]);
  if (!order || order->merchant_id != target.merchant.merchant_id) return no_such_order();
  return *std::move(order);
}

Result<CapturedOrder> own_order_with_captures(store::Tx& tx, const OrderTarget& target) {
  KARV_TRY(auto rows, tx.read_for_update({find_order(target.order_id), captures_of(target.order_id)}));
  auto order = read_order(rows[0]);
  if (!order || order->merchant_id != target.merchant.merchant_id) return no_such_order();
  return CapturedOrder{*std::move(order), read_captures(rows[1])};
}

Result<OrderView> get_order(store::ReadTx& tx, const Context& context, identity::MerchantId merchant, OrderId id) {
  KARV_TRY(auto rows, tx.read({find_order(id), captures_of(id), refunds_of(id)}));
  auto order = read_order(rows[0]);
  if (!order || order->merchant_id != merchant) return no_such_order();
  KARV_TRY(auto details, open_details(tx, context, order->session_id, order->sealed_details));
  return OrderView{*std::move(order), std::move(details), read_captures(rows[1]), read_refunds(rows[2])};
}

Result<void> acknowledge(store::Tx& tx, const Context& context, const OrderTarget& target) {
  KARV_TRY(auto order, own_order(tx, target));
  if (order.acknowledged_at) return {};
  order.acknowledged_at = context.business.now();
  order.version += 1;
  update_order(tx, order);
  record_order(tx, context, target, "order_acknowledged");
  return {};
}

Result<void> cancel(store::Tx& tx, const Context& context, const OrderTarget& target) {
  KARV_TRY(auto order, own_order(tx, target));
  if (order.status == OrderStatus::CANCELLED) return {};
  KARV_TRY(auto next, decide_cancel(order, context.business.now()));
  update_order(tx, next);
  record_order(tx, context, target, "order_cancelled");
  publish_after_commit(tx, context, next.customer_id, next.order_id);
  return give_up_rest(tx, context, next);
}

Result<void> release_remaining(store::Tx& tx, const Context& context, const OrderTarget& target) {
  KARV_TRY(auto order, own_order(tx, target));
  KARV_TRY(auto next, decide_release(order, context.business.now()));
  update_order(tx, next);
  record_order(tx, context, target, "authorization_released");
  publish_after_commit(tx, context, next.customer_id, next.order_id);
  return give_up_rest(tx, context, next);
}

Result<void> extend_authorization(store::Tx& tx, const Context& context, const OrderTarget& target) {
  KARV_TRY(auto order, own_order(tx, target));
  KARV_TRY(auto next, decide_extend(order, context.business.now()));
  update_order(tx, next);
  record_order(tx, context, target, "authorization_extended");
  return {};
}

template <>
Result<Checked<AuthorizationUpdate>> check(AuthorizationUpdate update) {
  json::FieldErrors errors;
  if (update.order_amount < 0 || update.order_amount > money::kMaxAmountMinor)
    complain(errors, "order_amount", fmt::to_string(update.order_amount),
             fmt::format("0 to {}", money::kMaxAmountMinor));
  check_length(errors, "description", update.description);
  if (update.order_lines) {
    check_partial_lines(*update.order_lines, update.order_amount, "order_amount", errors);
    mask_free_text(*update.order_lines);
  }
  KARV_TRY_VOID(errors.result());
  return Checked<AuthorizationUpdate>(std::move(update));
}

template <>
Result<Checked<ReferencesUpdate>> check(ReferencesUpdate update) {
  json::FieldErrors errors;
  check_length(errors, "merchant_reference1", update.merchant_reference1);
  check_length(errors, "merchant_reference2", update.merchant_reference2);
  KARV_TRY_VOID(errors.result());
  return Checked<ReferencesUpdate>(std::move(update));
}

Result<void> update_authorization_amount(store::Tx& tx, const Context& context, const OrderTarget& target,
                                         const Checked<AuthorizationUpdate>& update) {
  KARV_TRY(auto order, own_order(tx, target));
  KARV_TRY(auto increase, may_increase(tx, context, order, update->order_amount));
  KARV_TRY(auto next, decide_update_amount(order, update->order_amount, increase, context.business.now()));
  next.cart.order_lines = update->order_lines.value_or(std::vector<OrderLine>{});
  KARV_TRY_VOID(credit::change_agreed_amount(tx, next.agreement_id, money_in(next, next.order_amount)));
  update_order(tx, next);
  record_order(tx, context, target, "authorization_changed",
               {{"order_amount", next.order_amount}, {"before", order.order_amount}});
  publish_after_commit(tx, context, next.customer_id, next.order_id);
  const bool nothing_left_to_capture = next.status == OrderStatus::CAPTURED;
  if (nothing_left_to_capture && credit::definition_of(next.plan).needs_card)
    return reverse_hold(tx, context, next.authorization_id);
  return {};
}

Result<void> update_references(store::Tx& tx, const Context& context, const OrderTarget& target,
                               const Checked<ReferencesUpdate>& update) {
  KARV_TRY(auto order, own_order(tx, target));
  const auto put = [](std::optional<std::string>& into, const std::optional<std::string>& from) {
    if (!from) return;
    if (from->empty()) {
      into.reset();
    } else {
      into = from;
    }
  };
  put(order.cart.merchant_reference1, update->merchant_reference1);
  put(order.cart.merchant_reference2, update->merchant_reference2);
  order.version += 1;
  update_order(tx, order);
  record_order(tx, context, target, "references_changed");
  return {};
}

}  // namespace karv::orders
