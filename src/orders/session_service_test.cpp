#include "orders/session_service.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using credit::Plan;

class SessionServiceTest : public testing::Test {
 protected:
  base::Result<PaymentSession> change(const PaymentSession& session, const PurchaseRequest& request,
                                      const identity::Merchant& by) {
    return change_session(shop.world.sealed, shop.context, by.merchant_id, session.session_id, request);
  }
  base::Result<OpenedSession> get(const PaymentSession& session, const identity::Merchant& by) {
    return shop.read<OpenedSession>(
        [&](store::ReadTx& tx) { return get_session(tx, shop.context, by.merchant_id, session.session_id); });
  }
  static PurchaseRequest with_address() {
    auto request = WorldForTest::request_of(10'000);
    request.billing_address = Address{};
    request.billing_address->given_name = "Unmistakable";
    request.billing_address->country = "DE";
    return request;
  }
  WorldForTest shop;
};

TEST_F(SessionServiceTest, details_are_readable_to_the_shop_and_sealed_in_the_row) {
  const auto session = shop.open(with_address());
  const auto opened = get(session, shop.merchant);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->purchase.details.billing_address->given_name, "Unmistakable");
  const auto row = shop.session(session.session_id);
  EXPECT_FALSE(row.sealed_details.empty());
  EXPECT_EQ(base::as_text(row.sealed_details).find("Unmistakable"), std::string_view::npos);
}

TEST_F(SessionServiceTest, a_change_is_laid_over_and_details_may_come_later) {
  const auto session = shop.open(10'000);
  PurchaseRequest request;
  request.billing_address = with_address().billing_address;
  ASSERT_TRUE(change(session, request, shop.merchant).ok());
  EXPECT_EQ(shop.world.round_trips, 1);
  PurchaseRequest reference;
  reference.merchant_reference1 = "A-1";
  ASSERT_TRUE(change(session, reference, shop.merchant).ok());
  const auto opened = get(session, shop.merchant);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->purchase.details.billing_address->given_name, "Unmistakable");
  EXPECT_EQ(opened->purchase.cart.merchant_reference1, "A-1");
  EXPECT_EQ(opened->session.order_amount, 10'000);
}

TEST_F(SessionServiceTest, new_contents_void_what_was_agreed_to_and_new_details_do_not) {
  const auto session = shop.open(10'000);
  const auto authorization = shop.authorize(session, Plan::pay_in_30);
  PurchaseRequest details;
  details.billing_address = with_address().billing_address;
  ASSERT_TRUE(change(session, details, shop.merchant).ok());
  EXPECT_EQ(shop.authorization(authorization.authorization_id).state, AuthorizationState::approved);
  ASSERT_TRUE(change(session, WorldForTest::request_of(11'000), shop.merchant).ok());
  EXPECT_EQ(shop.authorization(authorization.authorization_id).state, AuthorizationState::voided);
  EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());
}

TEST_F(SessionServiceTest, another_merchants_unknown_expired_and_completed_sessions_are_not_there) {
  const auto session = shop.open(10'000);
  EXPECT_EQ(get(session, shop.other).error().public_text(), "Invalid session id");
  EXPECT_EQ(change(session, {}, shop.other).error().code(), ErrorCode::not_found);
  PaymentSession unknown;
  EXPECT_EQ(get(unknown, shop.merchant).error().code(), ErrorCode::not_found);
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  const auto completed = shop.session(order.session_id);
  EXPECT_EQ(change(completed, {}, shop.merchant).error().reason(), "SESSION_COMPLETED");
  shop.world.advance(kSessionTime - base::milliseconds(10));
  EXPECT_TRUE(get(session, shop.merchant).ok());
  shop.world.advance(base::milliseconds(10));
  EXPECT_EQ(get(session, shop.merchant).error().code(), ErrorCode::not_found);
  EXPECT_EQ(change(session, {}, shop.merchant).error().code(), ErrorCode::not_found);
  const auto became = get(completed, shop.merchant);
  ASSERT_TRUE(became.ok());
  EXPECT_EQ(became->order_id, order.order_id);
}

TEST_F(SessionServiceTest, changes_at_once_are_all_kept) {
  const auto session = shop.open(10'000);
  constexpr int kRounds = 10;
  const auto write_references = [&](std::optional<std::string> PurchaseRequest::* reference) {
    for (int i = 1; i <= kRounds; ++i) {
      PurchaseRequest request;
      request.*reference = std::to_string(i);
      const auto changed = change(session, request, shop.merchant);
      EXPECT_TRUE(changed.ok()) << changed.error().internal_text();
    }
  };
  std::thread first([&] { write_references(&PurchaseRequest::merchant_reference1); });
  std::thread second([&] { write_references(&PurchaseRequest::merchant_reference2); });
  first.join();
  second.join();
  const auto now = shop.session(session.session_id);
  EXPECT_EQ(now.version, 1 + 2 * kRounds);
  EXPECT_EQ(now.cart.merchant_reference1, std::to_string(kRounds));
  EXPECT_EQ(now.cart.merchant_reference2, std::to_string(kRounds));
}

TEST_F(SessionServiceTest, a_bad_change_changes_nothing) {
  const auto session = shop.open(10'000);
  PurchaseRequest request;
  request.order_amount = 1;
  EXPECT_EQ(change(session, request, shop.merchant).error().code(), ErrorCode::bad_value);
  EXPECT_EQ(shop.session(session.session_id).version, 1);
}

}  // namespace
}  // namespace karv::orders
