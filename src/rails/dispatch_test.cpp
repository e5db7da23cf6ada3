#include "rails/dispatch.h"

#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "audit/record.h"
#include "base/check.h"
#include "identity/world_for_test.h"
#include "rails/fake_vault_for_test.h"
#include "rails/repository.h"
#include "rails/schema.h"
#include "rails/vault_calls.h"

namespace karv::rails {
namespace {

using Channel = FakeVaultForTest::Channel;
using Words = std::vector<std::string>;

class DispatchTest : public testing::Test {
 protected:
  Context context() { return {world.wall, world.business, world.random}; }
  CardOperationId intend_one(OperationKind kind, std::int64_t minor, std::optional<CardOperationId> original = {}) {
    world.advance(base::milliseconds(1));
    return world
        .write<CardOperation>([&](store::Tx& tx) -> base::Result<CardOperation> {
          return intend(tx, context(),
                        {.purchase = purchase,
                         .customer_id = identity::CustomerId(base::Uuid{1}),
                         .merchant_id = identity::MerchantId(base::Uuid{2}),
                         .subject = purchase,
                         .kind = kind,
                         .vault_token = "token",
                         .amount = {minor, money::Currency::of("EUR")},
                         .merchant_name = "Shop",
                         .merchant_reference = "REF",
                         .by_cardholder = true,
                         .original = original});
        })
        .value()
        .operation_id;
  }
  CardOperationId approved_hold() {
    const auto hold = intend_one(OperationKind::hold, 3'000);
    KARV_CHECK(world
                   .write<CardOperation>([&](store::Tx& tx) {
                     return settle(tx, context(), hold, {OperationEvent::approve, "00", {}, {}});
                   })
                   .ok());
    return hold;
  }
  std::int64_t dispatch() { return dispatch_advices(*world.database, context(), {vault.ask()}, act(), 100).value(); }
  std::int64_t follow() { return follow_advices(*world.database, context(), {vault.ask()}, act(), 100).value(); }
  Act act() {
    return [this](store::Tx&, const CardOperation& operation) -> base::Result<void> {
      told.push_back(operation);
      return {};
    };
  }
  std::int64_t resolve() {
    return resolve_intents(
               *world.database, context(), {vault.ask()},
               [this](store::Tx&, const CardOperation& operation) -> base::Result<void> {
                 told.push_back(operation);
                 return {};
               },
               100)
        .value();
  }
  OperationState state_of(CardOperationId id) {
    return world
        .read<OperationState>([&](store::ReadTx& tx) -> base::Result<OperationState> {
          KARV_TRY(auto rows, tx.read({find_operation(id)}));
          return read_operation(rows[0])->state;
        })
        .value();
  }

  identity::WorldForTest world{{migrations()}};
  FakeVaultForTest vault;
  std::vector<CardOperation> told;
  base::Uuid purchase{9};
};

TEST_F(DispatchTest, advices_go_out_in_order_once_each) {
  const auto hold = approved_hold();
  const auto complete = intend_one(OperationKind::complete, 1'000, hold);
  const auto refund = intend_one(OperationKind::refund, 400, complete);
  const auto reverse = intend_one(OperationKind::reverse, 0, hold);
  EXPECT_EQ(dispatch(), 3);
  EXPECT_EQ(dispatch(), 0);
  EXPECT_EQ(vault.done(), (Words{"complete", "refund", "reverse"}));
  for (const auto id : {complete, refund, reverse}) EXPECT_EQ(state_of(id), OperationState::accepted);
  EXPECT_TRUE(vault.messages()[1].vault_token.starts_with("derived-"));  // a refund has a token of its own
}

TEST_F(DispatchTest, purchases_are_handled_side_by_side_and_each_in_its_order) {
  constexpr std::uint8_t kPurchases = 6;
  for (std::uint8_t i = 0; i < kPurchases; ++i) {
    purchase = base::Uuid{i};
    const auto hold = approved_hold();
    const auto complete = intend_one(OperationKind::complete, 1'000, hold);
    intend_one(OperationKind::refund, 400, complete);
    intend_one(OperationKind::reverse, 0, hold);
  }
  std::latch three(3);
  std::atomic<int> asked{0};
  std::mutex one_by_one;
  const auto ask = [&, ask = vault.ask()](net::OutboundRequest request, base::Duration limit) {
    if (asked++ < 3) three.arrive_and_wait();  // none gets on before the third is there
    const std::lock_guard lock(one_by_one);
    return ask(std::move(request), limit);
  };
  EXPECT_EQ(dispatch_advices(*world.database, context(), {ask, 3}, act(), 100).value(), 3 * kPurchases);
  std::map<std::string, Words> in_order;
  for (std::size_t i = 0; i < vault.done().size(); ++i)
    in_order[vault.messages()[i].agreement->text()].push_back(vault.done()[i]);
  EXPECT_EQ(in_order.size(), kPurchases);
  for (const auto& [of_purchase, words] : in_order)
    EXPECT_EQ(words, (Words{"complete", "refund", "reverse"})) << of_purchase;
}

TEST_F(DispatchTest, an_unreachable_vault_loses_nothing) {
  const auto hold = approved_hold();
  const auto complete = intend_one(OperationKind::complete, 1'000, hold);
  vault.channel = Channel::refuses_connections;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(dispatch(), 0);
    EXPECT_EQ(state_of(complete), OperationState::queued);
    world.advance(base::minutes(1));
  }
  vault.channel = Channel::works;
  EXPECT_EQ(dispatch(), 1);
  EXPECT_EQ(vault.done(), Words{"complete"});
}

TEST_F(DispatchTest, an_advice_whose_answer_was_lost_is_asked_about_and_not_made_twice) {
  const auto hold = approved_hold();
  const auto complete = intend_one(OperationKind::complete, 1'000, hold);
  const auto refund = intend_one(OperationKind::refund, 400, complete);
  vault.channel = Channel::loses_answers;
  EXPECT_EQ(dispatch(), 0);
  world.advance(base::minutes(1));
  vault.channel = Channel::works;
  EXPECT_EQ(dispatch(), 2);
  EXPECT_EQ(vault.done(), (Words{"complete", "refund"}));
  EXPECT_EQ(state_of(complete), OperationState::accepted);
  EXPECT_EQ(state_of(refund), OperationState::accepted);
}

TEST_F(DispatchTest, a_hold_is_given_free_only_after_what_is_taken_of_it_was_handed_over) {
  const auto hold = approved_hold();
  intend_one(OperationKind::complete, 1'000, hold);
  vault.channel = Channel::refuses_connections;
  EXPECT_EQ(dispatch(), 0);  // the completion now waits for two seconds
  vault.channel = Channel::works;
  const auto reverse = intend_one(OperationKind::reverse, 0, hold);
  EXPECT_EQ(dispatch(), 0);
  EXPECT_EQ(state_of(reverse), OperationState::queued);
  world.advance(base::seconds(5));
  EXPECT_EQ(dispatch(), 2);
  EXPECT_EQ(vault.done(), (Words{"complete", "reverse"}));
}

TEST_F(DispatchTest, an_advice_that_is_refused_for_good_ends_and_the_audit_log_keeps_it) {
  const auto hold = approved_hold();
  const auto complete = intend_one(OperationKind::complete, 1'000, hold);
  const auto reverse = intend_one(OperationKind::reverse, 0, hold);
  vault.channel = Channel::refuses_scope;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(dispatch(), 0);
    EXPECT_EQ(state_of(complete), OperationState::queued);
    world.advance(base::minutes(2));
  }
  EXPECT_EQ(dispatch(), 0);
  EXPECT_EQ(state_of(complete), OperationState::declined);
  const auto records = world.read<std::vector<audit::Record>>(
      [&](store::ReadTx& tx) { return audit::list_by_subject(tx, {"card_operation", complete.text()}, 10); });
  ASSERT_EQ(records.value().size(), 1U);
  EXPECT_EQ(records.value()[0].reason, "SCOPE_REFUSED");
  vault.channel = Channel::works;
  world.advance(base::minutes(2));
  EXPECT_EQ(dispatch(), 1);  // the reversal no longer waits behind it
  EXPECT_EQ(state_of(reverse), OperationState::accepted);
}

TEST_F(DispatchTest, an_advice_is_followed_until_the_network_has_confirmed_it) {
  const auto complete = intend_one(OperationKind::complete, 1'000, approved_hold());
  EXPECT_EQ(dispatch(), 1);
  EXPECT_EQ(follow(), 0);  // not asked about at once
  world.advance(kConfirmationExpected);
  EXPECT_EQ(follow(), 0);  // on its way
  EXPECT_EQ(state_of(complete), OperationState::accepted);
  vault.answer_advice(complete, vault_api::OperationState::confirmed, "00");
  world.advance(base::minutes(1));
  EXPECT_EQ(follow(), 1);
  EXPECT_EQ(state_of(complete), OperationState::confirmed);
  EXPECT_EQ(follow(), 0);
  EXPECT_TRUE(told.empty());
}

TEST_F(DispatchTest, an_advice_that_the_network_refuses_later_is_audited_and_told_once) {
  const auto complete = intend_one(OperationKind::complete, 1'000, approved_hold());
  EXPECT_EQ(dispatch(), 1);
  vault.answer_advice(complete, vault_api::OperationState::rejected, "05");
  for (int i = 0; i < 3; ++i) {
    world.advance(base::minutes(1));
    EXPECT_EQ(follow(), i == 0 ? 1 : 0);
  }
  EXPECT_EQ(state_of(complete), OperationState::rejected);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].state, OperationState::rejected);
  EXPECT_EQ(told[0].response_code, "05");
  const auto records = world.read<std::vector<audit::Record>>(
      [&](store::ReadTx& tx) { return audit::list_by_subject(tx, {"card_operation", complete.text()}, 10); });
  ASSERT_EQ(records.value().size(), 1U);
  EXPECT_EQ(records.value()[0].reason, "05");
}

// As after a kill -9 in the middle of it: nothing of it is there, and the next run does all of it.
TEST_F(DispatchTest, a_refusal_whose_consequences_cannot_be_recorded_is_taken_up_again) {
  const auto complete = intend_one(OperationKind::complete, 1'000, approved_hold());
  EXPECT_EQ(dispatch(), 1);
  vault.answer_advice(complete, vault_api::OperationState::rejected, "05");
  world.advance(base::minutes(1));
  const Act fails = [](store::Tx&, const CardOperation&) -> base::Result<void> {
    return base::Error(base::ErrorCode::storage_full);
  };
  EXPECT_EQ(follow_advices(*world.database, context(), {vault.ask()}, fails, 100).value(), 0);
  EXPECT_EQ(state_of(complete), OperationState::accepted);
  world.advance(base::minutes(1));
  EXPECT_EQ(follow(), 1);
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(DispatchTest, a_refund_the_network_declines_is_recorded_as_such) {
  const auto hold = approved_hold();
  const auto complete = intend_one(OperationKind::complete, 1'000, hold);
  const auto refund = intend_one(OperationKind::refund, 400, complete);
  vault.outcome = vault_api::Outcome::declined;
  EXPECT_EQ(dispatch(), 1);
  EXPECT_EQ(state_of(refund), OperationState::declined);
}

TEST_F(DispatchTest, a_missing_answer_is_fetched_and_told_once) {
  const auto hold = intend_one(OperationKind::hold, 3'000);
  CardOperation asked;
  asked.operation_id = hold;
  asked.amount = {3'000, money::Currency::of("EUR")};
  asked.merchant_reference = "REF";
  ASSERT_TRUE(vault.ask()(operation_request(asked, world.business.now()), base::seconds(1)).ok());
  EXPECT_EQ(resolve(), 0);  // not overdue yet
  world.advance(kAnswerOverdue);
  EXPECT_EQ(resolve(), 1);
  EXPECT_EQ(resolve(), 0);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].state, OperationState::approved);
}

TEST_F(DispatchTest, an_intent_the_vault_never_heard_of_did_not_happen) {
  const auto hold = intend_one(OperationKind::hold, 3'000);
  world.advance(kAnswerOverdue);
  EXPECT_EQ(resolve(), 1);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].state, OperationState::not_sent);
  EXPECT_EQ(state_of(hold), OperationState::not_sent);
}

// The call was slow, not lost: it comes after the question, and is refused.
TEST_F(DispatchTest, a_call_that_comes_after_the_question_is_not_executed) {
  const auto hold = intend_one(OperationKind::hold, 3'000);
  world.advance(kAnswerOverdue);
  EXPECT_EQ(resolve(), 1);
  CardOperation late;
  late.operation_id = hold;
  late.amount = {3'000, money::Currency::of("EUR")};
  late.merchant_reference = "REF";
  const auto answer = vault.ask()(operation_request(late, world.business.now()), base::seconds(1));
  EXPECT_EQ(vault_api::answer_of<vault_api::CardOperation>(answer).error().reason(), "OPERATION_BARRED");
  EXPECT_EQ(read_outcome(answer).event, OperationEvent::miss);  // says nothing new
  EXPECT_TRUE(vault.done().empty());
}

TEST_F(DispatchTest, while_the_vault_cannot_be_asked_nothing_is_concluded) {
  const auto hold = intend_one(OperationKind::hold, 3'000);
  world.advance(kAnswerOverdue);
  for (const auto channel : {Channel::refuses_connections, Channel::loses_answers}) {
    vault.channel = channel;
    EXPECT_EQ(resolve(), 0);
    EXPECT_EQ(state_of(hold), OperationState::intended);
    world.advance(base::minutes(1));
  }
  EXPECT_TRUE(told.empty());
}

// The answer comes in by itself between the list being made and the vault being asked.
TEST_F(DispatchTest, an_answer_that_came_by_itself_is_not_acted_on_again) {
  const auto hold = intend_one(OperationKind::hold, 3'000);
  world.advance(kAnswerOverdue);
  const AskVault ask = [&](const net::OutboundRequest&, base::Duration) -> net::CallOutcome {
    KARV_CHECK(world
                   .write<CardOperation>([&](store::Tx& tx) {
                     return settle(tx, context(), hold, {OperationEvent::approve, "00", {}, {}});
                   })
                   .ok());
    return FakeVaultForTest::good(
        vault_api::OperationAnswer{vault_api::Outcome::approved, vault_api::OperationState::approved, "00", {}, {}});
  };
  const auto resolved = resolve_intents(
      *world.database, context(), {ask},
      [this](store::Tx&, const CardOperation& operation) -> base::Result<void> {
        told.push_back(operation);
        return {};
      },
      100);
  ASSERT_TRUE(resolved.ok());
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace karv::rails
