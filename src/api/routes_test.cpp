// Every audience's doors with requests as values: who may pass, what comes back, and what bad input gets.
#include <string>

#include <gtest/gtest.h>

#include "api/world_for_test.h"

namespace karv::api {
namespace {

using net::Method;

struct Refused {
  std::string error_code;
  std::vector<std::string> error_messages;
};
BOOST_DESCRIBE_STRUCT(Refused, (), (error_code, error_messages))
struct Problem {
  std::string code;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (code))

std::string code_of(const net::Response& response) {
  const auto refused = json::decode<Refused>(response.body);
  if (refused.ok()) return refused->error_code;
  const auto problem = json::decode<Problem>(response.body);
  return problem.ok() ? problem->code : "(none)";
}

class RoutesTest : public testing::Test {
 protected:
  Created open(std::int64_t amount = 9'000) {
    const auto response = api.ask(Method::post, "/payments/v1/sessions", WorldForTest::purchase_json(amount));
    EXPECT_EQ(response.status, 200) << response.body;
    return json::decode<Created>(response.body).value();
  }
  net::Response authorize(const std::string& session, const std::string& category) {
    return api.ask(Method::post, "/sandbox/v1/sessions/" + session + "/authorize",
                   R"({"payment_method_category":")" + category + R"(","email":"customer@email.de"})");
  }
  // A placed order's path.
  std::string buy(const std::string& category = "pay_over_time") {
    const auto authorized = json::decode<Authorized>(authorize(open().session_id, category).body).value();
    EXPECT_TRUE(authorized.approved) << authorized.error.value_or("");
    const auto placed =
        api.ask(Method::post, "/payments/v1/authorizations/" + authorized.authorization_token.value_or("") + "/order",
                WorldForTest::purchase_json(9'000));
    EXPECT_EQ(placed.status, 200) << placed.body;
    return "/ordermanagement/v1/orders/" + orders::order_id_in(placed.body).text();
  }
  net::Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }
  WorldForTest api;
};

TEST_F(RoutesTest, a_purchase_by_card_goes_through_every_door) {
  const auto order = buy();
  const auto captured = api.ask(Method::post, order + "/captures", R"({"captured_amount":9000})");
  EXPECT_EQ(captured.status, 201);
  EXPECT_TRUE(captured.body.empty());
  EXPECT_FALSE(captured.headers.find("Capture-Id").empty());
  EXPECT_EQ(captured.headers.find("Location"),
            "https://pay.localhost:8443" + order + "/captures/" + std::string(captured.headers.find("Capture-Id")));
  const auto refunded = api.ask(Method::post, order + "/refunds", R"({"refunded_amount":1000})");
  EXPECT_EQ(refunded.status, 201);
  EXPECT_EQ(api.ask(Method::get, order + "/refunds/" + std::string(refunded.headers.find("Refund-Id"))).status, 200);
  const auto read = api.ask(Method::get, order);
  EXPECT_EQ(read.status, 200);
  EXPECT_NE(read.body.find(R"("status":"CAPTURED")"), std::string::npos);
  EXPECT_NE(read.body.find(R"("refunded_amount":1000)"), std::string::npos);
  EXPECT_EQ(api.vault.done(), std::vector<std::string>{"hold"});
}

TEST_F(RoutesTest, with_the_vault_away_what_needs_personal_data_is_503_and_the_same_again_is_done) {
  const auto order = buy("pay_later");
  EXPECT_EQ(api.ask(Method::post, order + "/captures", R"({"captured_amount":9000})").status, 201);
  api.shop.world.wall.advance(identity::kOpenedTime);
  api.shop.world.vault.away = true;
  const auto refund = [&] { return api.ask(Method::post, order + "/refunds", R"({"refunded_amount":1000})", "key"); };
  const auto refused = refund();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(code_of(refused), "TEMPORARILY_UNAVAILABLE");
  EXPECT_EQ(api.ask(Method::get, order).status, 200);  // this one has no personal details
  api.shop.world.vault.away = false;
  api.shop.world.wall.advance(base::seconds(1));
  EXPECT_EQ(refund().status, 201);
  EXPECT_EQ(refund().status, 201);
  EXPECT_NE(api.ask(Method::get, order).body.find(R"("refunded_amount":1000,)"), std::string::npos);
}

TEST_F(RoutesTest, an_order_without_captures_still_has_the_lists) {
  const auto read = api.ask(Method::get, buy("pay_later"));
  EXPECT_NE(read.body.find(R"("captures":[])"), std::string::npos);
  EXPECT_NE(read.body.find(R"("refunds":[])"), std::string::npos);
}

TEST_F(RoutesTest, mutations_without_a_body_are_normal) {
  const auto order = buy("pay_later");
  for (const char* command : {"/acknowledge", "/extend-authorization-time", "/cancel"}) {
    const auto response = api.ask(Method::post, order + command);
    EXPECT_EQ(response.status, 204) << command;
    EXPECT_TRUE(response.body.empty());
    EXPECT_FALSE(response.headers.has("Content-Type"));
  }
}

TEST_F(RoutesTest, an_idempotency_key_captures_once) {
  const auto order = buy("pay_later");
  const auto first = api.ask(Method::post, order + "/captures", R"({"captured_amount":4000})", "key");
  const auto again = api.ask(Method::post, order + "/captures", R"({"captured_amount":4000})", "key");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.headers.find("Capture-Id"), first.headers.find("Capture-Id"));
  const auto other = api.ask(Method::post, order + "/captures", R"({"captured_amount":5000})", "key");
  EXPECT_EQ(other.status, 409);
  const auto elsewhere = api.ask(Method::post, order + "/refunds", R"({"captured_amount":4000})", "key");
  EXPECT_NE(elsewhere.status, 201);
  EXPECT_EQ(api.ask(Method::post, order + "/captures", R"({"captured_amount":4000})", std::string(256, 'k')).status,
            400);
  const auto refused = api.ask(Method::post, order + "/captures", R"({"captured_amount":9001})", "other");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(json::decode<Refused>(refused.body)->error_messages[0],
            "Captured amount is higher than the remaining authorized amount. Capture not possible.");
  const auto refused_again = api.ask(Method::post, order + "/captures", R"({"captured_amount":9001})", "other");
  EXPECT_EQ(refused_again.body, refused.body);
}

TEST_F(RoutesTest, a_session_read_names_itself_in_the_shops_urls_and_its_order_once_there_is_one) {
  const std::string plain = WorldForTest::purchase_json(9'000);
  const std::string body = plain.substr(0, plain.size() - 1) +
                           R"(,"merchant_urls":{"confirmation":"https://shop.example/{session.id}/{order.id}",)"
                           R"("notification":"https://shop.example/n?o={checkout.order.id}"}})";
  const auto session = json::decode<Created>(api.ask(Method::post, "/payments/v1/sessions", body).body)->session_id;
  const auto read = [&] { return api.ask(Method::get, "/payments/v1/sessions/" + session).body; };
  EXPECT_NE(read().find("https://shop.example/" + session + "/{order.id}\""), std::string::npos) << read();
  const auto token = json::decode<Authorized>(authorize(session, "pay_later").body)->authorization_token.value();
  const auto placed = api.ask(Method::post, "/payments/v1/authorizations/" + token + "/order", body);
  ASSERT_EQ(placed.status, 200) << placed.body;
  const auto order = orders::order_id_in(placed.body).text();
  const std::string confirmation = "https://shop.example/" + session + "/" + order + "\"";
  EXPECT_NE(placed.body.find(R"("redirect_url":")" + confirmation), std::string::npos) << placed.body;
  EXPECT_NE(read().find(R"("confirmation":")" + confirmation), std::string::npos) << read();
  EXPECT_NE(read().find(R"("notification":"https://shop.example/n?o=)" + order + "\""), std::string::npos) << read();
}

// Source of the numbers: merchant API contract, section 1.4.
TEST_F(RoutesTest, beyond_its_rate_a_merchant_is_answered_429_until_the_second_is_over) {
  const auto open_one = [&] { return api.ask(Method::post, "/payments/v1/sessions", "{}"); };
  for (int left = 39; left >= 0; --left) {
    const auto response = open_one();
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.headers.find("X-Ratelimit-Limit"), "40, 40;w=1");
    EXPECT_EQ(response.headers.find("X-Ratelimit-Remaining"), std::to_string(left));
    EXPECT_EQ(response.headers.find("X-Ratelimit-Reset"), "1");
  }
  const auto refused = open_one();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "TOO_MANY_REQUESTS");
  EXPECT_NE(refused.body.find(R"("correlation_id":"00000000-0000-7000-8000-000000000001")"), std::string::npos);
  EXPECT_EQ(refused.headers.find("X-Ratelimit-Remaining"), "0");
  EXPECT_EQ(refused.headers.find("X-Ratelimit-Reset"), "1");
  EXPECT_EQ(refused.headers.find("Retry-After"), "1");
  // What else the merchant does is another category.
  EXPECT_EQ(api.ask(Method::get, "/payments/v1/sessions/nonsense").headers.find("X-Ratelimit-Remaining"), "199");
  api.shop.world.wall.advance(base::seconds(1));
  EXPECT_EQ(open_one().headers.find("X-Ratelimit-Remaining"), "39");
}

TEST_F(RoutesTest, the_rate_is_counted_for_a_known_merchant_only_and_for_each_apart) {
  for (int i = 0; i < 250; ++i)
    EXPECT_EQ(api.send(Method::get, "/payments/v1/sessions/x", {}, {{"Authorization", "Basic bm9ib2R5Og=="}}).status,
              401);
  const auto order = buy("pay_later");
  int admitted = 0;
  while (api.ask(Method::get, order).status == 200) ++admitted;
  EXPECT_GT(admitted, 150);
  EXPECT_LT(admitted, 200);  // buying took some
  EXPECT_EQ(api.ask(Method::post, order + "/captures", R"({"captured_amount":1})").status, 429);
  EXPECT_EQ(api.ask(Method::post, "/sandbox/v1/clock", R"({"advance":"P1D"})").status, 429);
  const auto other = api.shop.write<identity::NewCredential>([&](store::Tx& tx) {
    return identity::create_credential(tx, api.shop.identity_context, api.shop.other.merchant_id);
  });
  ASSERT_TRUE(other.ok());
  api.username = other->username;
  api.password = std::string(other->secret.expose_text());
  EXPECT_EQ(api.ask(Method::get, order).status, 404);
}

TEST_F(RoutesTest, an_answer_that_waited_for_the_card_network_says_the_rate_too) {
  const auto authorized = authorize(open().session_id, "pay_over_time");
  EXPECT_EQ(authorized.status, 200);
  EXPECT_EQ(authorized.headers.count("X-Ratelimit-Limit"), 1U);
}

TEST_F(RoutesTest, location_is_a_path_where_the_operator_wants_it) {
  api.services.location_is_a_path = true;
  const auto order = buy("pay_later");
  const auto captured = api.ask(Method::post, order + "/captures", R"({"captured_amount":9000})");
  EXPECT_EQ(captured.headers.find("Location"), order + "/captures/" + std::string(captured.headers.find("Capture-Id")));
}

TEST_F(RoutesTest, wrong_credentials_are_401_everywhere_and_say_so) {
  const auto order = buy("pay_later");
  for (const std::string& header :
       {std::string(), std::string("Basic "), "Basic " + base::to_base64(base::as_bytes("nobody:nothing")),
        "Basic " + base::to_base64(base::as_bytes(api.username + ":wrong")), "Bearer " + api.password}) {
    const auto response = api.send(Method::get, order, {}, {{"Authorization", header}});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(code_of(response), "UNAUTHORIZED");
    EXPECT_TRUE(response.headers.has("WWW-Authenticate"));
  }
  EXPECT_EQ(api.send(Method::post, "/sandbox/v1/clock", R"({"advance":"P1D"})").status, 401);
}

TEST_F(RoutesTest, malformed_bodies_are_400_and_named) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{}"),
        std::string(R"({"order_amount":1e3})"), std::string(R"({"order_amount":18446744073709551616})"),
        std::string(R"({"order_amount":"ten"})"), std::string("{\"a\":\"\xff\"}"), std::string(R"({"a":1,"a":1})"),
        std::string(5'000, '['), WorldForTest::purchase_json(-1)}) {
    const auto response = api.ask(Method::post, "/payments/v1/sessions", body);
    EXPECT_EQ(response.status, 400) << body.substr(0, 40);
    EXPECT_FALSE(code_of(response).empty());
  }
  const auto lowest = api.ask(Method::post, "/payments/v1/sessions",
                              R"({"purchase_country":"DE","purchase_currency":"EUR","order_amount":1,"order_lines":[)"
                              R"({"name":"x","quantity":1,"unit_price":-9223372036854775808,"total_amount":1}]})");
  EXPECT_EQ(lowest.status, 400);
}

TEST_F(RoutesTest, unknown_ids_and_malformed_ids_are_told_apart) {
  const std::string unknown = "00000000-0000-7000-8000-000000000000";
  EXPECT_EQ(code_of(api.ask(Method::get, "/ordermanagement/v1/orders/" + unknown)), "NO_SUCH_ORDER");
  EXPECT_EQ(code_of(api.ask(Method::get, "/ordermanagement/v1/orders/nonsense")), "INVALID_ORDER_ID");
  EXPECT_EQ(api.ask(Method::get, "/payments/v1/sessions/" + unknown).status, 404);
  EXPECT_EQ(api.ask(Method::get, "/payments/v1/sessions/nonsense").status, 404);
  EXPECT_EQ(api.ask(Method::post, "/payments/v1/authorizations/nonsense/order", "{}").status, 404);
  EXPECT_EQ(api.ask(Method::delete_, "/payments/v1/authorizations/" + unknown).status, 404);
  const auto order = buy("pay_later");
  EXPECT_EQ(code_of(api.ask(Method::get, order + "/captures/" + unknown)), "NO_SUCH_CAPTURE");
  EXPECT_EQ(code_of(api.ask(Method::get, order + "/refunds/" + unknown)), "NOT_FOUND");
}

TEST_F(RoutesTest, unknown_paths_and_methods_get_the_dialect_of_their_prefix) {
  EXPECT_EQ(api.ask(Method::get, "/payments/v2/anything").status, 404);
  EXPECT_EQ(api.ask(Method::put, "/payments/v1/sessions").status, 405);
  EXPECT_EQ(code_of(api.send(Method::get, "/checkout/v1/nothing")), "NOT_FOUND");
  EXPECT_EQ(api.send(Method::delete_, "/customer/v1/me").status, 405);
}

TEST_F(RoutesTest, the_checkout_asks_for_a_client_token_of_its_own) {
  const auto created = open();
  const auto seen = api.send(Method::get, "/checkout/v1/session", {}, bearer(created.client_token));
  EXPECT_EQ(seen.status, 200) << seen.body;
  EXPECT_NE(seen.body.find(R"("plan":"pay_now")"), std::string::npos);
  EXPECT_LT(seen.body.find("pay_now"), seen.body.find("pay_in_30"));  // what is no credit comes first
  for (const std::string& token : {std::string(), std::string("x.y.z"), created.client_token + "x"}) {
    const auto refused = api.send(Method::get, "/checkout/v1/session", {}, bearer(token));
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(code_of(refused), "CLIENT_TOKEN_INVALID");
  }
  auto foreign = bearer(created.client_token);
  foreign.add("Origin", "https://evil.example");
  EXPECT_EQ(api.send(Method::get, "/checkout/v1/session", {}, foreign).status, 403);
  for (const char* path : {"/checkout/v1/card-ticket", "/checkout/v1/confirm"}) {
    const auto anonymous = api.send(Method::post, path, "{}", bearer(created.client_token));
    EXPECT_EQ(code_of(anonymous), "NOT_IDENTIFIED") << path;
  }
}

TEST_F(RoutesTest, a_shops_page_cannot_change_what_is_bought) {
  const auto created = open();
  const auto hand_over = [&](const std::string& body) {
    return api.send(Method::post, "/checkout/v1/session", body, bearer(created.client_token));
  };
  EXPECT_EQ(hand_over(R"({"billing_address":{"given_name":"Test","country":"DE"}})").status, 204);
  EXPECT_EQ(code_of(hand_over(R"({"order_amount":1})")), "PURCHASE_DIFFERS");
  EXPECT_EQ(code_of(hand_over(R"({"purchase_currency":"SEK"})")), "PURCHASE_DIFFERS");
}

TEST_F(RoutesTest, the_account_needs_its_cookie_and_its_own_page) {
  EXPECT_EQ(api.send(Method::get, "/customer/v1/purchases").status, 401);
  EXPECT_EQ(api.send(Method::get, "/customer/v1/me", {}, {{"Cookie", "__Host-karv_account=nonsense"}}).status, 401);
  EXPECT_EQ(code_of(api.send(Method::post, "/customer/v1/login", R"({"email":"customer@email.de"})")),
            "FOREIGN_ORIGIN");
  const net::Headers own{{"Karv-Request", "1"}, {"Origin", "https://pay.localhost:8443"}};
  EXPECT_EQ(api.send(Method::post, "/customer/v1/login", R"({"email":"nobody@email.de"})", own).status, 204);
  EXPECT_EQ(code_of(api.send(Method::post, "/customer/v1/login", R"({"email":"nonsense"})", own)), "INVALID_EMAIL");
  EXPECT_EQ(
      api.send(Method::post, "/customer/v1/login/verify", R"({"email":"nobody@email.de","code":"000000"})", own).status,
      401);
}

TEST_F(RoutesTest, the_sandbox_says_why_a_card_was_not_taken) {
  const auto session = open().session_id;
  api.vault.outcome = vault_api::Outcome::declined;
  api.vault.response_code = "51";
  const auto declined = json::decode<Authorized>(authorize(session, "pay_over_time").body);
  ASSERT_TRUE(declined.ok());
  EXPECT_FALSE(declined->approved);
  EXPECT_EQ(declined->error, "CARD_INSUFFICIENT_FUNDS");
  api.vault.channel = rails::FakeVaultForTest::Channel::refuses_connections;
  EXPECT_EQ(authorize(session, "pay_over_time").status, 503);
  EXPECT_EQ(authorize(session, "gold_coins").status, 400);
}

TEST_F(RoutesTest, the_sandbox_clock_takes_periods_only) {
  EXPECT_EQ(api.ask(Method::post, "/sandbox/v1/clock", R"({"advance":"P30D"})").status, 200);
  for (const char* bad : {R"({"advance":"-P1D"})", R"({"advance":"P0D"})", R"({"advance":"tomorrow"})", "{}"})
    EXPECT_EQ(api.ask(Method::post, "/sandbox/v1/clock", bad).status, 400) << bad;
}

}  // namespace
}  // namespace karv::api
