#include "rails/dispatch.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "audit/record.h"
#include "base/log.h"
#include "rails/by_purchase.h"
#include "rails/repository.h"
#include "rails/vault_calls.h"

namespace karv::rails {
namespace {

// How often a definite refusal is asked about again: a vault that is being configured deserves a few minutes.
constexpr std::int64_t kMostRefusals = 10;

using base::ErrorCode;
using base::Result;

Result<std::vector<CardOperation>> load_waiting(store::Database& database, const Context& context, OperationState state,
                                                std::int64_t limit) {
  return database.read<std::vector<CardOperation>>(
      "waiting_operations", [&](store::ReadTx& tx) -> Result<std::vector<CardOperation>> {
        KARV_TRY(auto rows, tx.read({waiting_operations(state, context.wall.now(), limit)}));
        return read_operations(rows[0]);
      });
}

Result<void> look_again_later(store::Database& database, const Context& context, CardOperationId id,
                              Postponed why = Postponed::asked_in_vain) {
  return database.write<void>("postpone_operation", [&](store::Tx& tx) { return postpone(tx, context, id, why); });
}

// A hold is given free, and money given back, only after what is taken has been handed over: the other way round it
// could not be taken, or there would be nothing to give back.
Result<bool> waits_for_completion(store::Database& database, const CardOperation& operation) {
  if (operation.kind == OperationKind::complete) return false;
  return database.read<bool>("queued_completions", [&](store::ReadTx& tx) -> Result<bool> {
    KARV_TRY(auto rows, tx.read({operations_of(operation.purchase)}));
    return std::ranges::any_of(read_operations(rows[0]), [&](const CardOperation& other) {
      const bool queued = other.kind == OperationKind::complete && other.state == OperationState::queued;
      return queued && (operation.kind == OperationKind::refund || other.original == operation.original);
    });
  });
}

// Says it to the vault. One that was said before is asked about first: its answer may have been lost on the way, and
// the vault takes the same id with other words (a new token, a later time) for a mistake.
net::CallOutcome hand_over(const AskVault& vault, CardOperation operation, base::Instant business_now) {
  if (operation.attempts > 0) {
    auto known =
        vault(vault_api::request_operation(vault_api::OperationId(operation.operation_id.uuid())), vault_api::kLimit);
    const auto answer = vault_api::answer_of<vault_api::CardOperation>(known);
    if (answer.ok() || answer.error().code() != ErrorCode::not_found) return known;
  }
  if (operation.kind == OperationKind::refund) {
    auto token = read_derived(vault(refund_token_request(operation, business_now), vault_api::kLimit));
    if (!token.ok()) return std::move(token).error();
    operation.vault_token = std::move(token).value();
  }
  return vault(operation_request(operation, business_now), vault_api::kCardLimit);
}

// A refusal that saying it again will not change. Everything else is the vault's or the channel's bad moment.
bool is_definite(const base::Error& error) {
  switch (error.code()) {
    case ErrorCode::bad_request:
    case ErrorCode::bad_value:
    case ErrorCode::forbidden:
    case ErrorCode::not_matching:
    case ErrorCode::idempotency_conflict:
      return true;
    default:
      return false;
  }
}

// An advice ought to be taken, so one that is refused, by the vault or later by the card network, is kept in the audit
// log; `refused` undoes what was counted on it. All in one transaction, and once.
Result<void> settle_refused(store::Database& database, const Context& context, CardOperationId id,
                            const Outcome& outcome, const std::string& why, const Act& refused) {
  base::log::error("card_advice_refused", {{"operation", id.text()}, {"why", why}});
  const auto settled = database.write<CardOperation>("settle_refused", [&](store::Tx& tx) {
    return settle_and_act(
        tx, context, id, outcome, [&](store::Tx& same_tx, const CardOperation& advice) -> Result<void> {
          audit::append(same_tx,
                        {.id = base::make_id<audit::RecordTag>(context.wall, context.random),
                         .actor = {audit::ActorKind::vault, "card_advices"},
                         .action = "card_advice_refused",
                         .subject = {"card_operation", advice.operation_id.text()},
                         .reason = why,
                         .business_time = context.business.now(),
                         .wall_time = context.wall.now(),
                         .correlation_id = {},
                         .details = audit::details_text({{"amount", advice.amount.minor()},
                                                         {"kind", boost::describe::enum_to_string(advice.kind, "")}})});
          return refused(same_tx, advice);
        });
  });
  return settled.ok() ? Result<void>() : Result<void>(settled.error());
}

// One advice; true when the vault has it.
Result<bool> dispatch_one(store::Database& database, const Context& context, const AskVault& vault, const Act& refused,
                          const CardOperation& operation) {
  KARV_TRY(const bool too_early, waits_for_completion(database, operation));
  if (too_early) {
    KARV_TRY_VOID(look_again_later(database, context, operation.operation_id, Postponed::not_its_turn));
    return false;
  }
  const auto answer = hand_over(vault, operation, context.business.now());
  const auto reached = vault_api::answer_of<vault_api::CardOperation>(answer);
  if (!reached.ok() && is_definite(reached.error()) && operation.attempts >= kMostRefusals) {
    KARV_TRY_VOID(settle_refused(database, context, operation.operation_id, {OperationEvent::decline, {}, {}, {}},
                                 reached.error().reason(), refused));
    return false;
  }
  if (!reached.ok() || reached->outcome == vault_api::Outcome::unknown) {
    // Not lost: the same operation is said again until the vault has it.
    base::log::warn("card_advice_postponed", {{"operation", operation.operation_id.text()},
                                              {"reason", reached.ok() ? "unknown" : reached.error().reason()}});
    KARV_TRY_VOID(look_again_later(database, context, operation.operation_id));
    return false;
  }
  Outcome outcome = read_outcome(answer);
  if (outcome.event == OperationEvent::approve) outcome.event = OperationEvent::accept;  // a refund answered at once
  if (outcome.event == OperationEvent::decline) {
    KARV_TRY_VOID(settle_refused(database, context, operation.operation_id, outcome, outcome.response_code, refused));
    return false;
  }
  KARV_TRY(auto settled, database.write<CardOperation>("settle_advice", [&](store::Tx& tx) {
    return settle(tx, context, operation.operation_id, outcome);
  }));
  return settled.state == OperationState::accepted;
}

// What the card network said to an advice that the vault took; nothing while it has not said anything.
std::optional<Outcome> ask_for_confirmation(const AskVault& vault, const CardOperation& advice) {
  const auto said =
      vault(vault_api::request_operation(vault_api::OperationId(advice.operation_id.uuid())), vault_api::kLimit);
  const auto answer = vault_api::answer_of<vault_api::CardOperation>(said);
  if (!answer.ok()) return std::nullopt;
  Outcome outcome{OperationEvent::confirm, answer->response_code, answer->approval_code, answer->network_reference};
  switch (answer->state) {
    case vault_api::OperationState::confirmed:
    case vault_api::OperationState::approved:  // a refund
      return outcome;
    case vault_api::OperationState::rejected:
    case vault_api::OperationState::declined:
      outcome.event = OperationEvent::reject;
      return outcome;
    default:
      return std::nullopt;
  }
}

// One accepted advice; true when the network's word is recorded.
Result<bool> follow_one(store::Database& database, const Context& context, const AskVault& vault, const Act& refused,
                        const CardOperation& advice) {
  const auto outcome = ask_for_confirmation(vault, advice);
  if (!outcome) {
    KARV_TRY_VOID(look_again_later(database, context, advice.operation_id));
    return false;
  }
  if (outcome->event == OperationEvent::reject) {
    KARV_TRY_VOID(settle_refused(database, context, advice.operation_id, *outcome, outcome->response_code, refused));
    return true;
  }
  KARV_TRY(const auto settled, database.write<CardOperation>("settle_advice", [&](store::Tx& tx) {
    return settle(tx, context, advice.operation_id, *outcome);
  }));
  return settled.state == OperationState::confirmed;
}

// Asks how an intent ended; nothing while that is not known. One that never came to the vault is barred there by the
// question, so that a slow call cannot bring it later.
std::optional<Outcome> ask_about(const AskVault& vault, const CardOperation& operation) {
  const auto said = vault(bar_request(operation), vault_api::kLimit);
  if (!vault_api::answer_of<vault_api::BarRequest>(said).ok()) return std::nullopt;
  auto outcome = read_outcome(said);
  return outcome.event == OperationEvent::miss ? std::nullopt : std::optional(std::move(outcome));
}

// One missing answer; true when it is known now.
Result<bool> resolve_one(store::Database& database, const Context& context, const AskVault& vault, const Act& settled,
                         const CardOperation& operation) {
  const auto outcome = ask_about(vault, operation);
  if (!outcome) {
    KARV_TRY_VOID(look_again_later(database, context, operation.operation_id));
    return false;
  }
  KARV_TRY(const auto now, database.write<CardOperation>("resolve_intent", [&](store::Tx& tx) {
    return settle_and_act(tx, context, operation.operation_id, *outcome, settled);
  }));
  return now.state != OperationState::intended;
}

// One whose consequences cannot be recorded must not keep the others waiting, nor be asked about all the time.
Result<bool> or_later(store::Database& database, const Context& context, const CardOperation& operation,
                      const char* event, Result<bool> done) {
  if (done.ok()) return done;
  base::log::error(event, {{"operation", operation.operation_id.text()},
                           {"code", base::row_of(done.error().code()).name},
                           {"detail", done.error().internal_text()}});
  KARV_TRY_VOID(look_again_later(database, context, operation.operation_id));
  return false;
}

}  // namespace

Result<std::int64_t> dispatch_advices(store::Database& database, const Context& context, const VaultLine& vault,
                                      const Act& refused, std::int64_t limit) {
  KARV_TRY(const auto waiting, load_waiting(database, context, OperationState::queued, limit));
  std::vector<CardOperation> in_order;
  for (const bool completions : {true, false})
    std::ranges::copy_if(waiting, std::back_inserter(in_order), [&](const CardOperation& operation) {
      return (operation.kind == OperationKind::complete) == completions;
    });
  return ByPurchase(in_order).handle_all(vault.at_once, [&](const CardOperation& operation) {
    return or_later(database, context, operation, "card_advice_not_dispatched",
                    dispatch_one(database, context, vault.ask, refused, operation));
  });
}

Result<std::int64_t> follow_advices(store::Database& database, const Context& context, const VaultLine& vault,
                                    const Act& refused, std::int64_t limit) {
  KARV_TRY(const auto waiting, load_waiting(database, context, OperationState::accepted, limit));
  return ByPurchase(waiting).handle_all(vault.at_once, [&](const CardOperation& advice) {
    return or_later(database, context, advice, "card_advice_not_followed",
                    follow_one(database, context, vault.ask, refused, advice));
  });
}

Result<std::int64_t> resolve_intents(store::Database& database, const Context& context, const VaultLine& vault,
                                     const Act& settled, std::int64_t limit) {
  KARV_TRY(const auto waiting, load_waiting(database, context, OperationState::intended, limit));
  return ByPurchase(waiting).handle_all(vault.at_once, [&](const CardOperation& operation) {
    return or_later(database, context, operation, "card_answer_not_recorded",
                    resolve_one(database, context, vault.ask, settled, operation));
  });
}

}  // namespace karv::rails
