#include "orders/placement_service.h"

#include <fmt/format.h>

#include "base/check.h"
#include "json/writer.h"
#include "orders/authorization_service.h"
#include "orders/mails.h"
#include "orders/order_service.h"
#include "orders/repository.h"
#include "orders/rules.h"
#include "orders/session_service.h"
#include "orders/trail.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

base::Error no_such_token() {
  return base::public_error(ErrorCode::not_found, "Invalid authorization token", "NOT_FOUND");
}

base::Error not_matching(const std::string& fields) {
  return base::public_error(ErrorCode::not_matching,
                            fmt::format("Not matching fields: [{}]\nThis authorization token cannot be used again; "
                                        "authorize the purchase anew.",
                                        fields),
                            "BAD_VALUE");
}

// Eight characters that people can read out; no 0/O, 1/I. 30^8 of them, made at random: a name, not a key.
std::string make_reference(base::Random& random) {
  constexpr std::string_view kLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  std::string reference;
  for (int i = 0; i < 8; ++i) reference.push_back(kLetters[random.below(kLetters.size())]);
  return reference;
}

FraudStatus fraud_status_of(const Authorization& authorization) {
  return authorization.fraud_status == "PENDING" ? FraudStatus::PENDING : FraudStatus::ACCEPTED;
}

Order order_from(const Context& context, const Authorization& authorization, const PaymentSession& session,
                 const Purchase& purchase) {
  Order order;
  order.order_id = base::make_id<OrderTag>(context.wall, context.random);
  order.merchant_id = session.merchant_id;
  order.customer_id = authorization.customer_id;
  order.session_id = session.session_id;
  order.authorization_id = authorization.authorization_id;
  KARV_REQUIRE(authorization.agreement_id.has_value());
  order.agreement_id = *authorization.agreement_id;
  order.plan = authorization.plan;
  order.fraud_status = fraud_status_of(authorization);
  order.purchase_country = session.purchase_country;
  order.purchase_currency = session.purchase_currency;
  order.locale = session.locale;
  order.reference = make_reference(context.random);
  order.order_amount = order.original_order_amount = order.remaining_authorized_amount = session.order_amount;
  order.cart = purchase.cart;
  order.sealed_details = session.sealed_details;
  order.created_at = context.business.now();
  order.expires_at = authorization_end(order.created_at);
  return order;
}

std::string reply_of(const Order& order) {
  const auto method = payment_method_of(order.plan);
  json::Writer out;
  out.begin_object().member("order_id", order.order_id.text());
  if (order.cart.merchant_urls && order.cart.merchant_urls->confirmation)
    out.member("redirect_url", *order.cart.merchant_urls->confirmation);
  out.member("fraud_status", std::string_view(order.fraud_status == FraudStatus::PENDING ? "PENDING" : "ACCEPTED"));
  out.member("authorized_payment_method").begin_object().member("type", method.type);
  if (method.number_of_days > 0) out.member("number_of_days", method.number_of_days);
  if (method.number_of_installments > 0) out.member("number_of_installments", method.number_of_installments);
  out.end_object().end_object();
  return std::move(out).take();
}

// What an authorization in this state answers without doing anything; nothing when the order can be placed.
std::optional<Result<PlacedOrder>> settled_answer(const Authorization& authorization, const std::string& digest,
                                                  base::Instant now) {
  using Answer = std::optional<Result<PlacedOrder>>;
  switch (authorization.state) {
    case AuthorizationState::spent:
      if (authorization.order_request_digest == digest)
        return Answer(PlacedOrder{*authorization.order_reply, std::nullopt});
      return Answer(base::public_error(ErrorCode::idempotency_conflict,
                                       "The order has been already completed with different request body",
                                       "BAD_VALUE"));
    case AuthorizationState::failed:
      return Answer(not_matching(authorization.order_reply.value_or("")));
    case AuthorizationState::approved:
      if (now >= authorization.expires_at) return Answer(no_such_token());
      return std::nullopt;
    case AuthorizationState::pending_card:
    case AuthorizationState::refused:
    case AuthorizationState::voided:
      return Answer(no_such_token());
  }
  return Answer(no_such_token());
}

// What is given later than the session was opened: references, and personal details the session did not have.
Result<void> add_late_details(store::Tx& tx, const Context& context, PaymentSession& session, Purchase& purchase,
                              const Purchase& requested) {
  if (!purchase.cart.merchant_data) purchase.cart.merchant_data = requested.cart.merchant_data;
  if (requested.cart.merchant_reference1) purchase.cart.merchant_reference1 = requested.cart.merchant_reference1;
  if (requested.cart.merchant_reference2) purchase.cart.merchant_reference2 = requested.cart.merchant_reference2;
  if (requested.cart.merchant_urls) purchase.cart.merchant_urls = requested.cart.merchant_urls;
  if (!add_missing_details(purchase.details, requested.details)) return {};
  return put_details(tx, context, session, purchase.details);
}

// The refusal sticks to the token, so it is stored, and answered as a value: an Error would undo the storing.
Result<PlacedOrder> fail_placement(store::Tx& tx, const Context& context, Authorization authorization,
                                   PaymentSession session, std::string fields) {
  KARV_REQUIRE(authorization.agreement_id.has_value());
  KARV_TRY_VOID(credit::cancel_agreement(tx, *authorization.agreement_id));
  if (authorization.hold_operation) KARV_TRY_VOID(reverse_hold(tx, context, authorization.authorization_id));
  authorization.state = AuthorizationState::failed;
  authorization.order_reply = fields;
  update_authorization(tx, authorization);
  session.authorization_id.reset();
  session.version += 1;
  update_session(tx, session);
  return PlacedOrder{{}, not_matching(fields)};
}

}  // namespace

Result<PlacedOrder> place_order(store::Tx& tx, const Context& context, const identity::Merchant& merchant,
                                AuthorizationId id, const PurchaseRequest& request, const std::string& request_digest) {
  KARV_TRY(auto rows, tx.read_for_update({find_authorization(id), find_session_of(id)}));
  auto authorization = read_authorization(rows[0]);
  auto session = read_session(rows[1]);
  if (!authorization || !session || authorization->merchant_id != merchant.merchant_id) return no_such_token();
  if (auto settled = settled_answer(*authorization, request_digest, context.business.now())) return *std::move(settled);

  KARV_TRY(auto purchase, open_purchase_of(tx, context, *session));
  KARV_TRY(auto requested, open_purchase(request));
  authorization->version += 1;
  authorization->order_request_digest = request_digest;
  if (const auto fields = differing_fields(purchase, requested); !fields.empty())
    return fail_placement(tx, context, *std::move(authorization), *std::move(session),
                          fmt::format("{}", fmt::join(fields, ", ")));

  KARV_TRY_VOID(add_late_details(tx, context, *session, purchase, requested));
  const Order order = order_from(context, *authorization, *session, purchase);
  insert_order(tx, order);
  authorization->state = AuthorizationState::spent;
  authorization->order_id = order.order_id;
  authorization->order_reply = reply_of(order);
  update_authorization(tx, *authorization);
  session->status = SessionStatus::complete;
  session->version += 1;
  update_session(tx, *session);
  record_deed(tx, context,
              {.actor = by_merchant(merchant.merchant_id),
               .action = "order_placed",
               .subject = {"order", order.order_id.text()},
               .details = {{"amount", order.order_amount}, {"authorization", id.text()}}});
  KARV_TRY_VOID(mail_order_placed(tx, context, order, merchant.name));
  if (request.auto_capture.value_or(false) && order.fraud_status == FraudStatus::ACCEPTED)
    KARV_TRY_VOID(capture_whole(tx, context, order, merchant.name));
  publish_after_commit(tx, context, order.customer_id, order.order_id);
  return PlacedOrder{*authorization->order_reply, std::nullopt};
}

PaymentMethodNames payment_method_of(credit::Plan plan) {
  switch (plan) {
    case credit::Plan::pay_now:
      return {"card", "PAY_BY_CARD", "Pay now by card", 0, 0};
    case credit::Plan::pay_in_30:
      return {"invoice", "INVOICE", "Pay in 30 days", 30, 0};
    case credit::Plan::pay_in_3:
      return {"slice_it_by_card", "PAY_IN_X", "Pay in 3 installments", 0, 3};
  }
  return {};
}

}  // namespace karv::orders
