#include "api/customer/routes.h"

#include "api/answers.h"
#include "api/card_json.h"
#include "api/customer/cards.h"
#include "api/customer/door.h"
#include "api/customer/payments.h"
#include "api/customer/purchase_json.h"
#include "api/errors.h"
#include "audit/record.h"
#include "json/decode.h"
#include "orders/account_service.h"
#include "orders/order_service.h"

namespace karv::api::customer {
namespace {

using base::Result;
using identity::CustomerPrincipal;
using net::Reply;

constexpr std::int64_t kMostPurchases = 100;

audit::Record record_of(const Services& services, const net::Request& request, identity::CustomerId customer,
                        std::string action, audit::Subject subject) {
  const auto& context = services.orders;
  return {.id = base::make_id<audit::RecordTag>(context.wall, context.random),
          .actor = {audit::ActorKind::customer, customer.text()},
          .action = std::move(action),
          .subject = std::move(subject),
          .reason = {},
          .business_time = context.business.now(),
          .wall_time = context.wall.now(),
          .correlation_id = request.correlation_id,
          .details = "{}"};
}

struct LoginBody {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(LoginBody, (), (email))
struct VerifyBody {
  std::string email, code;
};
BOOST_DESCRIBE_STRUCT(VerifyBody, (), (email, code))

// The answer is the same whether there is an account or not.
Result<Reply> login(const Services& services, const net::Request& request) {
  KARV_TRY(auto body, json::decode<LoginBody>(request.body));
  KARV_TRY(auto email, read_email(body.email));
  const auto language = identity::language_of_locale(std::string(request.headers.find("Accept-Language").substr(0, 5)));
  const identity::CodeRequest code{identity::CodeScope::portal(), email, request.peer, language, {}};
  KARV_TRY_VOID(services.database.write<void>("login", [&](store::Tx& tx) -> Result<void> {
    KARV_TRY(auto mail, identity::issue_code(tx, services.orders.identity, code));
    return mail ? notify::enqueue_mail(tx, services.orders.mail, *mail) : Result<void>{};
  }));
  return Reply(no_content());
}

Result<Reply> verify(const Services& services, const net::Request& request) {
  KARV_TRY(auto body, json::decode<VerifyBody>(request.body));
  KARV_TRY(auto email, read_email(body.email));
  KARV_TRY(auto signed_in,
           services.database.write<identity::SignIn>("login_verify", [&](store::Tx& tx) -> Result<identity::SignIn> {
             KARV_TRY(auto done,
                      identity::sign_in(tx, services.orders.identity, identity::CodeScope::portal(), email, body.code));
             if (done.grant) {
               const auto& who = done.grant->customer;
               audit::append(tx, record_of(services, request, who.customer_id, "signed_in",
                                           {"customer_session", who.session_id.text()}));
             }
             return done;
           }));
  if (!signed_in.grant)
    return Reply(
        problem(request, identity::refusal_of(signed_in.check), "attempts_left", signed_in.check.attempts_left));
  json::Writer out;
  out.begin_object().member("email", email.expose()).end_object();
  auto response = json_answer(std::move(out).take());
  response.headers.add("Set-Cookie", set_cookie(signed_in.grant->session_token.expose_text()));
  return Reply(std::move(response));
}

Result<Reply> logout(const Services& services, const CustomerPrincipal& customer, const net::Request&) {
  KARV_TRY_VOID(services.database.write<void>(
      "logout", [&](store::Tx& tx) { return identity::sign_out(tx, services.orders.identity, customer); }));
  auto response = no_content();
  response.headers.add("Set-Cookie", clear_cookie());
  return Reply(std::move(response));
}

Result<Reply> me(const Services& services, const CustomerPrincipal& customer, const net::Request&) {
  return services.database.read<Reply>("me", [&](store::ReadTx& tx) -> Result<Reply> {
    KARV_TRY(auto email, identity::get_customer_email(tx, services.orders.identity, customer.customer_id));
    KARV_TRY(auto cards, orders::list_cards(tx, customer.customer_id));
    json::Writer out;
    out.begin_object().member("email", email.expose()).member("cards").begin_array();
    for (const auto& card : cards) write_card(out, card);
    out.end_array().end_object();
    return Reply(json_answer(std::move(out).take()));
  });
}

Result<Reply> purchases(const Services& services, const CustomerPrincipal& customer, const net::Request&) {
  return services.database.read<Reply>("purchases", [&](store::ReadTx& tx) -> Result<Reply> {
    KARV_TRY(auto views, orders::list_purchases(tx, customer.customer_id, kMostPurchases));
    json::Writer out;
    out.begin_object().member("purchases").begin_array();
    for (const auto& view : views) write_purchase(out, view);
    out.end_array().end_object();
    return Reply(json_answer(std::move(out).take()));
  });
}

Result<Reply> purchase(const Services& services, const CustomerPrincipal& customer, const net::Request& request) {
  const auto id = orders::OrderId::parse(request.parameter("order_id"));
  if (!id) return orders::no_such_order();
  return services.database.read<Reply>("purchase", [&](store::ReadTx& tx) -> Result<Reply> {
    KARV_TRY(auto view, orders::get_purchase(tx, customer.customer_id, *id));
    json::Writer out;
    write_purchase(out, view);
    return Reply(json_answer(std::move(out).take()));
  });
}

Result<Reply> card_ticket(const Services& services, const CustomerPrincipal& customer, const net::Request& request) {
  return ticket_reply(request, customer.customer_id, {services.base_url}, services.base_url);
}

class FeedToPage final : public notify::FeedSink {
 public:
  explicit FeedToPage(std::shared_ptr<net::EventSink> page) : page_(std::move(page)) {}
  bool push(std::string_view event, std::string_view data) override { return page_->push(event, data); }

 private:
  std::shared_ptr<net::EventSink> page_;
};

Result<Reply> events(const Services& services, const CustomerPrincipal& customer, const net::Request&) {
  return Reply(net::EventStream{
      {}, [&feed = services.orders.feed, id = customer.customer_id](std::shared_ptr<net::EventSink> sink) {
        feed.subscribe(id, std::make_shared<FeedToPage>(std::move(sink)));
      }});
}

}  // namespace

void add_routes(net::Router& router, const Services& services) {
  using net::Method;
  router.add(Method::post, "/customer/v1/login", open(services, login));
  router.add(Method::post, "/customer/v1/login/verify", open(services, verify));
  router.add(Method::post, "/customer/v1/logout", signed_in(services, logout));
  router.add(Method::get, "/customer/v1/me", signed_in(services, me));
  router.add(Method::get, "/customer/v1/purchases", signed_in(services, purchases));
  router.add(Method::get, "/customer/v1/purchases/:order_id", signed_in(services, purchase));
  router.add(Method::post, "/customer/v1/installments/:installment_id/pay", signed_in(services, pay_installment));
  router.add(Method::post, "/customer/v1/card-ticket", signed_in(services, card_ticket));
  router.add(Method::post, "/customer/v1/cards", signed_in(services, add_card));
  router.add(Method::delete_, "/customer/v1/cards/:card_id", signed_in(services, remove_card));
  router.add(Method::get, "/customer/v1/events", signed_in(services, events));
  router.set_fallback("/customer/v1", problem_fallback);
}

}  // namespace karv::api::customer
