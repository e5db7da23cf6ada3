#include "vault/operations/operation_rules.h"

#include <set>

#include <gtest/gtest.h>

#include "json/words.h"

namespace karv::vault {
namespace {

TEST(OperationRules, only_listed_steps_exist_and_each_has_one_outcome) {
  std::set<std::pair<OperationState, OperationCommand>> listed;
  for (const auto& step : kOperationSteps) EXPECT_TRUE(listed.emplace(step.from, step.command).second);
  int allowed = 0;
  json::for_each_word<OperationState>([&](OperationState from, std::string_view) {
    json::for_each_word<OperationCommand>([&](OperationCommand command, std::string_view) {
      const bool exists = next_state(from, command).has_value();
      EXPECT_EQ(exists, listed.contains({from, command})) << json::word(from) << " " << json::word(command);
      allowed += exists ? 1 : 0;
    });
  });
  EXPECT_EQ(allowed, 13);
}

TEST(OperationRules, final_states_stay_final) {
  for (const auto state : {OperationState::barred, OperationState::declined, OperationState::not_sent,
                           OperationState::released, OperationState::confirmed, OperationState::rejected})
    json::for_each_word<OperationCommand>([&](OperationCommand command, std::string_view) {
      EXPECT_FALSE(next_state(state, command).has_value()) << json::word(state) << " " << json::word(command);
    });
}

TEST(OperationRules, a_lost_answer_is_undone_but_a_lost_refund_is_repeated) {
  EXPECT_EQ(next_state(OperationState::recorded, lost_answer(OperationKind::hold)), OperationState::reversing);
  EXPECT_EQ(next_state(OperationState::recorded, lost_answer(OperationKind::charge)), OperationState::reversing);
  EXPECT_EQ(next_state(OperationState::recorded, lost_answer(OperationKind::refund)), OperationState::repeating);
  EXPECT_EQ(next_state(OperationState::recorded, lost_answer(OperationKind::payout)), OperationState::repeating);
  EXPECT_EQ(next_state(OperationState::recorded, not_sendable(OperationKind::payout)), OperationState::not_sent);
}

TEST(OperationRules, what_is_unknown_is_open_and_what_is_known_is_said) {
  json::for_each_word<OperationState>([&](OperationState state, std::string_view) {
    if (outcome_of(state) == Outcome::unknown) {
      EXPECT_TRUE(is_open(state)) << json::word(state);
    }
  });
  EXPECT_EQ(outcome_of(OperationState::reversed), Outcome::declined);
  EXPECT_EQ(outcome_of(OperationState::released), Outcome::approved);
}

TEST(OperationRules, attempts_slow_down_to_thirty_seconds) {
  EXPECT_EQ(retry_delay(0), base::seconds(1));
  EXPECT_EQ(retry_delay(1), base::seconds(2));
  EXPECT_EQ(retry_delay(4), base::seconds(16));
  EXPECT_EQ(retry_delay(5), base::seconds(30));
  EXPECT_EQ(retry_delay(1'000'000), base::seconds(30));
}

}  // namespace
}  // namespace karv::vault
