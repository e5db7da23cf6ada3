#include "vault/bank/file_rules.h"

#include <set>

#include <gtest/gtest.h>

#include "json/words.h"

namespace karv::vault {
namespace {

TEST(BankFileRules, only_listed_steps_exist_and_each_has_one_outcome) {
  std::set<std::pair<BankFileState, BankFileCommand>> listed;
  for (const auto& step : kBankFileSteps) EXPECT_TRUE(listed.emplace(step.from, step.command).second);
  int allowed = 0;
  json::for_each_word<BankFileState>([&](BankFileState from, std::string_view) {
    json::for_each_word<BankFileCommand>([&](BankFileCommand command, std::string_view) {
      const bool exists = next_state(from, command).has_value();
      EXPECT_EQ(exists, listed.contains({from, command})) << json::word(from) << " " << json::word(command);
      allowed += exists ? 1 : 0;
    });
  });
  EXPECT_EQ(allowed, 22);
}

TEST(BankFileRules, final_states_stay_final) {
  for (const auto state : {BankFileState::canceled, BankFileState::completed, BankFileState::rejected})
    json::for_each_word<BankFileCommand>([&](BankFileCommand command, std::string_view) {
      EXPECT_FALSE(next_state(state, command).has_value()) << json::word(state) << " " << json::word(command);
    });
}

TEST(BankFileRules, a_file_is_sent_from_committed_alone_and_comes_back_there_only_unsent_or_on_a_servers_word) {
  for (const auto& step : kBankFileSteps) {
    if (step.to == BankFileState::sending) {
      EXPECT_EQ(step.from, BankFileState::committed);
    }
    if (step.to != BankFileState::committed) continue;
    const bool known_unsent = step.command == BankFileCommand::commit ||
                              step.command == BankFileCommand::fail_to_send ||
                              (step.from == BankFileState::not_known && step.command == BankFileCommand::send_again);
    EXPECT_TRUE(known_unsent) << json::word(step.from) << " " << json::word(step.command);
  }
  EXPECT_EQ(next_state(BankFileState::unknown, BankFileCommand::send), std::nullopt);
  EXPECT_EQ(next_state(BankFileState::unknown, BankFileCommand::send_again), std::nullopt);
}

TEST(BankFileRules, numbers_are_needed_until_the_bank_has_the_file) {
  json::for_each_word<BankFileState>([&](BankFileState state, std::string_view) {
    bool may_be_sent = state == BankFileState::sending;
    json::for_each_word<BankFileCommand>([&](BankFileCommand command, std::string_view) {
      const auto to = next_state(state, command);
      may_be_sent = may_be_sent || to == BankFileState::sending || to == BankFileState::committed;
    });
    if (may_be_sent) {
      EXPECT_TRUE(needs_numbers(state)) << json::word(state);
    }
  });
  EXPECT_FALSE(needs_numbers(BankFileState::accepted));
}

TEST(BankFileRules, codes_that_decide_nothing_are_no_commands) {
  EXPECT_EQ(command_of("ACSC"), BankFileCommand::complete);
  EXPECT_EQ(command_of("RJCT"), BankFileCommand::reject);
  EXPECT_EQ(command_of("PART"), BankFileCommand::accept_partly);
  EXPECT_EQ(command_of("ACTC"), BankFileCommand::accept);
  for (const auto* code : {"", "XXXX", "rjct", "CANC"}) EXPECT_EQ(command_of(code), std::nullopt) << code;
}

TEST(BankFileRules, attempts_slow_down) {
  EXPECT_EQ(bank_retry_delay(BankFileState::unknown, 0), base::seconds(1));
  EXPECT_EQ(bank_retry_delay(BankFileState::committed, 5), base::seconds(32));
  EXPECT_EQ(bank_retry_delay(BankFileState::unknown, 1'000'000), base::seconds(60));
  EXPECT_EQ(bank_retry_delay(BankFileState::accepted, 0), base::seconds(5));
  EXPECT_EQ(bank_retry_delay(BankFileState::accepted, 6), base::seconds(320));
  EXPECT_EQ(bank_retry_delay(BankFileState::accepted, 1'000'000), base::minutes(10));
}

}  // namespace
}  // namespace karv::vault
