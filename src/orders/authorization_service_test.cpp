#include "orders/authorization_service.h"

#include <string>

#include <gtest/gtest.h>

#include "orders/order_deadlines.h"
#include "orders/world_for_test.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using credit::Plan;
using rails::OperationEvent;
using rails::OperationKind;
using rails::OperationState;

class AuthorizationServiceTest : public testing::Test {
 protected:
  WorldForTest shop;
  int trips() const { return shop.world.round_trips; }
};

TEST_F(AuthorizationServiceTest, pay_in_30_is_decided_at_once_and_concludes_the_agreement) {
  const auto session = shop.open(10'000);
  const auto step = shop.confirm(session, Plan::pay_in_30);
  ASSERT_TRUE(step.ok());
  EXPECT_LE(trips(), 4);
  EXPECT_EQ(step->authorization.state, AuthorizationState::approved);
  EXPECT_FALSE(step->hold.has_value());
  ASSERT_TRUE(step->authorization.agreement_id.has_value());
  EXPECT_EQ(shop.session(session.session_id).authorization_id, step->authorization.authorization_id);
}

TEST_F(AuthorizationServiceTest, pay_in_3_holds_the_first_part) {
  const auto session = shop.open(10'000);
  const auto step = shop.confirm(session, Plan::pay_in_3);
  ASSERT_TRUE(step.ok());
  EXPECT_LE(trips(), 4);
  EXPECT_EQ(step->authorization.state, AuthorizationState::pending_card);
  ASSERT_TRUE(step->hold.has_value());
  EXPECT_EQ(step->hold->amount.minor(), 3'334);
  EXPECT_EQ(step->hold->state, OperationState::intended);
  EXPECT_FALSE(step->hold->merchant_reference.empty());  // the vault refuses an operation without one
  EXPECT_LE(step->hold->merchant_reference.size(), 15U);
  EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());

  const auto done = shop.answer(*step->hold, OperationEvent::approve);
  ASSERT_TRUE(done.ok());
  EXPECT_LE(trips(), 3 + 1);  // and the one that settles the hold
  EXPECT_EQ(done->state, AuthorizationState::approved);
  EXPECT_EQ(shop.session(session.session_id).authorization_id, done->authorization_id);
  const auto again = shop.answer(*step->hold, OperationEvent::approve);  // the answer comes twice
  EXPECT_EQ(again->version, done->version);
}

TEST_F(AuthorizationServiceTest, pay_now_holds_everything) {
  const auto step = shop.confirm(shop.open(10'000), Plan::pay_now);
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(step->hold->amount.minor(), 10'000);
}

TEST_F(AuthorizationServiceTest, a_declined_card_refuses_and_says_why) {
  for (const auto& [code, word] : {std::pair{"05", "CARD_DECLINED"}, std::pair{"51", "CARD_INSUFFICIENT_FUNDS"},
                                   std::pair{"54", "CARD_EXPIRED"}, std::pair{"91", "CARD_UNREACHABLE"}}) {
    const auto session = shop.open(10'000);
    const auto step = shop.confirm(session, Plan::pay_in_3);
    const auto done = shop.answer(*step->hold, OperationEvent::decline, code);
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->state, AuthorizationState::refused);
    EXPECT_EQ(done->refusal, word);
    EXPECT_FALSE(done->agreement_id.has_value());
    EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());
  }
}

TEST_F(AuthorizationServiceTest, a_silent_network_refuses_and_the_shopper_may_try_again) {
  const auto session = shop.open(10'000);
  const auto step = shop.confirm(session, Plan::pay_in_3);
  const auto done = shop.answer(*step->hold, OperationEvent::lose, "");
  EXPECT_EQ(done->state, AuthorizationState::refused);
  EXPECT_EQ(done->refusal, "CARD_UNREACHABLE");
  EXPECT_EQ(shop.authorize(session, Plan::pay_in_3).state, AuthorizationState::approved);
}

TEST_F(AuthorizationServiceTest, a_lost_answer_concludes_nothing_and_a_late_approval_is_given_free) {
  const auto session = shop.open(10'000);
  const auto step = shop.confirm(session, Plan::pay_in_3);
  const auto unknown = shop.answer(*step->hold, OperationEvent::miss, "");
  ASSERT_TRUE(unknown.ok());
  EXPECT_EQ(unknown->refusal, "CARD_UNREACHABLE");  // what the shopper is told
  const auto id = step->authorization.authorization_id;
  EXPECT_EQ(shop.authorization(id).state, AuthorizationState::pending_card);  // what is known

  const auto second = shop.authorize(session, Plan::pay_in_3);  // the shopper tried again
  const auto late = shop.answer(*step->hold, OperationEvent::approve);
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->state, AuthorizationState::refused);
  EXPECT_EQ(shop.operations(id, OperationKind::reverse).size(), 1U);
  EXPECT_EQ(shop.session(session.session_id).authorization_id, second.authorization_id);
  EXPECT_TRUE(shop.operations(second.authorization_id, OperationKind::reverse).empty());
}

TEST_F(AuthorizationServiceTest, a_new_authorization_voids_the_one_before) {
  const auto session = shop.open(10'000);
  const auto first = shop.authorize(session, Plan::pay_in_3);
  const auto second = shop.authorize(session, Plan::pay_in_30);
  EXPECT_EQ(shop.authorization(first.authorization_id).state, AuthorizationState::voided);
  EXPECT_EQ(shop.operations(first.authorization_id, OperationKind::reverse).size(), 1U);
  EXPECT_EQ(shop.session(session.session_id).authorization_id, second.authorization_id);
  EXPECT_FALSE(shop.place(first, WorldForTest::request_of(10'000)).ok());
}

TEST_F(AuthorizationServiceTest, terms_other_than_those_shown_are_not_agreed_to) {
  const auto session = shop.open(10'000);
  const auto email = identity::WorldForTest::email("customer@email.de");
  const Confirmation confirmation{.authorization_id = AuthorizationId(base::Uuid{1}),
                                  .session_id = session.session_id,
                                  .customer_id = shop.customer_of(email.expose()),
                                  .email = email,
                                  .merchant = shop.merchant,
                                  .plan = Plan::pay_in_30,
                                  .terms_hash = "something else",
                                  .card = std::nullopt};
  auto changed = confirmation;
  const auto confirm = [&](const Confirmation& c) {
    return shop.write<Authorizing>([&](store::Tx& tx) { return start_authorization(tx, shop.context, c); });
  };
  EXPECT_EQ(confirm(changed).error().reason(), "TERMS_CHANGED");
  Confirmation no_card{.authorization_id = AuthorizationId(base::Uuid{1}),
                       .session_id = session.session_id,
                       .customer_id = confirmation.customer_id,
                       .email = email,
                       .merchant = shop.merchant,
                       .plan = Plan::pay_in_3,
                       .terms_hash = shop.terms_of(session, Plan::pay_in_3),
                       .card = std::nullopt};
  EXPECT_EQ(confirm(no_card).error().reason(), "CARD_MISSING");
  Confirmation foreign{.authorization_id = AuthorizationId(base::Uuid{1}),
                       .session_id = session.session_id,
                       .customer_id = confirmation.customer_id,
                       .email = email,
                       .merchant = shop.other,
                       .plan = Plan::pay_in_30,
                       .terms_hash = shop.terms_of(session, Plan::pay_in_30),
                       .card = std::nullopt};
  EXPECT_EQ(confirm(foreign).error().code(), ErrorCode::not_found);
}

TEST_F(AuthorizationServiceTest, a_plan_that_is_not_offered_is_refused) {
  const auto small = shop.confirm(shop.open(1'000), Plan::pay_in_3);
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error().code(), ErrorCode::refused);
}

// The sandbox's address conventions. Source: merchant API contract, section 5.
TEST_F(AuthorizationServiceTest, the_decision_may_refuse_or_wait) {
  const auto refused = shop.confirm(shop.open(10'000), Plan::pay_in_30, "customer+denied@email.de");
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->authorization.state, AuthorizationState::refused);
  EXPECT_EQ(refused->authorization.refusal, "REFUSED");
  const auto pending = shop.confirm(shop.open(10'000), Plan::pay_in_30, "customer+pend-reject-05@email.de");
  ASSERT_TRUE(pending.ok());
  EXPECT_EQ(pending->authorization.state, AuthorizationState::approved);
  EXPECT_EQ(pending->authorization.fraud_status, "PENDING");
}

TEST_F(AuthorizationServiceTest, an_expired_or_completed_session_is_not_authorized) {
  const auto session = shop.open(10'000);
  shop.world.advance(kSessionTime);
  const auto late = shop.confirm(session, Plan::pay_in_30);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::not_found);
  const auto completed = shop.session(shop.buy(Plan::pay_in_30, 10'000).session_id);
  EXPECT_EQ(shop.confirm(completed, Plan::pay_in_30).error().reason(), "SESSION_COMPLETED");
}

TEST_F(AuthorizationServiceTest, giving_a_token_back_ends_it_once_and_for_its_owner_only) {
  const auto session = shop.open(10'000);
  const auto authorization = shop.authorize(session, Plan::pay_in_3);
  const auto release = [&](const identity::Merchant& merchant) {
    return shop.write<void>([&](store::Tx& tx) {
      return release_authorization(tx, shop.context, merchant.merchant_id, authorization.authorization_id);
    });
  };
  EXPECT_EQ(release(shop.other).error().public_text(), "Authorization cannot be deleted");
  ASSERT_TRUE(release(shop.merchant).ok());
  EXPECT_LE(trips(), 4);
  EXPECT_EQ(release(shop.merchant).error().code(), ErrorCode::not_found);
  EXPECT_EQ(shop.operations(authorization.authorization_id, OperationKind::reverse).size(), 1U);
  EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());
}

TEST_F(AuthorizationServiceTest, a_token_nobody_used_ends_after_an_hour) {
  const auto session = shop.open(10'000);
  const auto authorization = shop.authorize(session, Plan::pay_in_3);
  const auto expire = [&] { return expire_authorizations(*shop.world.database, shop.context, 100).value(); };
  shop.world.advance(kAuthorizationTokenTime);
  EXPECT_FALSE(shop.place(authorization, WorldForTest::request_of(10'000)).ok());  // at the very instant
  shop.world.advance(base::milliseconds(1));
  EXPECT_EQ(expire(), 1);
  EXPECT_EQ(expire(), 0);
  EXPECT_EQ(shop.authorization(authorization.authorization_id).state, AuthorizationState::voided);
  EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());
  EXPECT_EQ(shop.operations(authorization.authorization_id, OperationKind::reverse).size(), 1U);
}

}  // namespace
}  // namespace karv::orders
