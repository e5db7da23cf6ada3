#include "orders/order_service.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "orders/order_deadlines.h"
#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using credit::InstallmentState;
using credit::Plan;
using rails::OperationKind;
using rails::OperationState;

class OrderServiceTest : public testing::Test {
 protected:
  std::size_t count(const Order& order, OperationKind kind) {
    return shop.operations(order.authorization_id, kind).size();
  }
  WorldForTest shop;
};

TEST_F(OrderServiceTest, a_capture_of_pay_in_30_makes_it_owed_in_30_days) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  const auto captured = shop.capture(order, 10'000);
  ASSERT_TRUE(captured.ok());
  EXPECT_EQ(captured->klarna_reference, order.reference + "-1");
  const auto agreement = shop.agreement(order);
  ASSERT_EQ(agreement.installments.size(), 1U);
  EXPECT_EQ(agreement.installments[0].due_date, calendar::add_days(today_in("DE", shop.world.business), 30));
  EXPECT_EQ(agreement.agreement.outstanding().minor(), 10'000);
  EXPECT_EQ(shop.now(order).status, OrderStatus::CAPTURED);
  EXPECT_EQ(count(order, OperationKind::complete), 0U);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, a_capture_of_pay_in_3_takes_the_first_part_from_the_hold) {
  const auto order = shop.buy(Plan::pay_in_3, 10'000);
  ASSERT_TRUE(shop.capture(order, 10'000).ok());
  const auto agreement = shop.agreement(order);
  ASSERT_EQ(agreement.installments.size(), 3U);
  EXPECT_EQ(agreement.installments[0].state, InstallmentState::paid);
  EXPECT_EQ(agreement.installments[0].amount.minor(), 3'334);
  EXPECT_EQ(agreement.installments[1].state, InstallmentState::planned);
  EXPECT_EQ(agreement.agreement.outstanding().minor(), 6'666);
  const auto completions = shop.operations(order.authorization_id, OperationKind::complete);
  ASSERT_EQ(completions.size(), 1U);
  EXPECT_EQ(completions[0].amount.minor(), 3'334);
  EXPECT_EQ(completions[0].state, OperationState::queued);
  EXPECT_EQ(count(order, OperationKind::reverse), 0U);  // nothing of the hold is left
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, parts_have_schedules_of_their_own_and_share_the_hold) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(order, 6'000).ok());
  shop.world.advance(base::days(2));
  const auto second = shop.capture(order, 3'000);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->number, 2);
  const auto agreement = shop.agreement(order);
  EXPECT_EQ(agreement.installments.size(), 6U);
  EXPECT_EQ(agreement.agreement.paid.minor(), 3'000);
  EXPECT_EQ(count(order, OperationKind::complete), 2U);
  EXPECT_EQ(shop.now(order).status, OrderStatus::CAPTURED);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, after_the_hold_has_expired_the_first_part_stays_due) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  shop.world.advance(rails::kHoldTime);
  ASSERT_TRUE(shop.capture(order, 9'000).ok());
  EXPECT_EQ(count(order, OperationKind::complete), 0U);
  EXPECT_EQ(shop.agreement(order).installments[0].state, InstallmentState::due);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, what_the_last_capture_leaves_of_a_hold_is_given_free) {
  const auto order = shop.buy(Plan::pay_now, 10'000);
  AuthorizationUpdate less;
  less.order_amount = 6'000;
  ASSERT_TRUE(shop.change(order,
                          [&](store::Tx& tx, const Context& context, const OrderTarget& target) {
                            return update_authorization_amount(tx, context, target, check(less).value());
                          })
                  .ok());
  EXPECT_EQ(count(order, OperationKind::reverse), 0U);
  ASSERT_TRUE(shop.capture(order, 6'000).ok());
  EXPECT_EQ(shop.operations(order.authorization_id, OperationKind::complete)[0].amount.minor(), 6'000);
  EXPECT_EQ(count(order, OperationKind::reverse), 1U);
}

TEST_F(OrderServiceTest, captures_beyond_the_authorization_change_nothing) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(order, 5'000).ok());
  const auto refused = shop.capture(order, 4'001);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(shop.capture(order, -1).error().code(), ErrorCode::bad_value);
  EXPECT_EQ(shop.view(order.order_id).captures.size(), 1U);
  EXPECT_EQ(shop.agreement(order).agreement.captured.minor(), 5'000);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, lines_of_a_capture_must_add_up_and_texts_have_limits) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  const auto capture_with = [&](const CaptureRequest& request) -> base::Result<Capture> {
    KARV_TRY(const auto good, check(request));
    return shop.write<Capture>([&](store::Tx& tx) { return capture(tx, shop.context, shop.target(order), good); });
  };
  CaptureRequest request;
  request.captured_amount = 5'000;
  request.order_lines = WorldForTest::request_of(4'000).order_lines;
  EXPECT_NE(capture_with(request).error().public_text().find("received 5000, expected 4000"), std::string::npos);
  request.order_lines.reset();
  request.reference = std::string(256, 'r');
  EXPECT_EQ(capture_with(request).error().code(), ErrorCode::bad_value);
  request.reference.reset();
  request.shipping_info = std::vector<ShippingInfo>(501);
  EXPECT_EQ(capture_with(request).error().code(), ErrorCode::bad_value);
  request.shipping_info.reset();
  request.description = "paid with 4111111111111111";
  const auto captured = capture_with(request);
  ASSERT_TRUE(captured.ok());
  EXPECT_EQ(captured->description, "paid with ************1111");
}

TEST_F(OrderServiceTest, refunds_take_off_what_is_owed_last_part_first) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(order, 9'000).ok());
  const auto first = shop.refund(order, 4'000);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->to_card_amount, 0);
  const auto agreement = shop.agreement(order);
  EXPECT_EQ(agreement.installments[2].state, InstallmentState::canceled);
  EXPECT_EQ(agreement.installments[1].owed().minor(), 2'000);
  EXPECT_EQ(count(order, OperationKind::refund), 0U);
  EXPECT_TRUE(shop.books_are_right(order));

  const auto second = shop.refund(order, 3'000);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->to_card_amount, 1'000);
  const auto refunds = shop.operations(order.authorization_id, OperationKind::refund);
  ASSERT_EQ(refunds.size(), 1U);
  EXPECT_EQ(refunds[0].amount.minor(), 1'000);
  EXPECT_EQ(refunds[0].original, shop.operations(order.authorization_id, OperationKind::complete)[0].operation_id);
  EXPECT_EQ(shop.now(order).refunded_amount, 7'000);
  EXPECT_TRUE(shop.books_are_right(order));

  EXPECT_EQ(shop.refund(order, 2'001).error().reason(), "REFUND_NOT_ALLOWED");
  EXPECT_EQ(shop.refund(order, 2'000)->to_card_amount, 2'000);
  EXPECT_EQ(shop.refund(order, 1).error().reason(), "REFUND_NOT_ALLOWED");
  EXPECT_EQ(shop.view(order.order_id).refunds.size(), 3U);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, a_refund_spreads_over_captures_the_oldest_first) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  ASSERT_TRUE(shop.capture(order, 6'000).ok());
  ASSERT_TRUE(shop.capture(order, 4'000).ok());
  ASSERT_TRUE(shop.refund(order, 7'000).ok());
  const auto captures = shop.view(order.order_id).captures;
  EXPECT_EQ(captures[0].refunded_amount, 6'000);
  EXPECT_EQ(captures[1].refunded_amount, 1'000);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, a_refund_before_any_capture_is_refused) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  EXPECT_EQ(shop.refund(order, 1).error().public_text(), "Order has no captures. Refund not possible");
  EXPECT_EQ(shop.refund(order, -1).error().code(), ErrorCode::bad_value);
}

TEST_F(OrderServiceTest, canceling_ends_the_agreement_and_gives_the_hold_back_once) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.change(order, cancel).ok());
  ASSERT_TRUE(shop.change(order, cancel).ok());  // again is fine
  EXPECT_EQ(shop.now(order).status, OrderStatus::CANCELLED);
  EXPECT_EQ(shop.agreement(order).agreement.state, credit::AgreementState::canceled);
  EXPECT_EQ(count(order, OperationKind::reverse), 1U);
  EXPECT_EQ(shop.capture(order, 1).error().public_text(), "Order is cancelled. Capture not possible.");
  const auto captured = shop.buy(Plan::pay_in_30, 9'000);
  ASSERT_TRUE(shop.capture(captured, 1).ok());
  EXPECT_EQ(shop.change(captured, cancel).error().public_text(), "Order has previous captures. Cancel not possible.");
}

TEST_F(OrderServiceTest, releasing_the_rest_keeps_what_was_captured) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  EXPECT_FALSE(shop.change(order, release_remaining).ok());
  ASSERT_TRUE(shop.capture(order, 3'000).ok());
  ASSERT_TRUE(shop.change(order, release_remaining).ok());
  const auto now = shop.now(order);
  EXPECT_EQ(now.status, OrderStatus::CAPTURED);
  EXPECT_EQ(now.captured_amount, 3'000);
  EXPECT_EQ(shop.agreement(order).agreement.amount.minor(), 3'000);
  EXPECT_EQ(count(order, OperationKind::reverse), 1U);
  EXPECT_FALSE(shop.change(order, release_remaining).ok());
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, an_order_ends_by_itself_and_not_when_its_time_was_extended) {
  const auto order = shop.buy(Plan::pay_in_30, 9'000);
  const auto extended = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(extended, 3'000).ok());
  shop.world.advance(base::days(20));
  ASSERT_TRUE(shop.change(extended, extend_authorization).ok());
  const auto expire = [&] { return expire_orders(shop.world.sealed, shop.context, 100).value(); };
  shop.world.business.advance(order.expires_at - shop.world.business.now() - base::milliseconds(1));
  EXPECT_EQ(expire(), 0);
  shop.world.business.advance(base::milliseconds(1));
  EXPECT_EQ(expire(), 1);
  EXPECT_EQ(shop.now(order).status, OrderStatus::EXPIRED);
  EXPECT_EQ(shop.agreement(order).agreement.state, credit::AgreementState::canceled);
  shop.world.advance(base::days(28));
  EXPECT_EQ(expire(), 1);
  EXPECT_EQ(shop.now(extended).status, OrderStatus::EXPIRED);
  EXPECT_EQ(shop.agreement(extended).agreement.amount.minor(), 3'000);
  EXPECT_EQ(count(extended, OperationKind::reverse), 1U);
  EXPECT_TRUE(shop.refund(extended, 3'000).ok());
  EXPECT_TRUE(shop.books_are_right(extended));
}

TEST_F(OrderServiceTest, the_amount_grows_for_the_invoice_only_and_after_a_new_decision) {
  const auto update = [&](const Order& order, std::int64_t amount) -> base::Result<void> {
    AuthorizationUpdate request;
    request.order_amount = amount;
    KARV_TRY(const auto good, check(request));
    return shop.change(order, [&](store::Tx& tx, const Context& context, const OrderTarget& target) {
      return update_authorization_amount(tx, context, target, good);
    });
  };
  const auto invoice = shop.buy(Plan::pay_in_30, 9'000);
  ASSERT_TRUE(update(invoice, 12'000).ok());
  EXPECT_EQ(shop.agreement(invoice).agreement.amount.minor(), 12'000);
  EXPECT_TRUE(shop.capture(invoice, 12'000).ok());
  EXPECT_EQ(update(invoice, 13'000).error().code(), ErrorCode::not_allowed);
  const auto card = shop.buy(Plan::pay_in_3, 9'000);
  EXPECT_FALSE(update(card, 9'001).ok());
  EXPECT_EQ(update(card, -1).error().code(), ErrorCode::bad_value);
  ASSERT_TRUE(shop.capture(card, 3'000).ok());
  EXPECT_FALSE(update(card, 2'999).ok());
  ASSERT_TRUE(update(card, 3'000).ok());
  EXPECT_EQ(shop.now(card).status, OrderStatus::CAPTURED);
  EXPECT_EQ(count(card, OperationKind::reverse), 1U);
  EXPECT_TRUE(shop.books_are_right(card));
}

TEST_F(OrderServiceTest, references_are_set_and_cleared) {
  const auto order = shop.buy(Plan::pay_in_30, 9'000);
  const auto update = [&](const ReferencesUpdate& request) -> base::Result<void> {
    KARV_TRY(const auto good, check(request));
    return shop.change(order, [&](store::Tx& tx, const Context& context, const OrderTarget& target) {
      return update_references(tx, context, target, good);
    });
  };
  ASSERT_TRUE(update({"A", "B"}).ok());
  ASSERT_TRUE(update({"", {}}).ok());
  EXPECT_FALSE(shop.now(order).cart.merchant_reference1.has_value());
  EXPECT_EQ(shop.now(order).cart.merchant_reference2, "B");
  EXPECT_EQ(update({std::string(256, 'x'), {}}).error().code(), ErrorCode::bad_value);
}

TEST_F(OrderServiceTest, acknowledging_twice_keeps_the_first_time) {
  const auto order = shop.buy(Plan::pay_in_30, 9'000);
  ASSERT_TRUE(shop.change(order, acknowledge).ok());
  const auto first = shop.now(order).acknowledged_at;
  shop.world.advance(base::hours(1));
  ASSERT_TRUE(shop.change(order, acknowledge).ok());
  EXPECT_EQ(shop.now(order).acknowledged_at, first);
}

TEST_F(OrderServiceTest, another_merchants_order_is_not_there_for_any_command) {
  const auto order = shop.buy(Plan::pay_in_30, 9'000);
  const OrderTarget foreign{shop.other, order.order_id};
  const auto try_it = [&](auto use_case) {
    const auto done = shop.write<void>([&](store::Tx& tx) -> base::Result<void> {
      const auto result = use_case(tx);
      return result.ok() ? base::Result<void>() : result.error();
    });
    EXPECT_EQ(done.ok() ? std::string("done") : done.error().reason(), "NO_SUCH_ORDER");
  };
  CaptureRequest capture_request;
  capture_request.captured_amount = 1;
  RefundRequest refund_request;
  refund_request.refunded_amount = 1;
  try_it([&](store::Tx& tx) { return acknowledge(tx, shop.context, foreign); });
  try_it([&](store::Tx& tx) { return cancel(tx, shop.context, foreign); });
  try_it([&](store::Tx& tx) { return release_remaining(tx, shop.context, foreign); });
  try_it([&](store::Tx& tx) { return extend_authorization(tx, shop.context, foreign); });
  try_it([&](store::Tx& tx) {
    return update_authorization_amount(tx, shop.context, foreign, check(AuthorizationUpdate{}).value());
  });
  try_it(
      [&](store::Tx& tx) { return update_references(tx, shop.context, foreign, check(ReferencesUpdate{}).value()); });
  try_it([&](store::Tx& tx) { return capture(tx, shop.context, foreign, check(capture_request).value()); });
  try_it([&](store::Tx& tx) { return refund(tx, shop.context, foreign, check(refund_request).value()); });
  try_it([&](store::Tx& tx) { return get_order(tx, shop.context, shop.other.merchant_id, order.order_id); });
  EXPECT_EQ(shop.now(order).version, 1);
}

TEST_F(OrderServiceTest, a_pending_order_is_decided_when_its_time_comes) {
  const auto request = WorldForTest::request_of(9'000);
  const auto decide = [&] { return decide_pending_orders(shop.world.sealed, shop.context, 100).value(); };
  for (const auto& [email, status] : {std::pair{"customer+pend-accept-05@email.de", OrderStatus::AUTHORIZED},
                                      std::pair{"customer+pend-reject-05@email.de", OrderStatus::CANCELLED}}) {
    const auto step = shop.confirm(shop.open(request), Plan::pay_in_30, email).value();
    const auto placed = shop.place(step.authorization, request).value();
    const auto id = order_id_in(placed.reply);
    const auto order = shop.view(id).order;
    EXPECT_EQ(order.fraud_status, FraudStatus::PENDING);
    EXPECT_EQ(shop.capture(order, 1).error().reason(), "CAPTURE_NOT_ALLOWED");
    EXPECT_EQ(decide(), 0);
    shop.world.advance(base::minutes(5));
    EXPECT_EQ(decide(), 1);
    EXPECT_EQ(shop.now(order).status, status);
    EXPECT_EQ(shop.capture(order, 1).ok(), status == OrderStatus::AUTHORIZED);
  }
}

TEST_F(OrderServiceTest, a_capture_of_nothing_is_recorded_and_the_order_can_still_be_canceled) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  const auto captured = shop.capture(order, 0);
  ASSERT_TRUE(captured.ok());
  EXPECT_EQ(captured->klarna_reference, order.reference + "-1");
  const auto view = shop.view(order.order_id);
  EXPECT_EQ(view.order.status, OrderStatus::AUTHORIZED);
  EXPECT_EQ(view.order.remaining_authorized_amount, 9'000);
  EXPECT_EQ(view.captures.size(), 1U);
  ASSERT_TRUE(shop.change(order, cancel).ok());
  EXPECT_EQ(shop.now(order).status, OrderStatus::CANCELLED);
  EXPECT_EQ(shop.agreement(order).agreement.state, credit::AgreementState::canceled);
  EXPECT_EQ(count(order, OperationKind::reverse), 1U);
}

TEST_F(OrderServiceTest, a_capture_of_nothing_does_not_get_in_the_way_of_the_next) {
  const auto order = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(order, 0).ok());
  const auto rest = shop.capture(order, 9'000);
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->klarna_reference, order.reference + "-2");
  EXPECT_EQ(shop.now(order).status, OrderStatus::CAPTURED);
  EXPECT_EQ(count(order, OperationKind::complete), 1U);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, an_order_of_nothing_is_captured_with_nothing_and_its_hold_is_given_free) {
  const auto order = shop.buy(Plan::pay_now, 9'000);
  ASSERT_TRUE(shop.write<void>([&](store::Tx& tx) {
                    return update_authorization_amount(tx, shop.context, shop.target(order),
                                                       check(AuthorizationUpdate{}).value());
                  })
                  .ok());
  ASSERT_TRUE(shop.capture(order, 0).ok());
  EXPECT_EQ(shop.now(order).status, OrderStatus::CAPTURED);
  EXPECT_EQ(shop.agreement(order).agreement.state, credit::AgreementState::canceled);
  EXPECT_EQ(count(order, OperationKind::reverse), 1U);
  EXPECT_EQ(shop.capture(order, 0).error().reason(), "CAPTURE_NOT_ALLOWED");
}

// The shop asked for it when it placed the order; the fraud decision only put it off.
TEST_F(OrderServiceTest, auto_capture_waits_for_a_pending_decision_and_happens_when_it_accepts) {
  auto request = WorldForTest::request_of(9'000);
  request.auto_capture = true;
  const auto decide = [&] { return decide_pending_orders(shop.world.sealed, shop.context, 100).value(); };
  for (const auto plan : {Plan::pay_now, Plan::pay_in_30, Plan::pay_in_3}) {
    auto step = shop.confirm(shop.open(request), plan, "customer+pend-accept-05@email.de").value();
    if (step.hold) step.authorization = shop.answer(*step.hold, rails::OperationEvent::approve).value();
    const auto order = shop.view(order_id_in(shop.place(step.authorization, request)->reply)).order;
    EXPECT_EQ(order.fraud_status, FraudStatus::PENDING);
    EXPECT_EQ(order.status, OrderStatus::AUTHORIZED);
    shop.world.advance(base::minutes(5));
    EXPECT_EQ(decide(), 1);
    const auto view = shop.view(order.order_id);
    EXPECT_EQ(view.order.fraud_status, FraudStatus::ACCEPTED);
    EXPECT_EQ(view.order.status, OrderStatus::CAPTURED);
    EXPECT_EQ(view.order.captured_amount, 9'000);
    ASSERT_EQ(view.captures.size(), 1U);
    EXPECT_TRUE(shop.books_are_right(order));
    EXPECT_EQ(shop.operations(order.authorization_id, OperationKind::complete).size(), step.hold ? 1U : 0U);
    EXPECT_EQ(decide(), 0);
    EXPECT_EQ(shop.view(order.order_id).captures.size(), 1U);
  }
}

TEST_F(OrderServiceTest, auto_capture_captures_nothing_of_an_order_that_is_rejected_or_canceled_meanwhile) {
  auto request = WorldForTest::request_of(9'000);
  request.auto_capture = true;
  for (const char* email : {"customer+pend-reject-05@email.de", "customer+pend-accept-05@email.de"}) {
    const auto step = shop.confirm(shop.open(request), Plan::pay_in_30, email).value();
    const auto order = shop.view(order_id_in(shop.place(step.authorization, request)->reply)).order;
    const bool rejected = std::string_view(email).find("reject") != std::string_view::npos;
    if (!rejected) {
      ASSERT_TRUE(shop.change(order, cancel).ok());
    }
    shop.world.advance(base::minutes(5));
    EXPECT_EQ(decide_pending_orders(shop.world.sealed, shop.context, 100).value(), rejected ? 1 : 0);
    const auto view = shop.view(order.order_id);
    EXPECT_EQ(view.order.status, OrderStatus::CANCELLED);
    EXPECT_EQ(view.order.captured_amount, 0);
    EXPECT_TRUE(view.captures.empty());
  }
}

TEST_F(OrderServiceTest, auto_capture_takes_what_the_order_was_changed_to_while_it_was_pending) {
  auto request = WorldForTest::request_of(9'000);
  request.auto_capture = true;
  const auto step = shop.confirm(shop.open(request), Plan::pay_in_30, "customer+pend-accept-05@email.de").value();
  const auto order = shop.view(order_id_in(shop.place(step.authorization, request)->reply)).order;
  ASSERT_TRUE(shop.write<void>([&](store::Tx& tx) {
                    AuthorizationUpdate less;
                    less.order_amount = 6'000;
                    return update_authorization_amount(tx, shop.context, shop.target(order), check(less).value());
                  })
                  .ok());
  shop.world.advance(base::minutes(5));
  EXPECT_EQ(decide_pending_orders(shop.world.sealed, shop.context, 100).value(), 1);
  EXPECT_EQ(shop.now(order).captured_amount, 6'000);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(OrderServiceTest, an_order_accepted_after_its_time_is_not_captured_and_ends) {
  auto request = WorldForTest::request_of(9'000);
  request.auto_capture = true;
  const auto step = shop.confirm(shop.open(request), Plan::pay_in_30, "customer+pend-accept-05@email.de").value();
  const auto order = shop.view(order_id_in(shop.place(step.authorization, request)->reply)).order;
  shop.world.advance(base::days(30));
  EXPECT_EQ(decide_pending_orders(shop.world.sealed, shop.context, 100).value(), 1);
  EXPECT_EQ(shop.now(order).captured_amount, 0);
  EXPECT_EQ(expire_orders(shop.world.sealed, shop.context, 100).value(), 1);
  EXPECT_EQ(shop.now(order).status, OrderStatus::EXPIRED);
}

// How often each step of a purchase goes to the database and back; the headers promise these bounds.
TEST_F(OrderServiceTest, round_trips_of_each_step_are_few) {
  ASSERT_TRUE(shop.capture(shop.buy(Plan::pay_in_30, 9'000), 1).ok());  // the shop's accounts are known from now on
  const auto session = shop.open(9'000);
  const int opened = shop.world.round_trips;
  const auto step = shop.confirm(session, Plan::pay_in_30).value();
  const int authorized = shop.world.round_trips;
  const auto order = order_id_in(shop.place(step.authorization, WorldForTest::request_of(9'000))->reply);
  const int placed = shop.world.round_trips;
  const auto now = shop.view(order).order;
  ASSERT_TRUE(shop.capture(now, 9'000).ok());
  const int captured = shop.world.round_trips;
  ASSERT_TRUE(shop.refund(now, 9'000).ok());
  const int refunded = shop.world.round_trips;
  const auto card = shop.buy(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(card, 9'000).ok());
  const int captured_by_card = shop.world.round_trips;
  fmt::print("round trips: session {}, authorize {}, place {}, capture {} (card {}), refund {}\n", opened, authorized,
             placed, captured, captured_by_card, refunded);
  EXPECT_LE(opened, 1);
  EXPECT_LE(authorized, 4);
  EXPECT_EQ(placed, 1);
  EXPECT_LE(captured, 4);
  EXPECT_LE(captured_by_card, 7);
  EXPECT_LE(refunded, 5);
}

// Random captures and refunds, whatever their size: the books are right after each, and nothing is given back twice.
RC_GTEST_PROP(OrderServiceProperty, the_books_are_right_after_every_step, ()) {
  WorldForTest shop;
  const auto plan = *rc::gen::element(Plan::pay_now, Plan::pay_in_30, Plan::pay_in_3);
  const auto order = shop.buy(plan, 9'000);
  const auto steps = *rc::gen::inRange(1, 6);
  for (int i = 0; i < steps; ++i) {
    const auto amount = *rc::gen::inRange<std::int64_t>(1, 9'000);
    const bool done = *rc::gen::arbitrary<bool>() ? shop.capture(order, amount).ok() : shop.refund(order, amount).ok();
    static_cast<void>(done);
    RC_ASSERT(shop.books_are_right(order));
    std::int64_t taken = 0;
    for (const auto& operation : shop.operations(order.authorization_id)) {
      if (operation.kind == OperationKind::complete) taken += operation.amount.minor();
      if (operation.kind == OperationKind::refund) taken -= operation.amount.minor();
    }
    const auto agreement = shop.agreement(order).agreement;
    RC_ASSERT(taken == agreement.paid.minor() - agreement.refunded.minor());
    RC_ASSERT(shop.now(order).refunded_amount == agreement.canceled.minor() + agreement.refunded.minor());
  }
}

}  // namespace
}  // namespace karv::orders
