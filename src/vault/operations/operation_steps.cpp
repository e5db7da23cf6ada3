#include "vault/operations/operation_steps.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "json/words.h"
#include "vault/cards/card_repository.h"
#include "vault/operations/operation_repository.h"
#include "vault/tokens/scope.h"

namespace karv::vault {
namespace {

base::Result<Operation> get_operation(store::ReadTx& tx, OperationId id) {
  KARV_TRY(auto found, find_operation(tx, id));
  if (!found) return base::Error(base::ErrorCode::not_found);
  return *std::move(found);
}

// What a refused or undone operation had taken from its token and its original goes back.
base::Result<void> give_back(store::Tx& tx, const Operation& operation) {
  if (counts_against_cap(operation.kind))
    KARV_TRY_VOID(change_token_use(tx, operation.token_mac, {.minor = -operation.amount_minor, .uses = -1}));
  if (operation.kind != OperationKind::refund && operation.kind != OperationKind::complete) return {};
  KARV_REQUIRE(operation.original.has_value());
  KARV_TRY(const auto original, get_operation(tx, *operation.original));
  KARV_TRY(auto root, get_root(tx, original));
  auto& counter = operation.kind == OperationKind::refund ? root.refunded_minor : root.completed_minor;
  KARV_REQUIRE(counter >= operation.amount_minor);
  counter -= operation.amount_minor;
  update_operation(tx, root, root.state);
  return {};
}

// Rows that follow from the state just reached.
base::Result<void> settle_or_schedule(store::Tx& tx, const Operation& operation, OperationState from,
                                      bool already_given_back, base::Instant now) {
  switch (operation.state) {
    case OperationState::reversing:
    case OperationState::repeating:
      upsert_open(tx, {.id = operation.id, .attempts = 0, .due_at = now});
      return {};
    case OperationState::declined:
    case OperationState::not_sent:
    case OperationState::rejected:
    case OperationState::reversed:
      delete_open(tx, operation.id);
      return already_given_back ? base::Result<void>() : give_back(tx, operation);
    case OperationState::approved:
    case OperationState::confirmed:
      if (is_open(from)) delete_open(tx, operation.id);
      return {};
    case OperationState::released:
      return change_token_use(tx, operation.token_mac,
                              {.minor = -(operation.amount_minor - operation.completed_minor)});
    case OperationState::barred:
    case OperationState::recorded:
    case OperationState::delivering:
      return {};
  }
  return {};
}

void note_answer(Operation& operation, OperationCommand command, const StepFacts& facts) {
  switch (command) {
    case OperationCommand::approve:
    case OperationCommand::decline:
      operation.response_code = facts.response_code;
      operation.approval_code = facts.approval_code;
      break;
    case OperationCommand::abandon:
      operation.response_code = kNotReachable;
      break;
    case OperationCommand::lose_answer:
    case OperationCommand::approve_late:
      // A new reversal is a new message: the network would answer the old one's number from memory.
      operation.reversal_stan = facts.reversal_stan;
      operation.reversal_at = facts.now;
      break;
    case OperationCommand::confirm:
      operation.response_code = facts.response_code;
      if (operation.state == OperationState::reversed && facts.response_code != kNeverSeen)
        operation.response_code = kTooLate;
      break;
    case OperationCommand::reject:
      operation.response_code = facts.response_code;
      break;
    case OperationCommand::lose_refund_answer:
    case OperationCommand::release:
      break;
  }
}

}  // namespace

base::Result<Operation> get_root(store::ReadTx& tx, const Operation& original) {
  if (original.kind != OperationKind::complete) return original;
  KARV_REQUIRE(original.original.has_value());
  return get_operation(tx, *original.original);
}

base::Result<void> change_token_use(store::Tx& tx, const base::Bytes& token_mac, TokenUse by) {
  if (by.minor == 0 && by.uses == 0) return {};
  KARV_TRY(const auto token, find_token(tx, token_mac));
  // Removed with its card: nothing can use what would go back.
  return token ? change_token_use(tx, *token, by) : base::Result<void>();
}

base::Result<void> change_token_use(store::Tx& tx, const StoredToken& token, TokenUse by) {
  if (by.minor == 0 && by.uses == 0) return {};
  std::int64_t used = 0;
  KARV_REQUIRE(!__builtin_add_overflow(token.used_minor, by.minor, &used) && used >= 0);
  KARV_REQUIRE(token.uses + by.uses >= 0);
  update_token_use(tx, token, used, token.uses + by.uses);
  return {};
}

base::Result<Operation> step_operation(store::Tx& tx, OperationId id, OperationCommand command,
                                       const StepFacts& facts) {
  KARV_TRY(auto operation, get_operation(tx, id));
  return step_operation(tx, std::move(operation), command, facts);
}

base::Result<Operation> step_operation(store::Tx& tx, Operation operation, OperationCommand command,
                                       const StepFacts& facts) {
  const OperationState from = operation.state;
  const auto to = next_state(from, command);
  if (!to || decides_nothing(from, facts.response_code)) return operation;
  if (from == OperationState::reversing && command == OperationCommand::confirm &&
      facts.confirmed_stan != operation.reversal_stan)
    return operation;
  // A reversal that is confirmed a second time, after a late approval, has nothing more to give back.
  const bool already_given_back = from == OperationState::reversing && !operation.response_code.empty();
  operation.state = *to;
  note_answer(operation, command, facts);
  update_operation(tx, operation, from);
  KARV_TRY_VOID(settle_or_schedule(tx, operation, from, already_given_back, facts.now));
  if (*to == OperationState::rejected)
    base::log::error("card_advice_refused", {{"operation_id", operation.id.text()},
                                             {"kind", json::word(operation.kind)},
                                             {"response_code", operation.response_code}});
  return operation;
}

}  // namespace karv::vault
