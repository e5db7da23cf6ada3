#include "load/script.h"

#include <string_view>

#include <fmt/format.h>

#include "json/decode.h"

namespace karv::bench {
namespace {

using net::Method;

// Swedish kronor in oere, one line, 25 % tax within the price.
constexpr std::string_view kCart =
    R"({"purchase_country":"SE","purchase_currency":"SEK","locale":"sv-SE","order_amount":100000,)"
    R"("order_tax_amount":20000,"order_lines":[{"type":"physical","reference":"19-402-SWE","name":"Battery lantern",)"
    R"("quantity":1,"quantity_unit":"pcs","unit_price":100000,"tax_rate":2500,"total_amount":100000,)"
    R"("total_discount_amount":0,"total_tax_amount":20000}]})";

struct SessionAnswer {
  std::string session_id;
};
BOOST_DESCRIBE_STRUCT(SessionAnswer, (), (session_id))
struct AuthorizeAnswer {
  std::string authorization_token;
};
BOOST_DESCRIBE_STRUCT(AuthorizeAnswer, (), (authorization_token))
struct OrderAnswer {
  std::string order_id;
};
BOOST_DESCRIBE_STRUCT(OrderAnswer, (), (order_id))

net::OutboundRequest post(std::string path, std::string body) {
  return {.destination = "target",
          .method = Method::post,
          .path = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

template <class Answer>
auto learn(std::string Shopper::* into, std::string Answer::* from) {
  return [into, from](Shopper& shopper, const net::Response& response) {
    auto answer = json::decode<Answer>(response.body);
    if (!answer.ok()) return false;
    shopper.*into = std::move(*answer).*from;
    return true;
  };
}

bool learn_nothing(Shopper& /*shopper*/, const net::Response& /*response*/) { return true; }

Step create_session() {
  return {.name = "create_session",
          .expected_status = 200,
          .request = [](const Shopper&) { return post("/payments/v1/sessions", std::string(kCart)); },
          .learn = learn(&Shopper::session_id, &SessionAnswer::session_id)};
}

Step authorize(const PurchaseKind& kind) {
  return {.name = "authorize",
          .expected_status = 200,
          .request =
              [kind](const Shopper& shopper) {
                return post("/sandbox/v1/sessions/" + shopper.session_id + "/authorize",
                            fmt::format(R"({{"payment_method_category":"{}","email":"{}","test_card":"{}"}})",
                                        kind.category, shopper.email, kind.test_card));
              },
          .learn = learn(&Shopper::authorization_token, &AuthorizeAnswer::authorization_token)};
}

}  // namespace

Script read_script(const std::string& path) {
  return {{.name = "read",
           .expected_status = 200,
           .request =
               [path](const Shopper&) {
                 return net::OutboundRequest{.destination = "target", .method = Method::get, .path = path};
               },
           .learn = learn_nothing}};
}

Script post_script(const std::string& path, std::vector<std::string> bodies, const std::string& answer) {
  return {
      {.name = "post",
       .expected_status = 200,
       .request =
           [path, bodies = std::move(bodies)](const Shopper& shopper) {
             return post(path, bodies[static_cast<std::size_t>(shopper.number) % bodies.size()]);
           },
       .learn = [answer](Shopper&,
                         const net::Response& response) { return response.body.find(answer) != std::string::npos; }}};
}

Script purchase_script(const PurchaseKind& kind) {
  Step place{.name = "place_order",
             .expected_status = 200,
             .request =
                 [](const Shopper& shopper) {
                   return post("/payments/v1/authorizations/" + shopper.authorization_token + "/order",
                               std::string(kCart));
                 },
             .learn = learn(&Shopper::order_id, &OrderAnswer::order_id)};
  Step capture{.name = "capture",
               .expected_status = 201,
               .request =
                   [](const Shopper& shopper) {
                     return post("/ordermanagement/v1/orders/" + shopper.order_id + "/captures",
                                 R"({"captured_amount":100000})");
                   },
               .learn = learn_nothing};
  return {create_session(), authorize(kind), std::move(place), std::move(capture)};
}

Script hang_script() {
  Step hanging = authorize({.category = "pay_now", .test_card = "timeout"});
  hanging.learn = [](Shopper&, const net::Response& response) {
    return response.body.find(R"("approved":false)") != std::string::npos;
  };
  return {create_session(), std::move(hanging)};
}

}  // namespace karv::bench
