// The life of a bank file: what may follow what. One constexpr table; what is not in it is refused.
//
// A file is sent at most once by itself: from `committed` alone, and it comes back there only when nothing of it left
// the vault. Whatever may have arrived is `unknown` until the bank's own status report says more.
// Source: ISO 20022 message definition report, payments initiation (pain.001, pain.002).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "vault_api/bank_file_messages.h"

namespace karv::vault {

using vault_api::BankFileState;

BOOST_DEFINE_ENUM_CLASS(BankFileCommand, commit, cancel, send, fail_to_send, lose_answer, deny, send_again, accept,
                        accept_partly, complete, reject)

struct BankFileStep {
  BankFileState from;
  BankFileCommand command;
  BankFileState to;
};
inline constexpr auto kBankFileSteps = std::to_array<BankFileStep>({
    {BankFileState::collecting, BankFileCommand::commit, BankFileState::committed},
    {BankFileState::collecting, BankFileCommand::cancel, BankFileState::canceled},
    {BankFileState::committed, BankFileCommand::cancel, BankFileState::canceled},
    {BankFileState::committed, BankFileCommand::send, BankFileState::sending},
    {BankFileState::committed, BankFileCommand::lose_answer, BankFileState::unknown},  // out of a backup
    {BankFileState::sending, BankFileCommand::fail_to_send, BankFileState::committed},
    {BankFileState::sending, BankFileCommand::lose_answer, BankFileState::unknown},
    {BankFileState::sending, BankFileCommand::accept, BankFileState::accepted},
    {BankFileState::sending, BankFileCommand::accept_partly, BankFileState::partly_accepted},
    {BankFileState::sending, BankFileCommand::complete, BankFileState::completed},
    {BankFileState::sending, BankFileCommand::reject, BankFileState::rejected},
    {BankFileState::unknown, BankFileCommand::deny, BankFileState::not_known},
    {BankFileState::unknown, BankFileCommand::accept, BankFileState::accepted},
    {BankFileState::unknown, BankFileCommand::accept_partly, BankFileState::partly_accepted},
    {BankFileState::unknown, BankFileCommand::complete, BankFileState::completed},
    {BankFileState::unknown, BankFileCommand::reject, BankFileState::rejected},
    {BankFileState::not_known, BankFileCommand::send_again, BankFileState::committed},
    {BankFileState::accepted, BankFileCommand::accept_partly, BankFileState::partly_accepted},
    {BankFileState::accepted, BankFileCommand::complete, BankFileState::completed},
    {BankFileState::accepted, BankFileCommand::reject, BankFileState::rejected},
    {BankFileState::partly_accepted, BankFileCommand::complete, BankFileState::completed},
    {BankFileState::partly_accepted, BankFileCommand::reject, BankFileState::rejected},
});

constexpr std::optional<BankFileState> next_state(BankFileState from, BankFileCommand command) {
  for (const auto& step : kBankFileSteps)
    if (step.from == from && step.command == command) return step.to;
  return std::nullopt;
}

// Whether the vault has something to ask the bank about it.
constexpr bool is_asked_about(BankFileState state) {
  return state == BankFileState::unknown || state == BankFileState::accepted || state == BankFileState::partly_accepted;
}
// Whether its account numbers may still be needed.
constexpr bool needs_numbers(BankFileState state) {
  return state == BankFileState::collecting || state == BankFileState::committed || state == BankFileState::sending ||
         state == BankFileState::unknown || state == BankFileState::not_known;
}

// What the bank's status code of a whole file means; none for a code that decides nothing.
// Source: ISO 20022 ExternalPaymentGroupStatus1Code.
std::optional<BankFileCommand> command_of(std::string_view group_status);

// How long until the bank is asked, or the file is tried, again: while a file is not settled, 1 s, 2 s ... 60 s; once
// it was accepted, every ten minutes.
base::Duration bank_retry_delay(BankFileState state, std::int64_t attempts);

}  // namespace karv::vault
