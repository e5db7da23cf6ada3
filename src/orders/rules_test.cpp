#include "orders/rules.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Instant;

constexpr Instant kNow{1'795'000'000'000};  // 2026-11-18T14:26:40Z

constexpr OrderStatus kStatuses[] = {OrderStatus::AUTHORIZED, OrderStatus::PART_CAPTURED, OrderStatus::CAPTURED,
                                     OrderStatus::CANCELLED,  OrderStatus::EXPIRED,       OrderStatus::CLOSED};
constexpr OrderCommand kCommands[] = {
    OrderCommand::capture_nothing, OrderCommand::capture_part, OrderCommand::capture_rest,
    OrderCommand::cancel,          OrderCommand::release,      OrderCommand::expire,
    OrderCommand::extend,          OrderCommand::update,       OrderCommand::refund};

// An order of 10000 in the given state: PART_CAPTURED has 4000 captured, CAPTURED and EXPIRED all that can be.
Order order_in(OrderStatus status) {
  Order order;
  order.status = status;
  order.order_amount = order.original_order_amount = order.remaining_authorized_amount = 10'000;
  order.created_at = kNow;
  order.expires_at = authorization_end(kNow);
  if (status == OrderStatus::PART_CAPTURED || status == OrderStatus::EXPIRED) order.captured_amount = 4'000;
  if (status == OrderStatus::CAPTURED) order.captured_amount = 10'000;
  order.remaining_authorized_amount -= order.captured_amount;
  if (status == OrderStatus::CANCELLED || status == OrderStatus::EXPIRED || status == OrderStatus::CLOSED)
    order.remaining_authorized_amount = 0;
  return order;
}

// Gives the command with amounts that fit, so that only the state can refuse it.
base::Result<Order> run(const Order& order, OrderCommand command) {
  switch (command) {
    case OrderCommand::capture_nothing:
      return decide_capture(order, 0, kNow);
    case OrderCommand::capture_part:
      return decide_capture(order, order.remaining_authorized_amount / 2, kNow);
    case OrderCommand::capture_rest:
      return decide_capture(order, order.remaining_authorized_amount, kNow);
    case OrderCommand::cancel:
      return decide_cancel(order, kNow);
    case OrderCommand::release:
      return decide_release(order, kNow);
    case OrderCommand::expire:
      return decide_expire(order, order.expires_at);
    case OrderCommand::extend:
      return decide_extend(order, kNow);
    case OrderCommand::update:
      return decide_update_amount(order, order.order_amount, false, kNow);
    case OrderCommand::refund:
      return decide_refund(order, 1);
  }
  return base::Error(ErrorCode::internal);
}

TEST(OrderStatesTest, every_listed_step_is_allowed_and_every_other_refused) {
  for (const auto from : kStatuses)
    for (const auto command : kCommands) {
      SCOPED_TRACE(std::to_string(static_cast<int>(from)) + " " + std::to_string(static_cast<int>(command)));
      const Order order = order_in(from);
      const auto decided = run(order, command);
      const auto to = next_status(from, command);
      ASSERT_EQ(decided.ok(), to.has_value());
      if (to) {
        EXPECT_EQ(decided->status, *to);
        EXPECT_EQ(decided->version, order.version + 1);
      } else {
        EXPECT_EQ(decided.error().code(), ErrorCode::not_allowed);
        EXPECT_FALSE(decided.error().reason().empty());
      }
    }
}

TEST(OrderStatesTest, no_step_is_listed_twice) {
  for (std::size_t i = 0; i < kOrderSteps.size(); ++i)
    for (std::size_t j = i + 1; j < kOrderSteps.size(); ++j)
      EXPECT_FALSE(kOrderSteps[i].from == kOrderSteps[j].from && kOrderSteps[i].command == kOrderSteps[j].command);
}

// The text is part of the contract: plug-ins search for it (merchant API contract, section 0).
TEST(CaptureRulesTest, capture_beyond_the_remaining_amount_is_refused_in_the_contracts_words) {
  const auto refused = decide_capture(order_in(OrderStatus::PART_CAPTURED), 6'001, kNow);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::not_allowed);
  EXPECT_EQ(refused.error().reason(), "CAPTURE_NOT_ALLOWED");
  const std::string text = refused.error().public_text();
  EXPECT_TRUE(
      text.starts_with("Captured amount is higher than the remaining authorized amount. Capture not possible.\n"));
  EXPECT_NE(text.find("received 6001, remaining authorized amount 6000"), std::string::npos);
}

TEST(CaptureRulesTest, parts_and_the_rest_add_up) {
  const auto part = decide_capture(order_in(OrderStatus::AUTHORIZED), 9'999, kNow);
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->status, OrderStatus::PART_CAPTURED);
  EXPECT_EQ(part->remaining_authorized_amount, 1);
  const auto rest = decide_capture(*part, 1, kNow);
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->status, OrderStatus::CAPTURED);
  EXPECT_EQ(rest->captured_amount, 10'000);
  const auto more = decide_capture(*rest, 1, kNow);
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().public_text(), "Order is fully captured. Capture not possible.");
}

// WooCommerce captures subscriptions without a price. Source: merchant API contract, section 3.2.
TEST(CaptureRulesTest, a_capture_of_nothing_leaves_the_order_as_it_was) {
  const auto untouched = decide_capture(order_in(OrderStatus::AUTHORIZED), 0, kNow);
  ASSERT_TRUE(untouched.ok());
  EXPECT_EQ(untouched->status, OrderStatus::AUTHORIZED);
  EXPECT_EQ(untouched->remaining_authorized_amount, 10'000);
  EXPECT_TRUE(decide_cancel(*untouched, kNow).ok());
  EXPECT_FALSE(decide_release(*untouched, kNow).ok());
  EXPECT_EQ(decide_capture(*untouched, 10'000, kNow)->status, OrderStatus::CAPTURED);
  const auto part = decide_capture(order_in(OrderStatus::PART_CAPTURED), 0, kNow);
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->status, OrderStatus::PART_CAPTURED);
  EXPECT_FALSE(decide_cancel(*part, kNow).ok());
}

TEST(CaptureRulesTest, an_order_of_0_is_captured_with_0) {
  const auto free = decide_update_amount(order_in(OrderStatus::AUTHORIZED), 0, false, kNow);
  ASSERT_TRUE(free.ok());
  const auto captured = decide_capture(*free, 0, kNow);
  ASSERT_TRUE(captured.ok());
  EXPECT_EQ(captured->status, OrderStatus::CAPTURED);
  EXPECT_EQ(captured->captured_amount, 0);
  EXPECT_FALSE(decide_capture(*captured, 0, kNow).ok());
}

TEST(CaptureRulesTest, a_pending_or_rejected_order_is_not_captured) {
  for (const auto fraud : {FraudStatus::PENDING, FraudStatus::REJECTED}) {
    Order order = order_in(OrderStatus::AUTHORIZED);
    order.fraud_status = fraud;
    const auto refused = decide_capture(order, 1, kNow);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().reason(), "CAPTURE_NOT_ALLOWED");
  }
}

TEST(CancelRulesTest, an_order_with_captures_is_not_canceled) {
  const auto canceled = decide_cancel(order_in(OrderStatus::AUTHORIZED), kNow);
  ASSERT_TRUE(canceled.ok());
  EXPECT_EQ(canceled->remaining_authorized_amount, 0);
  for (const auto status : {OrderStatus::PART_CAPTURED, OrderStatus::CAPTURED}) {
    const auto refused = decide_cancel(order_in(status), kNow);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().public_text(), "Order has previous captures. Cancel not possible.");
    EXPECT_EQ(refused.error().reason(), "CANCEL_NOT_ALLOWED");
  }
}

TEST(ReleaseRulesTest, only_a_partly_captured_order_has_something_to_release) {
  const auto released = decide_release(order_in(OrderStatus::PART_CAPTURED), kNow);
  ASSERT_TRUE(released.ok());
  EXPECT_EQ(released->status, OrderStatus::CAPTURED);
  EXPECT_EQ(released->captured_amount, 4'000);
  EXPECT_EQ(released->remaining_authorized_amount, 0);
  const auto refused = decide_release(order_in(OrderStatus::CAPTURED), kNow);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().public_text(), "Order is fully captured. Remaining authorization cannot be released.");
}

TEST(RefundRulesTest, refunds_never_exceed_the_captures) {
  Order order = order_in(OrderStatus::CAPTURED);
  order.refunded_amount = 9'000;
  EXPECT_TRUE(decide_refund(order, 1'000).ok());
  const auto over = decide_refund(order, 1'001);
  ASSERT_FALSE(over.ok());
  EXPECT_TRUE(over.error().public_text().starts_with("Over refund is not allowed. Refund not possible."));
  EXPECT_NE(over.error().public_text().find("received 1001, refundable 1000"), std::string::npos);
  const auto early = decide_refund(order_in(OrderStatus::AUTHORIZED), 1);
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().public_text(), "Order has no captures. Refund not possible");
}

TEST(ExpiryRulesTest, an_authorization_ends_at_midnight_utc_28_days_later) {
  EXPECT_EQ(base::to_rfc3339(authorization_end(kNow)), "2026-12-16T00:00:00.000Z");
  const auto midnight = *base::from_rfc3339("2026-11-18T00:00:00Z");
  EXPECT_EQ(authorization_end(midnight), authorization_end(kNow));
}

TEST(ExpiryRulesTest, the_order_is_over_at_the_very_instant_and_not_before) {
  const Order order = order_in(OrderStatus::AUTHORIZED);
  const Instant before = order.expires_at - base::milliseconds(1);
  EXPECT_TRUE(decide_capture(order, 1, before).ok());
  EXPECT_FALSE(decide_expire(order, before).ok());
  EXPECT_TRUE(decide_expire(order, order.expires_at).ok());
  // Even when the job that expires it has not run yet:
  for (const auto& refused :
       {decide_capture(order, 1, order.expires_at), decide_cancel(order, order.expires_at),
        decide_extend(order, order.expires_at), decide_update_amount(order, 5'000, false, order.expires_at)}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().public_text().find("expired"), std::string::npos);
  }
}

TEST(ExpiryRulesTest, what_was_captured_before_the_expiry_can_still_be_refunded) {
  const auto expired = decide_expire(order_in(OrderStatus::PART_CAPTURED), authorization_end(kNow));
  ASSERT_TRUE(expired.ok());
  EXPECT_EQ(expired->remaining_authorized_amount, 0);
  EXPECT_TRUE(decide_refund(*expired, 4'000).ok());
  EXPECT_FALSE(decide_refund(*expired, 4'001).ok());
}

TEST(ExtendRulesTest, time_is_added_from_today_and_never_past_180_days) {
  const Order order = order_in(OrderStatus::AUTHORIZED);
  const auto same_day = decide_extend(order, kNow);
  ASSERT_TRUE(same_day.ok());
  EXPECT_EQ(same_day->expires_at, order.expires_at);
  const auto later = decide_extend(order, kNow + base::days(10));
  ASSERT_TRUE(later.ok());
  EXPECT_EQ(later->expires_at, order.expires_at + base::days(10));
  Order stretched = order;
  for (int i = 0; i < 10; ++i) {
    const auto next = decide_extend(stretched, stretched.expires_at - base::hours(1));
    ASSERT_TRUE(next.ok());
    EXPECT_GE(next->expires_at, stretched.expires_at);
    stretched = *next;
  }
  EXPECT_EQ(stretched.expires_at, order.created_at + base::days(180));
}

TEST(UpdateRulesTest, the_amount_moves_between_the_captures_and_what_was_authorized) {
  const Order order = order_in(OrderStatus::PART_CAPTURED);
  EXPECT_EQ(decide_update_amount(order, 7'000, false, kNow)->remaining_authorized_amount, 3'000);
  const auto to_captured = decide_update_amount(order, 4'000, false, kNow);
  ASSERT_TRUE(to_captured.ok());
  EXPECT_EQ(to_captured->status, OrderStatus::CAPTURED);
  EXPECT_EQ(to_captured->original_order_amount, 10'000);
  EXPECT_FALSE(decide_update_amount(order, 3'999, true, kNow).ok());
  EXPECT_FALSE(decide_update_amount(order, 10'001, false, kNow).ok());
  EXPECT_EQ(decide_update_amount(order, 10'001, true, kNow)->remaining_authorized_amount, 6'001);
}

// Whatever is done in whatever order: captured + remaining never exceeds the order, refunds never the captures.
RC_GTEST_PROP(OrderRulesProperty, amounts_stay_within_each_other, ()) {
  Order order = order_in(OrderStatus::AUTHORIZED);
  const auto steps = *rc::gen::inRange(1, 20);
  for (int i = 0; i < steps; ++i) {
    const auto amount = *rc::gen::inRange<std::int64_t>(0, 12'000);
    const auto command = *rc::gen::elementOf(std::vector<OrderCommand>(std::begin(kCommands), std::end(kCommands)));
    auto decided = run(order, command);
    if (command == OrderCommand::capture_part) decided = decide_capture(order, amount, kNow);
    if (command == OrderCommand::refund) decided = decide_refund(order, amount);
    if (command == OrderCommand::update) decided = decide_update_amount(order, amount, false, kNow);
    if (decided.ok()) order = *decided;
    RC_ASSERT(order.captured_amount + order.remaining_authorized_amount <= order.order_amount);
    RC_ASSERT(order.refunded_amount <= order.captured_amount);
    RC_ASSERT(order.remaining_authorized_amount >= 0 && order.order_amount <= 10'000);
    RC_ASSERT(order.status != OrderStatus::PART_CAPTURED || order.captured_amount > 0);
    RC_ASSERT(order.status != OrderStatus::AUTHORIZED || order.captured_amount == 0);
  }
}

}  // namespace
}  // namespace karv::orders
