#include "api/merchant/payments.h"

#include "api/merchant/door.h"
#include "api/merchant/session_json.h"
#include "base/check.h"
#include "orders/authorization_service.h"
#include "orders/placement_service.h"
#include "orders/repository.h"
#include "orders/session_service.h"

namespace karv::api::merchant {
namespace {

using base::ErrorCode;
using base::Result;
using net::Reply;

Result<identity::PaymentSessionId> session_id_of(const net::Request& request) {
  const auto id = identity::PaymentSessionId::parse(request.parameter("session_id"));
  if (!id) return orders::no_such_session();
  return *id;
}

Result<orders::AuthorizationId> authorization_of(const Services& services, const net::Request& request) {
  const auto id = services.orders.tokens.authorization_of(request.parameter("authorization_token"));
  if (!id) return base::public_error(ErrorCode::not_found, "Invalid authorization token", "NOT_FOUND");
  return *id;
}

Result<Reply> create_session(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto body, read_body<orders::PurchaseRequest>(request));
  KARV_TRY(auto purchase, orders::open_purchase(std::move(body)));
  KARV_TRY(const auto made, orders::make_session(services.orders, caller.merchant().merchant_id, purchase));
  KARV_TRY_VOID(services.database.write<void>("create_session", [&](store::Tx& tx) -> Result<void> {
    orders::store_session(tx, services.orders, made);
    return {};
  }));
  return Reply(json_response(200, created_session_json(services, caller.merchant(), made.session)));
}

Result<Reply> update_session(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto id, session_id_of(request));
  KARV_TRY(auto body, read_body<orders::PurchaseRequest>(request));
  KARV_TRY(auto changed,
           orders::change_session(services.database, services.orders, caller.merchant().merchant_id, id, body));
  KARV_REQUIRE(changed.session_id == id);
  return Reply(no_content());
}

Result<Reply> read_session(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto id, session_id_of(request));
  KARV_TRY(auto opened, services.database.read<orders::OpenedSession>("read_session", [&](store::ReadTx& tx) {
    return orders::get_session(tx, services.orders, caller.merchant().merchant_id, id);
  }));
  return Reply(json_response(200, session_json(services, caller.merchant(), opened)));
}

Result<Reply> place_order(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto id, authorization_of(services, request));
  KARV_TRY(auto body, read_body<orders::PurchaseRequest>(request));
  KARV_TRY(const auto order, orders::read_order_request(body));
  KARV_TRY(auto placed, orders::place_order(services.database, services.orders, caller.merchant(), id, order));
  if (placed.refusal) return *std::move(placed.refusal);
  return Reply(json_response(200, std::move(placed.reply)));
}

Result<Reply> release(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto id, authorization_of(services, request));
  KARV_TRY_VOID(services.database.write<void>("release_authorization", [&](store::Tx& tx) {
    return orders::release_authorization(tx, services.orders, caller.merchant().merchant_id, id);
  }));
  return Reply(no_content());
}

struct CustomerTokenRequest {
  std::string description, intended_use, locale, purchase_country, purchase_currency;
};
BOOST_DESCRIBE_STRUCT(CustomerTokenRequest, (),
                      (description, intended_use, locale, purchase_country, purchase_currency))

// Customer tokens are minted only where the session asked for one (intent tokenize); today's sessions that did are told
// plainly that recurring charges are not offered yet.
Result<Reply> create_customer_token(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto id, authorization_of(services, request));
  KARV_TRY(auto body, read_body<CustomerTokenRequest>(request));
  KARV_TRY(auto session, services.database.read<std::optional<orders::PaymentSession>>(
                             "customer_token", [&](store::ReadTx& tx) -> Result<std::optional<orders::PaymentSession>> {
                               KARV_TRY(auto rows, tx.read({orders::find_session_of(id)}));
                               return orders::read_session(rows[0]);
                             }));
  if (!session || session->merchant_id != caller.merchant().merchant_id)
    return base::public_error(ErrorCode::not_found, "Invalid authorization token", "NOT_FOUND");
  if (session->intent == orders::Intent::buy)
    return base::public_error(ErrorCode::forbidden, "Not allowed to create customer token for intent buy",
                              "INVALID_OPERATION");
  return base::public_error(ErrorCode::forbidden, "Recurring payments are not enabled for this merchant.",
                            "INVALID_OPERATION");
}

}  // namespace

void add_payments_routes(net::Router& router, const Services& services) {
  using net::Method;
  const auto add = [&](Method method, std::string_view pattern,
                       Result<Reply> (*endpoint)(const Services&, const Caller&, const net::Request&),
                       RateCategory category = RateCategory::other) {
    router.add(method, pattern,
               door(
                   services,
                   [&services, endpoint](const Caller& caller, const net::Request& request) {
                     return endpoint(services, caller, request);
                   },
                   category));
  };
  add(Method::post, "/payments/v1/sessions", create_session, RateCategory::create_session);
  add(Method::post, "/payments/v1/sessions/:session_id", update_session);
  add(Method::get, "/payments/v1/sessions/:session_id", read_session);
  add(Method::post, "/payments/v1/authorizations/:authorization_token/order", place_order);
  add(Method::delete_, "/payments/v1/authorizations/:authorization_token", release);
  add(Method::post, "/payments/v1/authorizations/:authorization_token/customer-token", create_customer_token);
  router.set_fallback("/payments", fallback);
}

}  // namespace karv::api::merchant
