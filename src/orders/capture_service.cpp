#include "orders/capture_service.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/check.h"
#include "orders/authorization_service.h"
#include "orders/dates.h"
#include "orders/lines.h"
#include "orders/mails.h"
#include "orders/repository.h"
#include "orders/requests.h"
#include "orders/rules.h"
#include "orders/trail.h"
#include "rails/repository.h"

namespace karv::orders {
namespace {

using base::Result;

money::Money money_in(const Order& order, std::int64_t minor) {
  const auto currency = money::Currency::parse(order.purchase_currency);
  KARV_REQUIRE(currency.has_value());
  return money::Money{minor, *currency};
}

bool paid_by_card(const Order& order) { return credit::definition_of(order.plan).needs_card; }

// Completes the hold for what is due at the capture, as far as the hold goes; the rest stays due and is charged. What
// the last capture leaves of the hold is given free.
Result<void> complete_hold(store::Tx& tx, const Context& context, const Order& order, const Capture& capture,
                           const std::vector<credit::Installment>& installments, const std::string& merchant_name) {
  KARV_TRY(auto rows, tx.read_for_update({rails::operations_of(order.authorization_id.uuid()),
                                          rails::find_purchase_card(order.authorization_id.uuid())}));
  const auto operations = rails::read_operations(rows[0]);
  const auto card = rails::read_purchase_card(rows[1]);
  KARV_REQUIRE(card.has_value() && !installments.empty());
  const auto hold = rails::hold_left(operations, context.business.now());
  const auto& first = installments.front();
  const bool last = order.remaining_authorized_amount == capture.captured_amount;
  if (!hold || first.state != credit::InstallmentState::due) return {};
  const auto amount = money_in(order, std::min(hold->left.minor(), first.owed().minor()));
  // By the card that was held: the purchase's card may have been replaced since.
  const auto held = std::ranges::find(operations, hold->hold, &rails::CardOperation::operation_id);
  KARV_REQUIRE(held != operations.end());
  const auto completion = rails::intend(tx, context.rails(),
                                        {.purchase = order.authorization_id.uuid(),
                                         .customer_id = order.customer_id,
                                         .merchant_id = order.merchant_id,
                                         .subject = capture.capture_id.uuid(),
                                         .kind = rails::OperationKind::complete,
                                         .vault_token = held->vault_token,
                                         .amount = amount,
                                         .merchant_name = merchant_name,
                                         .merchant_reference = order.reference,
                                         .by_cardholder = true,
                                         .original = hold->hold});
  KARV_TRY_VOID(credit::apply_payment(tx, context.credit(order.purchase_country), first.installment_id, amount,
                                      {completion.operation_id.uuid(), card->face.brand, card->face.last4}));
  if (last && hold->left.minor() > amount.minor()) return reverse_hold(tx, context, order.authorization_id);
  return {};
}

Result<Capture> capture_order(store::Tx& tx, const Context& context, const Order& order, std::int64_t number,
                              const std::string& merchant_name, const std::string& correlation_id,
                              CaptureRequest request) {
  const auto now = context.business.now();
  KARV_TRY(auto next, decide_capture(order, request.captured_amount, now));
  Capture capture;
  capture.capture_id = base::make_id<CaptureTag>(context.wall, context.random);
  capture.order_id = order.order_id;
  capture.number = number;
  capture.captured_amount = request.captured_amount;
  capture.klarna_reference = fmt::format("{}-{}", order.reference, number);
  capture.reference = std::move(request.reference);
  capture.description = std::move(request.description);
  capture.order_lines = std::move(request.order_lines).value_or(std::vector<OrderLine>{});
  capture.shipping_info = std::move(request.shipping_info).value_or(std::vector<ShippingInfo>{});
  capture.captured_at = now;
  update_order(tx, next);
  insert_capture(tx, capture);
  if (capture.captured_amount > 0) {
    const auto today = today_in(order.purchase_country, context.business);
    KARV_TRY(auto installments,
             credit::activate_capture(tx, context.credit(order.purchase_country), order.agreement_id,
                                      capture.capture_id.uuid(), money_in(order, capture.captured_amount), today));
    if (paid_by_card(order)) KARV_TRY_VOID(complete_hold(tx, context, order, capture, installments, merchant_name));
  } else if (next.status == OrderStatus::CAPTURED) {  // an order of 0: there is nothing to owe and nothing to hold
    KARV_TRY_VOID(give_up_rest(tx, context, next));
  }
  record_deed(tx, context,
              {.actor = by_merchant(order.merchant_id),
               .action = "order_captured",
               .subject = {"order", order.order_id.text()},
               .correlation_id = correlation_id,
               .details = {{"amount", capture.captured_amount}, {"capture", capture.capture_id.text()}}});
  publish_after_commit(tx, context, order.customer_id, order.order_id);
  return capture;
}

std::int64_t refundable(const Capture& capture) { return capture.captured_amount - capture.refunded_amount; }

// Whether every line of the refund names a line of the capture.
bool holds_lines(const Capture& capture, const std::vector<OrderLine>& lines) {
  return !lines.empty() && std::ranges::all_of(lines, [&](const OrderLine& line) {
    return std::ranges::any_of(capture.order_lines, [&](const OrderLine& captured) {
      return line.reference && captured.reference ? *line.reference == *captured.reference : line.name == captured.name;
    });
  });
}

// The captures a refund comes off, in order: first the one whose lines it names, then the oldest that is open.
std::vector<Capture> in_refund_order(const std::vector<Capture>& captures, const std::vector<OrderLine>& lines) {
  std::vector<Capture> ordered;
  for (const bool named : {true, false})
    for (const auto& capture : captures)
      if (holds_lines(capture, lines) == named) ordered.push_back(capture);
  return ordered;
}

// Each part of the refund goes back to the card that paid it: not all were paid by the same one.
Result<void> queue_card_refunds(store::Tx& tx, const Context& context, const Order& order, const Refund& refund,
                                std::span<const credit::RefundToCard> given_back, const std::string& merchant_name) {
  KARV_TRY(auto rows, tx.read_for_update({rails::operations_of(order.authorization_id.uuid())}));
  const auto operations = rails::read_operations(rows[0]);
  std::vector<rails::RefundPart> wanted;
  for (const auto& part : given_back) wanted.push_back({rails::CardOperationId(part.operation), part.amount});
  KARV_TRY(const auto parts, rails::decide_refunds(operations, wanted));
  for (const auto& part : parts)
    rails::intend(tx, context.rails(),
                  {.purchase = order.authorization_id.uuid(),
                   .customer_id = order.customer_id,
                   .merchant_id = order.merchant_id,
                   .subject = refund.refund_id.uuid(),
                   .kind = rails::OperationKind::refund,
                   .vault_token = part.vault_token,
                   .amount = part.amount,
                   .merchant_name = merchant_name,
                   .merchant_reference = order.reference,
                   .by_cardholder = false,
                   .original = part.original});
  return {};
}

// Takes the refund off the captures, one after the other; answers which payments go back to their cards.
Result<std::vector<credit::RefundToCard>> take_off_captures(store::Tx& tx, const Context& context, const Order& order,
                                                            std::vector<Capture> captures, std::int64_t amount) {
  std::vector<credit::RefundToCard> to_card;
  for (auto& capture : captures) {
    const std::int64_t part = std::min(amount, refundable(capture));
    if (part <= 0) continue;
    KARV_TRY(auto split, credit::cancel_owed(tx, context.credit(order.purchase_country), order.agreement_id,
                                             capture.capture_id.uuid(), money_in(order, part)));
    to_card.insert(to_card.end(), split.parts.begin(), split.parts.end());
    capture.refunded_amount += part;
    capture.version += 1;
    update_capture(tx, capture);
    amount -= part;
  }
  KARV_REQUIRE(amount == 0);
  return to_card;
}

}  // namespace

template <>
Result<Checked<CaptureRequest>> check(CaptureRequest request) {
  json::FieldErrors errors;
  if (request.captured_amount < 0)
    complain(errors, "captured_amount", fmt::to_string(request.captured_amount), "0 or more");
  if (request.reference && request.reference->size() > 255) complain(errors, "reference", "more", "at most 255 bytes");
  if (request.description && request.description->size() > 255)
    complain(errors, "description", "more", "at most 255 bytes");
  if (request.shipping_info && request.shipping_info->size() > 500)
    complain(errors, "shipping_info", "more", "at most 500 entries");
  if (request.order_lines) {
    check_partial_lines(*request.order_lines, request.captured_amount, "captured_amount", errors);
    mask_free_text(*request.order_lines);
  }
  mask_free_text(request.description);
  KARV_TRY_VOID(errors.result());
  return Checked<CaptureRequest>(std::move(request));
}

template <>
Result<Checked<RefundRequest>> check(RefundRequest request) {
  json::FieldErrors errors;
  if (request.refunded_amount < 0)
    complain(errors, "refunded_amount", fmt::to_string(request.refunded_amount), "0 or more");
  if (request.reference && request.reference->size() > 255) complain(errors, "reference", "more", "at most 255 bytes");
  if (request.description && request.description->size() > 255)
    complain(errors, "description", "more", "at most 255 bytes");
  if (request.order_lines) {
    check_partial_lines(*request.order_lines, request.refunded_amount, "refunded_amount", errors);
    mask_free_text(*request.order_lines);
  }
  mask_free_text(request.description);
  KARV_TRY_VOID(errors.result());
  return Checked<RefundRequest>(std::move(request));
}

Result<Capture> capture(store::Tx& tx, const Context& context, const OrderTarget& target,
                        const Checked<CaptureRequest>& request) {
  KARV_TRY(auto found, own_order_with_captures(tx, target));
  const auto number = static_cast<std::int64_t>(found.captures.size()) + 1;
  return capture_order(tx, context, found.order, number, target.merchant.name, target.correlation_id, *request);
}

Result<void> capture_whole(store::Tx& tx, const Context& context, const Order& order,
                           const std::string& merchant_name) {
  CaptureRequest request;
  request.captured_amount = order.order_amount;
  request.order_lines = order.cart.order_lines;
  KARV_TRY(auto captured, capture_order(tx, context, order, 1, merchant_name, {}, std::move(request)));
  KARV_REQUIRE(captured.captured_amount == order.order_amount);
  return {};
}

Result<Refund> refund(store::Tx& tx, const Context& context, const OrderTarget& target,
                      const Checked<RefundRequest>& request) {
  const RefundRequest& good = *request;
  KARV_TRY(const auto found, own_order_with_captures(tx, target));
  const Order& order = found.order;
  KARV_TRY(auto next, decide_refund(order, good.refunded_amount));
  Refund refund;
  refund.refund_id = base::make_id<RefundTag>(context.wall, context.random);
  refund.order_id = order.order_id;
  refund.refunded_amount = good.refunded_amount;
  refund.reference = good.reference;
  refund.description = good.description;
  refund.order_lines = good.order_lines.value_or(std::vector<OrderLine>{});
  refund.refunded_at = context.business.now();
  KARV_TRY(const auto given_back,
           take_off_captures(tx, context, order, in_refund_order(found.captures, refund.order_lines),
                             refund.refunded_amount));
  for (const auto& part : given_back) refund.to_card_amount += part.amount.minor();
  update_order(tx, next);
  insert_refund(tx, refund);
  record_deed(tx, context,
              {.actor = by_merchant(order.merchant_id),
               .action = "order_refunded",
               .subject = {"order", order.order_id.text()},
               .correlation_id = target.correlation_id,
               .details = {{"amount", refund.refunded_amount},
                           {"refund", refund.refund_id.text()},
                           {"to_card", refund.to_card_amount}}});
  if (!given_back.empty())
    KARV_TRY_VOID(queue_card_refunds(tx, context, order, refund, given_back, target.merchant.name));
  KARV_TRY_VOID(mail_refund_made(tx, context, order, refund, target.merchant.name));
  publish_after_commit(tx, context, order.customer_id, order.order_id);
  return refund;
}

}  // namespace karv::orders
