// What a purchase does when keys of personal data are not open, and when the vault opens none.
#include <gtest/gtest.h>

#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;

class SealedDataTest : public testing::Test {
 protected:
  static PurchaseRequest with_address() {
    auto request = WorldForTest::request_of(10'000);
    request.billing_address = Address{};
    request.billing_address->given_name = "Unmistakable";
    request.billing_address->country = "DE";
    return request;
  }
  base::Result<OrderView> read(const Order& order) {
    return shop.read<OrderView>(
        [&](store::ReadTx& tx) { return get_order(tx, shop.context, shop.merchant.merchant_id, order.order_id); });
  }
  void let_go() { shop.world.wall.advance(identity::kOpenedTime); }
  WorldForTest shop;
};

TEST_F(SealedDataTest, a_whole_purchase_asks_the_vault_for_nothing) {
  const int made = shop.world.vault.make_calls;
  const auto order = shop.buy(credit::Plan::pay_in_30, with_address());
  ASSERT_TRUE(shop.capture(order, 10'000).ok());
  EXPECT_EQ(shop.world.vault.make_calls, made);
  EXPECT_EQ(shop.world.vault.open_calls, 0);
}

TEST_F(SealedDataTest, an_order_is_read_changed_and_placed_with_keys_that_are_closed) {
  const auto request = with_address();
  const auto session = shop.open(request);
  let_go();
  const auto authorization = shop.authorize(session, credit::Plan::pay_in_30);
  EXPECT_EQ(shop.world.vault.open_calls, 1);  // the session's; the customer is new
  let_go();
  const auto placed = shop.place(authorization, request);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(shop.world.vault.open_calls, 3);  // the session's, then the customer's, for the mail
  const auto order = shop.view(order_id_in(placed->reply)).order;
  let_go();
  EXPECT_EQ(read(order)->details.billing_address->given_name, "Unmistakable");
  let_go();
  ASSERT_TRUE(shop.capture(order, 10'000).ok());
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(SealedDataTest, without_the_vault_what_needs_personal_data_is_unavailable_and_nothing_is_half_done) {
  const auto order = shop.buy(credit::Plan::pay_in_30, with_address());
  ASSERT_TRUE(shop.capture(order, 10'000).ok());
  const auto session = shop.open(with_address());
  let_go();
  shop.world.vault.away = true;
  EXPECT_EQ(read(order).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(change_session(shop.world.sealed, shop.context, shop.merchant.merchant_id, session.session_id,
                           WorldForTest::request_of(9'000))
                .error()
                .code(),
            ErrorCode::unavailable);
  EXPECT_EQ(shop.session(session.session_id).order_amount, 10'000);
  EXPECT_EQ(shop.refund(order, 1'000).error().code(), ErrorCode::unavailable);  // its mail needs the address
  EXPECT_EQ(shop.mails(notify::kRefundMade), 0U);
  shop.world.vault.away = false;
  shop.world.wall.advance(base::seconds(1));
  EXPECT_EQ(shop.now(order).refunded_amount, 0);
  ASSERT_TRUE(shop.refund(order, 1'000).ok());
  EXPECT_EQ(shop.mails(notify::kRefundMade), 1U);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(SealedDataTest, without_the_vault_sessions_are_made_from_stock_and_those_without_details_for_ever) {
  shop.world.vault.away = true;
  while (shop.world.sealer.stock().take().ok()) {
  }
  const auto make = [&](const PurchaseRequest& request) {
    return make_session(shop.context, shop.merchant.merchant_id, open_purchase(request).value());
  };
  EXPECT_EQ(make(with_address()).error().code(), ErrorCode::unavailable);
  const auto session = shop.open(10'000);
  EXPECT_TRUE(shop.read<OpenedSession>([&](store::ReadTx& tx) {
                    return get_session(tx, shop.context, shop.merchant.merchant_id, session.session_id);
                  })
                  .ok());
  shop.world.vault.away = false;
  ASSERT_TRUE(shop.world.sealer.stock().refill().ok());
  EXPECT_TRUE(make(with_address()).ok());
}

}  // namespace
}  // namespace karv::orders
