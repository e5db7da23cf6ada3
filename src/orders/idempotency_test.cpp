#include "orders/idempotency.h"

#include <string>

#include <gtest/gtest.h>

#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using credit::Plan;

class IdempotencyTest : public testing::Test {
 protected:
  IdempotentCall call_of(const std::string& key, std::uint8_t digest = 1) const {
    return {shop.merchant.merchant_id, key, base::Bytes(32, digest), "test"};
  }
  static Reply refused(const base::Error& error) {
    Reply reply;
    reply.status = error.http_status();
    reply.error_code = error.reason();
    reply.error_messages = {error.public_text()};
    return reply;
  }
  base::Result<Reply> run(const IdempotentCall& call, const std::function<base::Result<Reply>(store::Tx&)>& deed) {
    return once(*shop.world.database, shop.context, call, deed, refused);
  }
  // Captures `amount` of the order and answers the capture's id.
  base::Result<Reply> capture_once(const IdempotentCall& call, const Order& order, std::int64_t amount) {
    return run(call, [&](store::Tx& tx) -> base::Result<Reply> {
      CaptureRequest request;
      request.captured_amount = amount;
      KARV_TRY(auto captured, capture(tx, shop.context, shop.target(order), check(request).value()));
      Reply reply;
      reply.status = 201;
      reply.capture_id = captured.capture_id.text();
      return reply;
    });
  }
  std::int64_t forget(base::Duration older_than, std::int64_t limit) {
    return shop
        .write<std::int64_t>([&](store::Tx& tx) {
          return forget_old_replies(tx, shop.context, shop.world.wall.now() - older_than, limit);
        })
        .value();
  }
  WorldForTest shop;
};

TEST_F(IdempotencyTest, the_same_key_executes_once_and_answers_the_same) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  const auto first = capture_once(call_of("key"), order, 4'000);
  ASSERT_TRUE(first.ok());
  const auto again = capture_once(call_of("key"), order, 4'000);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->capture_id, first->capture_id);
  EXPECT_EQ(again->status, 201);
  EXPECT_EQ(shop.now(order).captured_amount, 4'000);
  EXPECT_NE(capture_once(call_of("another key"), order, 4'000)->capture_id, first->capture_id);
  EXPECT_EQ(shop.now(order).captured_amount, 8'000);
}

TEST_F(IdempotencyTest, without_a_key_each_call_executes) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  ASSERT_TRUE(capture_once(call_of(""), order, 4'000).ok());
  ASSERT_TRUE(capture_once(call_of(""), order, 4'000).ok());
  EXPECT_EQ(shop.now(order).captured_amount, 8'000);
  EXPECT_EQ(capture_once(call_of(""), order, 4'000).error().reason(), "CAPTURE_NOT_ALLOWED");
}

TEST_F(IdempotencyTest, the_key_with_another_request_is_a_conflict) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  ASSERT_TRUE(capture_once(call_of("key", 1), order, 4'000).ok());
  const auto other = capture_once(call_of("key", 2), order, 5'000);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), ErrorCode::idempotency_conflict);
  EXPECT_EQ(shop.now(order).captured_amount, 4'000);
}

TEST_F(IdempotencyTest, keys_belong_to_their_merchant) {
  auto foreign = call_of("key");
  foreign.merchant = shop.other.merchant_id;
  int executed = 0;
  const auto deed = [&](store::Tx&) -> base::Result<Reply> {
    ++executed;
    return Reply{};
  };
  ASSERT_TRUE(run(call_of("key"), deed).ok());
  ASSERT_TRUE(run(foreign, deed).ok());
  EXPECT_EQ(executed, 2);
}

TEST_F(IdempotencyTest, a_refusal_is_remembered_even_when_it_would_go_well_now) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  const auto refusal = capture_once(call_of("key"), order, 10'001);
  ASSERT_TRUE(refusal.ok());
  EXPECT_EQ(refusal->error_code, "CAPTURE_NOT_ALLOWED");
  const auto again = run(call_of("key"), [](store::Tx&) -> base::Result<Reply> { return Reply{}; });
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->error_code, "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(again->error_messages, refusal->error_messages);
}

TEST_F(IdempotencyTest, a_refusal_undoes_what_the_deed_had_begun) {
  const auto order = shop.buy(Plan::pay_in_30, 10'000);
  const auto refusal = run(call_of("key"), [&](store::Tx& tx) -> base::Result<Reply> {
    CaptureRequest request;
    request.captured_amount = 4'000;
    KARV_TRY(auto captured, capture(tx, shop.context, shop.target(order), check(request).value()));
    static_cast<void>(captured);
    return base::public_error(ErrorCode::not_allowed, "No.", "NOT_ALLOWED");
  });
  ASSERT_TRUE(refusal.ok());
  EXPECT_EQ(refusal->error_code, "NOT_ALLOWED");
  EXPECT_EQ(shop.now(order).captured_amount, 0);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(IdempotencyTest, a_failure_that_a_repeat_may_cure_is_not_remembered) {
  const auto failed =
      run(call_of("key"), [](store::Tx&) -> base::Result<Reply> { return base::Error(ErrorCode::unavailable); });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::unavailable);
  EXPECT_TRUE(run(call_of("key"), [](store::Tx&) -> base::Result<Reply> { return Reply{}; }).ok());
}

TEST_F(IdempotencyTest, after_a_day_the_key_is_new) {
  int executed = 0;
  const auto deed = [&](store::Tx&) -> base::Result<Reply> {
    ++executed;
    return Reply{};
  };
  ASSERT_TRUE(run(call_of("key"), deed).ok());
  shop.world.wall.advance(kReplayTime - base::milliseconds(1));
  ASSERT_TRUE(run(call_of("key"), deed).ok());
  EXPECT_EQ(executed, 1);
  shop.world.wall.advance(base::milliseconds(1));
  ASSERT_TRUE(run(call_of("key", 2), deed).ok());
  EXPECT_EQ(executed, 2);
}

TEST_F(IdempotencyTest, answers_that_are_repeated_no_longer_are_forgotten) {
  const auto deed = [](store::Tx&) -> base::Result<Reply> { return Reply{}; };
  ASSERT_TRUE(run(call_of("old"), deed).ok());
  shop.world.wall.advance(kReplayTime);
  ASSERT_TRUE(run(call_of("young"), deed).ok());
  shop.world.wall.advance(base::milliseconds(1));
  EXPECT_EQ(forget(kReplayTime, 100), 1);
  EXPECT_EQ(forget(kReplayTime, 100), 0);
  EXPECT_THROW(forget(kReplayTime - base::milliseconds(1), 100), base::RequirementFailed);
  int executed = 0;
  ASSERT_TRUE(run(call_of("young"), [&](store::Tx&) -> base::Result<Reply> {
                ++executed;
                return Reply{};
              }).ok());
  EXPECT_EQ(executed, 0);
}

}  // namespace
}  // namespace karv::orders
