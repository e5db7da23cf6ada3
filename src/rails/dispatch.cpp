#include "rails/dispatch.h"

#include "base/log.h"
#include "rails/repository.h"
#include "rails/vault_calls.h"

namespace karv::rails {
namespace {

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

Result<void> look_again_later(store::Database& database, const Context& context, CardOperationId id) {
  return database.write<void>("postpone_operation", [&](store::Tx& tx) { return postpone(tx, context, id); });
}

// One advice; true when the vault has it.
Result<bool> dispatch_one(store::Database& database, const Context& context, net::Client& client,
                          CardOperation operation) {
  const auto now = context.business.now();
  if (operation.kind == OperationKind::refund) {
    auto token = read_derived(client.send_blocking(refund_token_request(operation, now), vault_api::kLimit));
    if (!token.ok()) {
      KARV_TRY_VOID(look_again_later(database, context, operation.operation_id));
      return false;
    }
    operation.vault_token = std::move(token).value();
  }
  const auto answer = client.send_blocking(operation_request(operation, now), vault_api::kCardLimit);
  const auto reached = vault_api::answer_of<vault_api::CardOperation>(answer);
  if (!reached.ok() || reached->outcome == vault_api::Outcome::unknown) {
    // Not lost: the same operation is said again until the vault has it.
    base::log::warn("card_advice_postponed", {{"operation", operation.operation_id.text()},
                                              {"reason", reached.ok() ? "unknown" : reached.error().reason()}});
    KARV_TRY_VOID(look_again_later(database, context, operation.operation_id));
    return false;
  }
  Outcome outcome = read_outcome(answer);
  if (outcome.event == OperationEvent::approve) outcome.event = OperationEvent::accept;  // a refund answered at once
  if (outcome.event == OperationEvent::decline)
    base::log::error("card_advice_refused",
                     {{"operation", operation.operation_id.text()}, {"response_code", outcome.response_code}});
  KARV_TRY(auto settled, database.write<CardOperation>("settle_advice", [&](store::Tx& tx) {
    return settle(tx, context, operation.operation_id, outcome);
  }));
  return settled.state == OperationState::accepted;
}

// An intent the vault does not know was never acted on.
Outcome read_lookup(const net::CallOutcome& outcome, bool& answered) {
  const auto answer = vault_api::answer_of<vault_api::CardOperation>(outcome);
  answered = answer.ok() || answer.error().code() == ErrorCode::not_found;
  return read_outcome(outcome);
}

}  // namespace

Result<std::int64_t> dispatch_advices(store::Database& database, const Context& context, net::Client& client,
                                      std::int64_t limit) {
  KARV_TRY(auto waiting, load_waiting(database, context, OperationState::queued, limit));
  std::int64_t accepted = 0;
  for (auto& operation : waiting) {
    KARV_TRY(const bool taken, dispatch_one(database, context, client, std::move(operation)));
    if (taken) ++accepted;
  }
  return accepted;
}

Result<std::int64_t> resolve_intents(store::Database& database, const Context& context, net::Client& client,
                                     const Settled& settled, std::int64_t limit) {
  KARV_TRY(auto waiting, load_waiting(database, context, OperationState::intended, limit));
  std::int64_t resolved = 0;
  for (const auto& operation : waiting) {
    bool answered = false;
    const auto outcome = read_lookup(
        client.send_blocking(vault_api::request_operation(vault_api::OperationId(operation.operation_id.uuid())),
                             vault_api::kLimit),
        answered);
    if (!answered) {
      KARV_TRY_VOID(look_again_later(database, context, operation.operation_id));
      continue;
    }
    KARV_TRY_VOID(database.write<void>("resolve_intent", [&](store::Tx& tx) -> Result<void> {
      KARV_TRY(auto now_settled, settle(tx, context, operation.operation_id, outcome));
      return settled(tx, now_settled);
    }));
    ++resolved;
  }
  return resolved;
}

}  // namespace karv::rails
