// The life of a card operation: what may follow what. One constexpr table; what is not in it is refused.
//
//   hold, charge   recorded -> approved | declined | not_sent, or reversing -> reversed when the answer was lost
//   refund, payout recorded -> approved | declined, or repeating -> approved | declined
//   complete, reverse (advices)  delivering -> confirmed | rejected
// What never came may be `barred` from the start: nothing follows.
// A late approval of a hold or charge whose reversal was already confirmed is reversed again: the network may have
// handled the two in the other order. Source: ISO 8583:1987 message flows; DESIGN "unknown outcome".
#pragma once

#include <array>
#include <optional>

#include "base/result.h"
#include "vault/types.h"

namespace karv::vault {

BOOST_DEFINE_ENUM_CLASS(OperationCommand, approve, decline, abandon, lose_answer, lose_refund_answer, approve_late,
                        confirm, reject, release)

struct OperationStep {
  OperationState from;
  OperationCommand command;
  OperationState to;
};
inline constexpr auto kOperationSteps = std::to_array<OperationStep>({
    {OperationState::recorded, OperationCommand::approve, OperationState::approved},
    {OperationState::recorded, OperationCommand::decline, OperationState::declined},
    {OperationState::recorded, OperationCommand::abandon, OperationState::not_sent},
    {OperationState::recorded, OperationCommand::lose_answer, OperationState::reversing},
    {OperationState::recorded, OperationCommand::lose_refund_answer, OperationState::repeating},
    {OperationState::repeating, OperationCommand::approve, OperationState::approved},
    {OperationState::repeating, OperationCommand::decline, OperationState::declined},
    {OperationState::reversing, OperationCommand::approve_late, OperationState::reversing},
    {OperationState::reversing, OperationCommand::confirm, OperationState::reversed},
    {OperationState::reversed, OperationCommand::approve_late, OperationState::reversing},
    {OperationState::delivering, OperationCommand::confirm, OperationState::confirmed},
    {OperationState::delivering, OperationCommand::reject, OperationState::rejected},
    {OperationState::approved, OperationCommand::release, OperationState::released},
});

constexpr std::optional<OperationState> next_state(OperationState from, OperationCommand command) {
  for (const auto& step : kOperationSteps)
    if (step.from == from && step.command == command) return step.to;
  return std::nullopt;
}

constexpr bool is_advice(OperationKind kind) {
  return kind == OperationKind::complete || kind == OperationKind::reverse;
}
// What losing the answer means for an operation that asks: money movements to the card are repeated, all others
// undone.
constexpr OperationCommand lost_answer(OperationKind kind) {
  const bool back = kind == OperationKind::refund || kind == OperationKind::payout;
  return back ? OperationCommand::lose_refund_answer : OperationCommand::lose_answer;
}
// What follows when nothing could be sent: a refund must arrive some time, all others may be asked for anew.
constexpr OperationCommand not_sendable(OperationKind kind) {
  return kind == OperationKind::refund ? OperationCommand::lose_refund_answer : OperationCommand::abandon;
}
// A reversal is a message with a trace number of its own.
constexpr bool begins_reversal(OperationCommand command) {
  return command == OperationCommand::lose_answer || command == OperationCommand::approve_late;
}
// Whether the vault still has something to do about it.
constexpr bool is_open(OperationState state) {
  return state == OperationState::recorded || state == OperationState::reversing ||
         state == OperationState::repeating || state == OperationState::delivering;
}

// Several processes may share one store. Whoever takes an operation up has it until its row is due again, this long:
// more than the network's answer takes, the wait for its line, and what the clocks of two machines may differ by.
constexpr base::Duration lease_of(base::Duration answer_limit) { return answer_limit + base::seconds(12); }

Outcome outcome_of(OperationState state);

// How long to wait before attempt number `attempts` + 1: 1 s, 2 s, 4 s ... at most 30 s.
constexpr base::Duration retry_delay(std::int64_t attempts) {
  return attempts >= 5 ? base::seconds(30) : base::seconds(std::int64_t{1} << attempts);
}

// Whether `wanted` may quote `original` (for a refund of a completion: `root` is the hold behind it, else the same).
// Errors: not_matching, reason NOT_MATCHING.
base::Result<void> decide_original(const Operation& wanted, const Operation& original, const Operation& root);

}  // namespace karv::vault
