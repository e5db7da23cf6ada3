#include "orders/placement_service.h"

#include <algorithm>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using credit::Plan;
using rails::OperationKind;

class PlacementServiceTest : public testing::Test {
 protected:
  std::size_t orders_of(const Authorization& authorization) {
    return shop
        .read<std::size_t>([&](store::ReadTx& tx) -> base::Result<std::size_t> {
          KARV_TRY(auto rows, tx.read({orders_of_customer(authorization.customer_id, 100)}));
          return read_orders(rows[0]).size();
        })
        .value();
  }
  Order placed_order(const PlacedOrder& placed) { return shop.view(order_id_in(placed.reply)).order; }
  WorldForTest shop;
  PurchaseRequest request = WorldForTest::request_of(10'000);
};

TEST_F(PlacementServiceTest, an_order_is_made_once_and_a_replay_gets_the_same_answer) {
  const auto session = shop.open(request);
  const auto authorization = shop.authorize(session, Plan::pay_in_30);
  const auto first = shop.place(authorization, request);
  ASSERT_TRUE(first.ok());
  RecordProperty("round_trips_place_order", shop.world.round_trips);
  EXPECT_EQ(shop.world.round_trips, 1);
  ASSERT_FALSE(first->refusal.has_value());
  const auto again = shop.place(authorization, request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->reply, first->reply);
  EXPECT_EQ(orders_of(authorization), 1U);
  EXPECT_EQ(shop.session(session.session_id).status, SessionStatus::complete);
  const auto order = placed_order(*first);
  EXPECT_EQ(order.status, OrderStatus::AUTHORIZED);
  EXPECT_EQ(order.remaining_authorized_amount, 10'000);
  EXPECT_EQ(order.reference.size(), 8U);
  EXPECT_EQ(order.expires_at.ms % base::days(1).ms, 0);
}

TEST_F(PlacementServiceTest, many_at_once_place_one_order_and_get_one_answer) {
  const auto authorization = shop.authorize(shop.open(request), Plan::pay_in_30);
  std::vector<std::string> replies(8);
  std::vector<std::thread> shops;
  for (auto& reply : replies)
    shops.emplace_back([&] {
      const auto placed = shop.place(authorization, request);
      reply = placed.ok() ? placed->reply : placed.error().internal_text();
    });
  for (auto& one : shops) one.join();
  EXPECT_EQ(order_id_in(replies.front()), *shop.authorization(authorization.authorization_id).order_id);
  EXPECT_EQ(std::ranges::count(replies, replies.front()), 8);
  EXPECT_EQ(orders_of(authorization), 1U);
}

// The shopper's page hands over an address while the shop places the order: whichever is first, the order has either
// the session as it was or as it became, never a row written over.
TEST_F(PlacementServiceTest, an_order_and_a_change_of_its_session_at_once_take_turns) {
  for (int round = 0; round < 8; ++round) {
    const auto session = shop.open(request);
    const auto authorization = shop.authorize(session, Plan::pay_in_30);
    PurchaseRequest address;
    address.billing_address = Address{};
    address.billing_address->given_name = "Late";
    base::Result<PaymentSession> changed = base::Error(ErrorCode::internal);
    std::thread page([&] {
      changed = change_session(shop.world.sealed, shop.context, shop.merchant.merchant_id, session.session_id, address);
    });
    const auto placed = shop.place(authorization, request);
    page.join();
    ASSERT_TRUE(placed.ok()) << placed.error().internal_text();
    const auto details = shop.view(order_id_in(placed->reply)).details;
    if (changed.ok()) {
      EXPECT_EQ(details.billing_address.value_or(Address{}).given_name, "Late");
    } else {
      EXPECT_EQ(changed.error().reason(), "SESSION_COMPLETED");
      EXPECT_FALSE(details.billing_address.has_value());
    }
  }
}

TEST_F(PlacementServiceTest, a_repeat_takes_nobodys_turn_at_the_write_connection) {
  const auto authorization = shop.authorize(shop.open(request), Plan::pay_in_30);
  ASSERT_TRUE(shop.place(authorization, request).ok());
  shop.world.round_trips = 0;  // of the last write: there is none
  EXPECT_TRUE(shop.place(authorization, request).ok());
  EXPECT_FALSE(shop.place(authorization, request, "other").ok());
  EXPECT_EQ(shop.world.round_trips, 0);
}

TEST_F(PlacementServiceTest, another_request_under_a_spent_token_is_a_conflict) {
  const auto authorization = shop.authorize(shop.open(request), Plan::pay_in_30);
  ASSERT_TRUE(shop.place(authorization, request, "one").ok());
  const auto other = shop.place(authorization, request, "two");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), ErrorCode::idempotency_conflict);
  EXPECT_EQ(other.error().public_text(), "The order has been already completed with different request body");
  EXPECT_EQ(orders_of(authorization), 1U);
}

TEST_F(PlacementServiceTest, an_order_that_does_not_match_sticks_to_the_token_and_gives_the_hold_back) {
  const auto session = shop.open(request);
  const auto authorization = shop.authorize(session, Plan::pay_in_3);
  const auto wrong = WorldForTest::request_of(9'000);
  const auto placed = shop.place(authorization, wrong);
  ASSERT_TRUE(placed.ok());
  ASSERT_TRUE(placed->refusal.has_value());
  EXPECT_EQ(placed->refusal->http_status(), 409);
  EXPECT_TRUE(placed->refusal->public_text().starts_with("Not matching fields: [order_amount, order_lines]"));
  for (const auto& later : {wrong, request}) {  // the right order comes too late, as the answer said
    const auto again = shop.place(authorization, later);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().public_text(), placed->refusal->public_text());
    EXPECT_EQ(again.error().reason(), placed->refusal->reason());
  }
  EXPECT_EQ(shop.operations(authorization.authorization_id, OperationKind::reverse).size(), 1U);
  EXPECT_EQ(orders_of(authorization), 0U);
  EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());
  const auto second = shop.authorize(session, Plan::pay_in_3);
  EXPECT_FALSE(shop.place(second, request)->refusal.has_value());
}

TEST_F(PlacementServiceTest, a_malformed_order_leaves_the_token_good) {
  const auto authorization = shop.authorize(shop.open(request), Plan::pay_in_30);
  auto malformed = request;
  malformed.order_amount = 1;
  EXPECT_EQ(shop.place(authorization, malformed).error().code(), ErrorCode::bad_value);
  EXPECT_TRUE(shop.place(authorization, request).ok());
}

TEST_F(PlacementServiceTest, a_foreign_refused_pending_or_unknown_token_places_nothing) {
  const auto authorization = shop.authorize(shop.open(request), Plan::pay_in_30);
  const auto foreign = place_order(shop.world.sealed, shop.context, shop.other, authorization.authorization_id,
                                   read_order_request(request).value());
  EXPECT_EQ(foreign.error().public_text(), "Invalid authorization token");
  Authorization unknown;
  unknown.authorization_id = AuthorizationId(base::Uuid{1});
  EXPECT_EQ(shop.place(unknown, request).error().code(), ErrorCode::not_found);
  const auto pending = shop.confirm(shop.open(request), Plan::pay_in_3)->authorization;
  EXPECT_EQ(shop.place(pending, request).error().code(), ErrorCode::not_found);
  EXPECT_TRUE(shop.place(authorization, request).ok());
}

// Addresses that come first with the order belong to it. Source: merchant API contract, section 3.1.
TEST_F(PlacementServiceTest, details_never_given_before_are_added) {
  const auto authorization = shop.authorize(shop.open(request), Plan::pay_in_30);
  auto late = request;
  late.billing_address = Address{};
  late.billing_address->given_name = "Late";
  late.billing_address->country = "DE";
  late.merchant_reference1 = "A-1";
  const auto placed = shop.place(authorization, late);
  ASSERT_TRUE(placed.ok() && !placed->refusal);
  const auto view = shop.view(placed_order(*placed).order_id);
  EXPECT_EQ(view.order.cart.merchant_reference1, "A-1");
  ASSERT_TRUE(view.details.billing_address.has_value());
  EXPECT_EQ(view.details.billing_address->given_name, "Late");
}

TEST_F(PlacementServiceTest, the_redirect_names_the_session_and_the_order) {
  request.merchant_urls = MerchantUrls{};
  request.merchant_urls->confirmation = "https://shop.example/thanks?s={session.id}&o=%7Border.id%7D";
  const auto session = shop.open(request);
  const auto placed = shop.place(shop.authorize(session, Plan::pay_in_30), request);
  ASSERT_TRUE(placed.ok());
  const std::string url =
      "https://shop.example/thanks?s=" + session.session_id.text() + "&o=" + order_id_in(placed->reply).text();
  EXPECT_NE(placed->reply.find("\"redirect_url\":\"" + url + "\""), std::string::npos) << placed->reply;
}

TEST_F(PlacementServiceTest, auto_capture_captures_everything_in_the_same_step) {
  auto at_once = request;
  at_once.auto_capture = true;
  const auto placed = shop.place(shop.authorize(shop.open(request), Plan::pay_in_3), at_once);
  ASSERT_TRUE(placed.ok());
  const auto order = placed_order(*placed);
  EXPECT_EQ(order.status, OrderStatus::CAPTURED);
  EXPECT_EQ(order.captured_amount, 10'000);
  EXPECT_EQ(shop.view(order.order_id).captures.size(), 1U);
  EXPECT_TRUE(shop.books_are_right(order));
}

}  // namespace
}  // namespace karv::orders
