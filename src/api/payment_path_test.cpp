// The payment path reaches every row by primary key (or another unique key): asked of the engine, for every statement
// that a purchase sends from the opened session to the refund.
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "api/world_for_test.h"
#include "store/plans_for_test.h"

namespace karv::api {
namespace {

using net::Method;

// The indexes that are not unique and that the payment path goes by all the same, and why it may: each leads from a key
// to the few rows that belong to it, written behind one another. On an engine that spreads its tables these indexes
// begin with what they are to be spread by (docs/operations/scale.md).
const std::map<std::string, std::string> kAllowed{
    {"card_operations_of_purchase", "a purchase's holds, completions and refunds: what was taken decides what can be"},
    {"installments_by_agreement", "an agreement's installments, at most as many as its plan has parts and captures"},
    {"installment_payments_by_agreement", "what was paid to them: a refund goes back to where it came from"},
    {"agreements_by_customer", "the risk rules: what a shopper owes"},
    {"risk_decisions_by_customer", "the risk rules: how often a shopper tried within a day"},
    {"risk_token_refusals_by_customer", "the risk rules: refused uses of a shopper's card tokens within a day"},
    {"risk_token_refusals_by_merchant", "the risk rules: those at a merchant; the vault keeps at most 200 rows a day"},
    {"customer_cards_of_customer", "the checkout: a shopper's saved cards"},
};

class PaymentPathTest : public testing::Test {
 protected:
  // A placed order's path.
  std::string buy(const std::string& category) {
    const auto opened = api.ask(Method::post, "/payments/v1/sessions", WorldForTest::purchase_json(9'000));
    EXPECT_EQ(opened.status, 200) << opened.body;
    const auto session = json::decode<Created>(opened.body).value().session_id;
    const std::string path = "/payments/v1/sessions/" + session;
    EXPECT_EQ(api.ask(Method::post, path, WorldForTest::purchase_json(9'000)).status, 204);
    EXPECT_EQ(api.ask(Method::get, path).status, 200);
    const auto answer = api.ask(Method::post, "/sandbox/v1/sessions/" + session + "/authorize",
                                R"({"payment_method_category":")" + category + R"(","email":"customer@email.de"})");
    const auto authorized = json::decode<Authorized>(answer.body).value();
    EXPECT_TRUE(authorized.approved) << answer.body;
    const auto placed =
        api.ask(Method::post, "/payments/v1/authorizations/" + authorized.authorization_token.value_or("") + "/order",
                WorldForTest::purchase_json(9'000), "place " + session);
    EXPECT_EQ(placed.status, 200) << placed.body;
    return "/ordermanagement/v1/orders/" + orders::order_id_in(placed.body).text();
  }
  WorldForTest api;
};

TEST_F(PaymentPathTest, every_row_is_reached_by_a_unique_key_or_by_an_index_that_has_a_reason) {
  store::StatementLog log;
  api.shop.world.database.watch(log.watcher());
  for (const char* category : {"pay_later", "pay_over_time", "pay_now"}) {
    const auto order = buy(category);
    const auto change = [&](const std::string& what, const std::string& body, const std::string& key) {
      return api.ask(Method::post, order + what, body, key).status;
    };
    EXPECT_EQ(change("/captures", R"({"captured_amount":3000})", order + "1"), 201);
    EXPECT_EQ(change("/captures", R"({"captured_amount":3000})", {}), 201);
    EXPECT_EQ(change("/refunds", R"({"refunded_amount":1000})", order + "2"), 201);
    EXPECT_EQ(change("/release-remaining-authorization", {}, {}), 204);
    EXPECT_EQ(api.ask(Method::get, order).status, 200);
    EXPECT_EQ(api.ask(Method::post, buy(category) + "/cancel").status, 204);
  }
  api.shop.world.database.watch({});
  EXPECT_GT(log.texts().size(), 40U);

  std::set<std::string> gone_by;
  for (const auto& step : store::steps_of(api.shop.world.database, log)) {
    EXPECT_FALSE(step.scans) << step.words << "\n  " << step.statement;
    EXPECT_TRUE(step.index.empty() || kAllowed.contains(step.index)) << step.words << "\n  " << step.statement;
    if (!step.index.empty()) gone_by.insert(step.index);
  }
  for (const auto& [index, why] : kAllowed) EXPECT_TRUE(gone_by.contains(index)) << index << " needs no exception";
}

}  // namespace
}  // namespace karv::api
