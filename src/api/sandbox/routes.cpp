#include "api/sandbox/routes.h"

#include <array>

#include "api/checkout/confirmation.h"
#include "api/merchant/door.h"
#include "base/check.h"
#include "json/decode.h"
#include "json/writer.h"
#include "orders/dates.h"
#include "orders/repository.h"
#include "orders/session_service.h"

namespace karv::api::sandbox {
namespace {

using base::ErrorCode;
using base::Result;
using merchant::Caller;
using net::Reply;

struct AuthorizeRequest {
  std::string payment_method_category, email;
  std::optional<std::string> test_card;
};
BOOST_DESCRIBE_STRUCT(AuthorizeRequest, (), (payment_method_category, email, test_card))

struct ClockRequest {
  std::string advance;
};
BOOST_DESCRIBE_STRUCT(ClockRequest, (), (advance))

std::optional<credit::Plan> plan_of(std::string_view category) {
  struct Row {
    std::string_view category;
    credit::Plan plan;
  };
  constexpr auto kRows = std::to_array<Row>({{"pay_now", credit::Plan::pay_now},
                                             {"pay_later", credit::Plan::pay_in_30},
                                             {"pay_over_time", credit::Plan::pay_in_3},
                                             {"klarna", credit::Plan::pay_in_30}});
  for (const auto& row : kRows)
    if (row.category == category) return row.plan;
  return std::nullopt;
}

struct Shopper {
  identity::CustomerId customer_id;
  std::string terms_hash;
};

// What the browser flow would have established: who buys, and the terms shown.
Result<Shopper> prepare(const Services& services, const Caller& caller, identity::PaymentSessionId session_id,
                        const identity::Email& email, credit::Plan plan) {
  return services.database.write<Shopper>("sandbox_shopper", [&](store::Tx& tx) -> Result<Shopper> {
    KARV_TRY(auto opened, orders::get_session(tx, services.orders, caller.merchant().merchant_id, session_id));
    KARV_TRY(auto customer, identity::ensure_customer(tx, services.orders.identity, email));
    const auto& session = opened.session;
    const auto currency = money::Currency::parse(session.purchase_currency);
    KARV_REQUIRE(currency.has_value());
    KARV_TRY(auto quote, credit::quote(plan, session.purchase_country, money::Money{session.order_amount, *currency},
                                       orders::today_in(session.purchase_country, services.orders.business)));
    return Shopper{customer.customer_id, quote.terms_hash};
  });
}

net::Response answer(const Services& services, const orders::Authorization& authorization) {
  json::Writer out;
  const bool approved = authorization.state == orders::AuthorizationState::approved;
  out.begin_object().member("approved", approved);
  if (approved) {
    out.member("authorization_token", services.orders.tokens.authorization_token(authorization.authorization_id));
  } else {
    out.member("error", authorization.refusal.value_or("REFUSED"));
  }
  out.end_object();
  return merchant::json_response(200, std::move(out).take());
}

Result<Reply> authorize(const Services& services, const Caller& caller, const net::Request& request) {
  const auto session_id = identity::PaymentSessionId::parse(request.parameter("session_id"));
  if (!session_id) return orders::no_such_session();
  KARV_TRY(auto body, merchant::read_body<AuthorizeRequest>(request));
  const auto plan = plan_of(body.payment_method_category);
  const auto email = identity::Email::parse(body.email);
  json::FieldErrors errors;
  if (!plan) errors.add("payment_method_category", "expected pay_now, pay_later or pay_over_time");
  if (!email) errors.add("email", "expected an e-mail address");
  KARV_TRY_VOID(errors.result());
  KARV_TRY(auto shopper, prepare(services, caller, *session_id, *email, *plan));
  return checkout::confirm(services, caller.principal.merchant,
                           {.authorization_id = std::nullopt,
                            .session_id = *session_id,
                            .customer_id = shopper.customer_id,
                            .email = *email,
                            .plan = *plan,
                            .terms_hash = shopper.terms_hash,
                            .card = checkout::TestCard{body.test_card.value_or("approve")}},
                           [&services, &request](Result<orders::Authorization> ended) -> Reply {
                             if (!ended.ok()) return merchant::error_response(request, ended.error());
                             return answer(services, *ended);
                           });
}

Result<Reply> move_clock(const AdvanceClock& advance, const net::Request& request) {
  KARV_TRY(auto body, merchant::read_body<ClockRequest>(request));
  const auto period = calendar::Period::parse(body.advance);
  if (!period || period->is_zero()) {
    json::FieldErrors errors;
    errors.add("advance", "expected an ISO 8601 period like P30D or PT1H");
    return errors.error();
  }
  KARV_TRY(auto now, advance(*period));
  json::Writer out;
  out.begin_object().member("business_time", base::to_rfc3339(now)).end_object();
  return Reply(merchant::json_response(200, std::move(out).take()));
}

}  // namespace

void add_routes(net::Router& router, const Services& services, AdvanceClock advance) {
  KARV_CHECK(services.sandbox);
  router.add(net::Method::post, "/sandbox/v1/sessions/:session_id/authorize",
             merchant::door(services, [&services](const Caller& caller, const net::Request& request) {
               return authorize(services, caller, request);
             }));
  router.add(net::Method::post, "/sandbox/v1/clock",
             merchant::door(services, [advance = std::move(advance)](const Caller&, const net::Request& request) {
               return move_clock(advance, request);
             }));
  router.set_fallback("/sandbox", merchant::fallback);
}

}  // namespace karv::api::sandbox
