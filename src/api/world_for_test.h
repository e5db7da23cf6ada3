// The server's routes over a whole purchase's world: requests are values, and the vault's part is played by hand.
// For this module's tests.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "api/checkout/routes.h"
#include "api/customer/routes.h"
#include "api/merchant/order_management.h"
#include "api/merchant/payments.h"
#include "api/sandbox/routes.h"
#include "api/services.h"
#include "base/bytes.h"
#include "json/decode.h"
#include "orders/world_for_test.h"
#include "rails/fake_vault_for_test.h"

namespace karv::api {

// What a shop and the checkout read of two answers.
struct Created {
  std::string session_id, client_token;
};
BOOST_DESCRIBE_STRUCT(Created, (), (session_id, client_token))
struct Authorized {
  bool approved = false;
  std::optional<std::string> authorization_token, error;
};
BOOST_DESCRIBE_STRUCT(Authorized, (), (approved, authorization_token, error))

struct WorldForTest {
  WorldForTest() {
    const auto credential = shop.write<identity::NewCredential>([&](store::Tx& tx) {
      return identity::create_credential(tx, shop.identity_context, shop.merchant.merchant_id);
    });
    KARV_CHECK(credential.ok());
    username = credential->username;
    password = std::string(credential->secret.expose_text());
    merchant::add_payments_routes(router, services);
    merchant::add_order_management_routes(router, services);
    checkout::add_routes(router, services);
    customer::add_routes(router, services);
    sandbox::add_routes(router, services, [this](const calendar::Period& period) -> base::Result<base::Instant> {
      shop.world.business.advance(calendar::add(shop.world.business.now(), period) - shop.world.business.now());
      return shop.world.business.now();
    });
  }

  std::string basic() const { return "Basic " + base::to_base64(base::as_bytes(username + ":" + password)); }

  // Sends a request through the router, with the vault's answers in between.
  net::Response send(net::Method method, std::string path, std::string body = {}, net::Headers headers = {}) {
    net::Request request;
    request.method = method;
    request.path = std::move(path);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.peer = "127.0.0.1";
    request.correlation_id = "00000000-0000-7000-8000-000000000001";
    net::Reply reply = router.handle(request);
    while (auto* call = std::get_if<std::unique_ptr<net::Call>>(&reply)) {
      auto then = std::move((*call)->then);
      auto outcome = vault.ask()((*call)->request, (*call)->limit);
      reply = then(std::move(outcome));
    }
    KARV_CHECK(std::holds_alternative<net::Response>(reply));
    return std::get<net::Response>(std::move(reply));
  }
  // The same with the merchant's credentials.
  net::Response ask(net::Method method, std::string path, std::string body = {}, const std::string& key = {}) {
    net::Headers headers{{"Authorization", basic()}, {"Content-Type", "application/json"}};
    if (!key.empty()) headers.add("Klarna-Idempotency-Key", key);
    return send(method, std::move(path), std::move(body), std::move(headers));
  }

  static std::string purchase_json(std::int64_t amount) {
    const std::string minor = std::to_string(amount);
    return R"({"purchase_country":"DE","purchase_currency":"EUR","locale":"de-DE","order_amount":)" + minor +
           R"(,"order_lines":[{"name":"Boots","quantity":1,"unit_price":)" + minor + R"(,"total_amount":)" + minor +
           "}]}";
  }

  orders::WorldForTest shop;
  rails::FakeVaultForTest vault;
  identity::MerchantAuthenticator authenticator{shop.world.keys, shop.world.wall};
  merchant::Rates rates{shop.world.wall, merchant::Rates::Limits{}};
  Services services{.database = shop.world.sealed,
                    .orders = shop.context,
                    .merchants = authenticator,
                    .rates = rates,
                    .base_url = "https://pay.localhost:8443",
                    .vault_url = "https://vault.localhost:8444",
                    .environment = "sandbox",
                    .sandbox = true};
  net::Router router;
  std::string username, password;
};

}  // namespace karv::api
