#include "risk/service.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "calendar/zone.h"
#include "credit/service.h"
#include "identity/customers.h"
#include "identity/world_for_test.h"
#include "ledger/service.h"
#include "risk/token_refusal_repository.h"

namespace karv::risk {
namespace {

using calendar::Date;
using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");

class RiskServiceTest : public testing::Test {
 protected:
  Context context() { return {world.wall, world.business, world.random, sandbox, {3, 5}}; }
  Application application(std::int64_t minor, std::string_view address = "customer@email.de") {
    return {identity::PaymentSessionId(base::Uuid{3}),
            merchant,
            customer,
            identity::WorldForTest::email(address),
            Money(minor, kEuro),
            true,
            std::nullopt};
  }
  Decided decide_one(const Application& asked) {
    return world.write<Decided>([&](store::Tx& tx) { return decide_application(tx, context(), asked); }).value();
  }
  Outcome outcome(const Application& asked) { return decide_one(asked).decision.outcome; }

  identity::WorldForTest world{{ledger::migrations(), credit::migrations(), migrations()}};
  identity::CustomerId customer{base::Uuid{1}};
  identity::MerchantId merchant{base::Uuid{2}};
  bool sandbox = true;
};

TEST_F(RiskServiceTest, a_decision_is_stored_with_its_facts_and_replays_to_itself) {
  Application asked = application(5'000, "customer+pend-reject-15@email.de");
  asked.date_of_birth = Date::of(1970, 7, 10);
  const Decided decided = decide_one(asked);
  EXPECT_EQ(decided.decision.outcome, Outcome::pending);
  const auto stored =
      world.read<StoredDecision>([&](store::ReadTx& tx) { return get_decision(tx, decided.decision_id); });
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->facts.amount, Money(5'000, kEuro));
  EXPECT_EQ(stored->facts.age_years, 56);
  EXPECT_EQ(stored->decision.reasons, decided.decision.reasons);
  EXPECT_EQ(stored->decided_at, world.business.now());
  const Decision again = replay(*stored);
  EXPECT_EQ(again.outcome, stored->decision.outcome);
  EXPECT_EQ(again.reasons, stored->decision.reasons);
  EXPECT_EQ(again.pend_minutes, 15);
  EXPECT_FALSE(again.pend_accepts);
  EXPECT_EQ(world.round_trips, 2);
}

TEST_F(RiskServiceTest, conventions_count_in_sandbox_mode_only) {
  EXPECT_EQ(outcome(application(5'000, "customer+denied@email.de")), Outcome::refuse);
  sandbox = false;
  EXPECT_EQ(outcome(application(5'000, "customer+denied@email.de")), Outcome::allow);
}

TEST_F(RiskServiceTest, open_debt_of_the_customer_counts) {
  const credit::Context books{world.wall, world.business, world.random, calendar::Zone::utc()};
  ASSERT_TRUE(world
                  .write<credit::AgreementId>([&](store::Tx& tx) {
                    return credit::conclude(
                        tx, books,
                        {base::Uuid{5}, customer, merchant, credit::Plan::pay_in_30, Money(150'000, kEuro), "v", "h"});
                  })
                  .ok());
  EXPECT_EQ(outcome(application(50'000)), Outcome::allow);
  EXPECT_EQ(outcome(application(50'001)), Outcome::refuse);
  Application other = application(50'001);
  other.customer_id = identity::CustomerId(base::Uuid{9});
  EXPECT_EQ(outcome(other), Outcome::allow);
}

TEST_F(RiskServiceTest, haste_is_refused_and_forgiven_with_time) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(outcome(application(100)), Outcome::allow);
  EXPECT_EQ(outcome(application(100)), Outcome::refuse);
  world.business.advance(base::days(40));
  EXPECT_EQ(outcome(application(100)), Outcome::refuse);
  world.wall.advance(base::hours(2));
  EXPECT_EQ(outcome(application(100)), Outcome::refuse);  // the sixth of the day
  world.wall.advance(base::hours(24));
  EXPECT_EQ(outcome(application(100)), Outcome::allow);
}

// Without the lock on the customer two servers would count at the same moment and both allow.
TEST_F(RiskServiceTest, decisions_about_one_customer_at_the_same_moment_count_each_other) {
  customer = world
                 .write<identity::EnsuredCustomer>([&](store::Tx& tx) {
                   return identity::ensure_customer(tx, world.context(), identity::WorldForTest::email("a@email.de"));
                 })
                 .value()
                 .customer_id;
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      base::SystemRandom random;
      const Context own{world.wall, world.business, random, sandbox, {3, 5}};
      const auto decided = world.database->write<Decided>(
          "decide", [&](store::Tx& tx) { return decide_application(tx, own, application(100)); });
      if (decided.ok() && decided->decision.outcome == Outcome::allow) ++allowed;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(allowed, 3);
}

TEST_F(RiskServiceTest, refused_uses_of_the_customers_tokens_ask_for_more_proof_for_a_day) {
  const auto told = [&](std::uint8_t id, std::int64_t times, const char* reason,
                        std::optional<identity::CustomerId> whose) {
    const TokenRefusal one{.refusal_id = TokenRefusalId(base::Uuid{id}),
                           .customer_id = whose,
                           .merchant_id = identity::MerchantId(base::Uuid{7}),
                           .reason = reason,
                           .times = times,
                           .first_at = world.wall.now(),
                           .last_at = world.wall.now()};
    ASSERT_TRUE(world
                    .write<void>([&](store::Tx& tx) -> base::Result<void> {
                      note_token_refusals(tx, std::span(&one, 1));
                      return {};
                    })
                    .ok());
  };
  told(1, 2, "merchant", customer);
  told(2, 50, "ended", customer);    // of a card that the customer deleted
  told(3, 50, "expired", customer);  // the merchant was late
  told(4, 50, "cap", identity::CustomerId(base::Uuid{9}));
  told(5, 50, "unknown", std::nullopt);
  EXPECT_EQ(outcome(application(100)), Outcome::allow);
  told(1, 2, "merchant", customer);  // told again, nothing new
  EXPECT_EQ(outcome(application(100)), Outcome::allow);
  told(1, 3, "merchant", customer);
  const auto asked = decide_one(application(100));
  EXPECT_EQ(asked.decision.outcome, Outcome::step_up);
  EXPECT_EQ(asked.decision.reasons, std::vector<std::string>{"card_tokens_refused_lately"});
  const auto stored =
      world.read<StoredDecision>([&](store::ReadTx& tx) { return get_decision(tx, asked.decision_id); });
  EXPECT_EQ(stored->facts.token_refusals_last_day, 3);
  EXPECT_EQ(replay(*stored).reasons, asked.decision.reasons);
  world.wall.advance(base::hours(24));
  EXPECT_EQ(outcome(application(100)), Outcome::allow);
}

TEST_F(RiskServiceTest, many_refused_uses_at_a_merchant_ask_for_more_proof_there) {
  const TokenRefusal one{.refusal_id = TokenRefusalId(base::Uuid{1}),
                         .customer_id = std::nullopt,
                         .merchant_id = merchant,
                         .reason = "unknown",
                         .times = 100,
                         .first_at = world.wall.now(),
                         .last_at = world.wall.now()};
  ASSERT_TRUE(world
                  .write<void>([&](store::Tx& tx) -> base::Result<void> {
                    note_token_refusals(tx, std::span(&one, 1));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(outcome(application(100)), Outcome::step_up);
  merchant = identity::MerchantId(base::Uuid{8});
  EXPECT_EQ(outcome(application(100)), Outcome::allow);
  EXPECT_EQ(world.read<std::optional<base::Instant>>([](store::ReadTx& tx) { return last_token_refusal(tx); }).value(),
            world.wall.now());
  EXPECT_EQ(world
                .write<std::int64_t>(
                    [&](store::Tx& tx) { return forget_token_refusals(tx, world.wall.now() + base::days(1), 10); })
                .value(),
            1);
}

TEST_F(RiskServiceTest, the_eighteenth_birthday_decides) {
  const Date today = calendar::Zone::utc().date_of(world.business.now());
  Application asked = application(100);
  asked.date_of_birth = calendar::add_months(today, -18 * 12);
  EXPECT_EQ(outcome(asked), Outcome::allow);
  asked.date_of_birth = calendar::add_days(calendar::add_months(today, -18 * 12), 1);
  EXPECT_EQ(outcome(asked), Outcome::refuse);
  asked.date_of_birth = calendar::add_days(today, 1);
  EXPECT_EQ(outcome(asked), Outcome::refuse);
}

TEST_F(RiskServiceTest, a_currency_without_limits_is_refused) {
  Application asked = application(100);
  asked.amount = Money(100, Currency::of("JPY"));
  asked.credit = false;
  EXPECT_EQ(outcome(asked), Outcome::refuse);
}

TEST_F(RiskServiceTest, unknown_decisions_are_not_found) {
  EXPECT_EQ(
      world.read<StoredDecision>([&](store::ReadTx& tx) { return get_decision(tx, DecisionId()); }).error().code(),
      base::ErrorCode::not_found);
}

}  // namespace
}  // namespace karv::risk
