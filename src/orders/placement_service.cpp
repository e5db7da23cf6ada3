#include "orders/placement_service.h"

#include <fmt/format.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "json/encode.h"
#include "json/writer.h"
#include "orders/authorization_service.h"
#include "orders/mails.h"
#include "orders/merchant_urls.h"
#include "orders/order_service.h"
#include "orders/prepared.h"
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
  const auto confirmation = order.cart.merchant_urls.value_or(MerchantUrls{}).confirmation.value_or("");
  if (!confirmation.empty()) out.member("redirect_url", filled_url(confirmation, {order.session_id, order.order_id}));
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
// Answers whether there are new details to seal.
bool add_late_details(Purchase& purchase, const Purchase& requested) {
  if (!purchase.cart.merchant_data) purchase.cart.merchant_data = requested.cart.merchant_data;
  if (requested.cart.merchant_reference1) purchase.cart.merchant_reference1 = requested.cart.merchant_reference1;
  if (requested.cart.merchant_reference2) purchase.cart.merchant_reference2 = requested.cart.merchant_reference2;
  if (requested.cart.merchant_urls) purchase.cart.merchant_urls = requested.cart.merchant_urls;
  return add_missing_details(purchase.details, requested.details);
}

// What the write transaction does, made before it. The rows carry the versions it was decided on.
struct Placement {
  Order order;
  std::string reply;
  std::optional<identity::NewSubject> subject;
  notify::PreparedMail mail;
  std::vector<store::Query> rows;
};
struct Mismatch {
  Authorization authorization;  // as it will be
  base::Error refusal;
  std::vector<store::Query> rows;
};
using Decision = std::variant<Placement, Mismatch>;

// The refusal sticks to the token, so it is stored, and answered as a value: an Error would undo the storing.
Mismatch prepare_mismatch(Authorization authorization, PaymentSession session, const std::string& fields) {
  authorization.state = AuthorizationState::failed;
  authorization.order_reply = fields;
  session.authorization_id.reset();
  session.version += 1;
  std::vector<store::Query> rows{update_of(authorization), update_of(session)};
  return {std::move(authorization), not_matching(fields), std::move(rows)};
}

Result<Placement> prepare_placement(store::ReadTx& tx, const Context& context, const identity::Merchant& merchant,
                                    Authorization authorization, PaymentSession session, Purchase purchase,
                                    const OrderRequest& request) {
  std::optional<identity::NewSubject> subject;
  if (add_late_details(purchase, request.purchase)) {
    KARV_TRY(subject, seal_details(tx, context, session, purchase.details));
  }
  Order order = order_from(context, authorization, session, purchase);
  order.auto_capture = request.auto_capture;
  std::string reply = reply_of(order);
  KARV_TRY(auto mail, prepare_order_mail(tx, context, order, merchant.name));
  authorization.state = AuthorizationState::spent;
  authorization.order_id = order.order_id;
  authorization.order_reply = reply;
  session.status = SessionStatus::complete;
  session.version += 1;
  std::vector<store::Query> rows{insertion_of(order), update_of(authorization), update_of(session)};
  return Placement{std::move(order), std::move(reply), std::move(subject), std::move(mail), std::move(rows)};
}

Result<std::variant<PlacedOrder, Decision>> prepare(store::ReadTx& tx, const Context& context,
                                                    const identity::Merchant& merchant, AuthorizationId id,
                                                    const OrderRequest& request) {
  using Prepared = std::variant<PlacedOrder, Decision>;
  KARV_TRY(auto rows, tx.read({find_authorization(id), find_session_of(id)}));
  auto authorization = read_authorization(rows[0]);
  auto session = read_session(rows[1]);
  if (!authorization || !session || authorization->merchant_id != merchant.merchant_id) return no_such_token();
  if (auto settled = settled_answer(*authorization, request.digest, context.business.now())) {
    KARV_TRY(auto answer, *std::move(settled));
    return Prepared(std::move(answer));
  }
  KARV_TRY(auto purchase, open_purchase_of(tx, context, *session));
  authorization->version += 1;
  authorization->order_request_digest = request.digest;
  if (const auto fields = differing_fields(purchase, request.purchase); !fields.empty())
    return Prepared(Decision(
        prepare_mismatch(*std::move(authorization), *std::move(session), fmt::format("{}", fmt::join(fields, ", ")))));
  KARV_TRY(auto placement, prepare_placement(tx, context, merchant, *std::move(authorization), *std::move(session),
                                             std::move(purchase), request));
  return Prepared(Decision(std::move(placement)));
}

Result<PlacedOrder> write_mismatch(store::Tx& tx, const Context& context, const Mismatch& mismatch) {
  const Authorization& authorization = mismatch.authorization;
  KARV_REQUIRE(authorization.agreement_id.has_value());
  KARV_TRY_VOID(credit::cancel_agreement(tx, *authorization.agreement_id));
  if (authorization.hold_operation) KARV_TRY_VOID(reverse_hold(tx, context, authorization.authorization_id));
  for (const auto& row : mismatch.rows) tx.write(row, 1);
  return PlacedOrder{{}, mismatch.refusal};
}

Result<PlacedOrder> write_placement(store::Tx& tx, const Context& context, const identity::Merchant& merchant,
                                    const Placement& placement) {
  const Order& order = placement.order;
  if (placement.subject) context.sealer.insert(tx, *placement.subject);
  for (const auto& row : placement.rows) tx.write(row, 1);
  record_deed(tx, context,
              {.actor = by_merchant(merchant.merchant_id),
               .action = "order_placed",
               .subject = {"order", order.order_id.text()},
               .details = {{"amount", order.order_amount}, {"authorization", order.authorization_id.text()}}});
  notify::store_mail(tx, placement.mail);
  if (order.auto_capture && order.fraud_status == FraudStatus::ACCEPTED)
    KARV_TRY_VOID(capture_whole(tx, context, order, merchant.name));
  publish_after_commit(tx, context, order.customer_id, order.order_id);
  return PlacedOrder{placement.reply, std::nullopt};
}

}  // namespace

Result<OrderRequest> read_order_request(const PurchaseRequest& request) {
  auto digest = base::to_hex(crypto::sha256(base::as_bytes(json::encode(request))));
  KARV_TRY(auto purchase, open_purchase(request));
  return OrderRequest{std::move(purchase), request.auto_capture.value_or(false), std::move(digest)};
}

Result<PlacedOrder> place_order(store::Database& database, const Context& context, const identity::Merchant& merchant,
                                AuthorizationId id, const OrderRequest& request) {
  return prepare_and_write<PlacedOrder, Decision>(
      database, "place_order", [&](store::ReadTx& tx) { return prepare(tx, context, merchant, id, request); },
      [&](store::Tx& tx, const Decision& decision) {
        if (const auto* mismatch = std::get_if<Mismatch>(&decision)) return write_mismatch(tx, context, *mismatch);
        return write_placement(tx, context, merchant, std::get<Placement>(decision));
      });
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
