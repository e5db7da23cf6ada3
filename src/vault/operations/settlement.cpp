#include "vault/operations/settlement.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/wipe_stack.h"
#include "json/words.h"
#include "vault/cards/card_repository.h"
#include "vault/operations/operation_repository.h"
#include "vault/operations/operation_rules.h"
#include "vault/operations/operation_steps.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kMostAtOnce = 100;
constexpr base::Duration kUndecidedPause = base::minutes(10);

// The network's word on an advice. A reversal of what it does not know is as good as done.
std::optional<OperationCommand> command_for(const Operation& operation, const std::string& response_code) {
  if (decides_nothing(operation.state, response_code)) return std::nullopt;
  const bool fine = response_code == "00";
  switch (operation.state) {
    case OperationState::repeating:
      return fine ? OperationCommand::approve : OperationCommand::decline;
    case OperationState::reversing:
      if (fine || response_code == kNeverSeen) return OperationCommand::confirm;
      return std::nullopt;  // it must be undone: said again until it is
    case OperationState::delivering:
      if (fine || (operation.kind == OperationKind::reverse && response_code == kNeverSeen))
        return OperationCommand::confirm;
      return OperationCommand::reject;
    default:
      return std::nullopt;
  }
}

// A restored store repeats a refund or a payout whose customer was erased after the backup.
base::Error card_erased() {
  return base::internal_error(base::ErrorCode::gone,
                              "the card was erased: look the operation up in the acquirer's report");
}

}  // namespace

Settlement::~Settlement() { stop(); }

base::Result<void> Settlement::recover() {
  const base::Instant now = wall_.now();
  return database_.write<void>("vault_recover", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto all, find_all_open(tx));
    for (const auto& open : all) update_open(tx, {.id = open.id, .attempts = open.attempts, .due_at = now});
    if (!all.empty()) base::log::warn("card_operations_recovered", {{"count", all.size()}});
    return {};
  });
}

void Settlement::start() {
  thread_ = std::thread([this] { run(); });
}

void Settlement::stop() {
  if (!thread_.joinable()) return;
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void Settlement::wake() {
  const base::Lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

void Settlement::run() {
  for (;;) {
    {
      const base::Lock lock(mutex_);
      if (!stopping_ && !woken_) wake_.wait_for(mutex_, std::chrono::milliseconds(settings_.pause.ms));
      if (stopping_) return;
      woken_ = false;
    }
    try {
      if (network_.is_signed_on()) deliver_due();
    } catch (const std::exception& bug) {
      base::log::error("settlement_bug", {{"detail", bug.what()}});
    }
    base::wipe_stack();
  }
}

bool Settlement::begin(OperationId id) {
  const base::Lock lock(mutex_);
  return under_way_.insert(id).second;
}
void Settlement::finish(OperationId id) {
  const base::Lock lock(mutex_);
  under_way_.erase(id);
}

void Settlement::deliver_due() {
  auto due = database_.read<std::vector<OpenOperation>>(
      "vault_find_due", [&](store::ReadTx& tx) { return find_due(tx, wall_.now(), kMostAtOnce); });
  if (!due.ok()) return base::log::error("settlement_cannot_read", {{"detail", due.error().internal_text()}});
  for (const auto& open : due.value()) {
    if (!begin(open.id)) continue;
    deliver(open);
  }
}

base::Result<NetworkRequest> Settlement::payout_again(const Operation& operation, const OpenOperation& open) {
  if (!open.as_sent)  // recorded by a version that did not keep it
    return base::internal_error(base::ErrorCode::gone,
                                "not known how it was sent: look the operation up in the acquirer's report");
  KARV_TRY(const auto sealed, database_.read<std::optional<SealedCard>>(
                                  "vault_read_card", [&](store::ReadTx& tx) { return find_card(tx, operation.card); }));
  if (!sealed) return card_erased();
  KARV_TRY(const auto card, cards_.open(*sealed));
  return payout_request(operation, card, *open.as_sent, Attempt::repeated, settings_.acquirer);
}

base::Result<NetworkRequest> Settlement::make_request(const Operation& operation, const OpenOperation& open) {
  const Attempt attempt = open.attempts == 0 ? Attempt::first : Attempt::repeated;
  if (operation.state == OperationState::reversing) return reversal_advice(operation, attempt, settings_.acquirer);
  if (operation.kind == OperationKind::payout) return payout_again(operation, open);
  KARV_REQUIRE(operation.original.has_value());
  struct Facts {
    Operation original;
    std::optional<SealedCard> card;
    std::int64_t completions_under_way = 0;
  };
  KARV_TRY(const auto facts,
           database_.read<Facts>("vault_read_original", [&](store::ReadTx& tx) -> base::Result<Facts> {
             Facts out;
             KARV_TRY(auto original, find_operation(tx, *operation.original));
             KARV_REQUIRE(original.has_value());
             out.original = *std::move(original);
             KARV_TRY(out.card, find_card(tx, operation.card));
             KARV_TRY(out.completions_under_way, count_completions_under_way(tx, out.original.id));
             return out;
           }));
  switch (operation.kind) {
    case OperationKind::complete:
      return completion_advice(operation, facts.original, attempt, settings_.acquirer);
    case OperationKind::reverse:
      // What is left is only known when all completions have arrived.
      if (facts.completions_under_way > 0) return base::Error(base::ErrorCode::unavailable);
      return release_request(operation, facts.original, attempt, settings_.acquirer);
    case OperationKind::refund: {
      if (!facts.card) return card_erased();
      KARV_TRY(const auto card, cards_.open(*facts.card));
      return refund_request(operation, card, facts.original, Attempt::repeated, settings_.acquirer);
    }
    case OperationKind::hold:
    case OperationKind::charge:
    case OperationKind::payout:
      break;
  }
  return base::internal_error(base::ErrorCode::internal, "nothing to deliver for this operation");
}

base::Result<bool> Settlement::move(const OpenOperation& before, const OpenOperation& after) {
  return database_.write<bool>("vault_claim_operation", [&](store::Tx& tx) { return move_open(tx, before, after); });
}

void Settlement::try_again(const OpenOperation& claimed, base::Instant due_at) {
  const auto moved = move(claimed, {.id = claimed.id, .attempts = claimed.attempts, .due_at = due_at});
  if (!moved.ok())  // then it is due when the lease is over
    base::log::warn("settlement_cannot_postpone", {{"detail", moved.error().internal_text()}});
}

void Settlement::take_over(const Operation& recorded, const OpenOperation& open) {
  if (recorded.kind != OperationKind::payout || open.as_sent)
    return (void)step(recorded.id, lost_answer(recorded.kind), {});
  // Nothing has left, and nothing will: whoever recorded it can keep no `as_sent` of what is no longer open.
  (void)database_.write<void>("vault_abandon_payout", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const bool same, move_open(tx, open, open));
    if (!same) return {};
    KARV_TRY_VOID(step_operation(tx, recorded.id, OperationCommand::abandon, {.now = wall_.now()}));
    return {};
  });
}

void Settlement::deliver(const OpenOperation& open) {
  const auto operation = database_.read<std::optional<Operation>>(
      "vault_read_open", [&](store::ReadTx& tx) { return find_operation(tx, open.id); });
  if (!operation.ok() || !*operation) return finish(open.id);
  const Operation& found = **operation;
  if (found.state == OperationState::recorded) {  // whoever was to finish it did not, and its lease is over
    take_over(found, open);
    return finish(open.id);
  }
  auto message = make_request(found, open);
  const base::Instant now = wall_.now();
  if (!message.ok() && message.error().code() == base::ErrorCode::unavailable) {
    (void)move(open, {.id = open.id, .attempts = open.attempts, .due_at = now + base::seconds(1)});
    return finish(open.id);
  }
  if (!message.ok())
    base::log::error("settlement_cannot_send",
                     {{"operation_id", open.id.text()}, {"detail", message.error().internal_text()}});
  // The attempt is claimed and counted before it is made: nobody else makes it, and after a crash the next one is
  // marked as a repeat.
  const base::Instant again = now + retry_delay(open.attempts);
  const OpenOperation claimed{.id = open.id,
                              .attempts = open.attempts + 1,
                              .due_at = message.ok() ? std::max(again, now + lease_of(settings_.answer_limit)) : again,
                              .as_sent = open.as_sent};
  const auto moved = move(open, claimed);
  if (!moved.ok() || !*moved || !message.ok()) return finish(open.id);
  network_.send(std::move(message).value(), settings_.answer_limit,
                [this, found, claimed, again](const Exchange& exchange) {
                  struct Finish {  // also when a bug ends handle_answer()
                    Settlement& settlement;
                    OperationId id;
                    ~Finish() { settlement.finish(id); }
                  } const last{*this, found.id};
                  const bool answered = exchange.end == ExchangeEnd::answered;
                  if (answered && handle_answer(found, exchange.answer)) return;
                  const bool undecided = answered && decides_nothing(found.state, exchange.answer.response_code);
                  try_again(claimed, undecided ? wall_.now() + kUndecidedPause : again);
                });
}

bool Settlement::handle_answer(const Operation& operation, const NetworkAnswer& answer) {
  const auto command = command_for(operation, answer.response_code);
  if (!command) {
    const bool repeat = operation.state == OperationState::repeating;
    base::log::error(repeat ? "card_repeat_undecided" : "card_reversal_refused",
                     {{"operation_id", operation.id.text()}, {"response_code", answer.response_code}});
    return false;
  }
  const auto settled = step(operation.id, *command, answer, operation.reversal_stan);
  if (!settled.ok()) {
    base::log::error("settlement_cannot_record",
                     {{"operation_id", operation.id.text()}, {"detail", settled.error().internal_text()}});
    return false;
  }
  base::log::info("card_operation_settled", {{"operation_id", operation.id.text()},
                                             {"kind", json::word(operation.kind)},
                                             {"state", json::word(settled->state)},
                                             {"response_code", answer.response_code}});
  return true;
}

base::Result<Operation> Settlement::step(OperationId id, OperationCommand command, const NetworkAnswer& answer,
                                         std::int64_t confirmed_stan) {
  std::int64_t reversal_stan = 0;
  if (begins_reversal(command)) {
    KARV_TRY(reversal_stan, numbers_.next());
  }
  const StepFacts facts{.now = wall_.now(),
                        .reversal_stan = reversal_stan,
                        .confirmed_stan = confirmed_stan,
                        .response_code = answer.response_code,
                        .approval_code = answer.approval_code};
  return database_.write<Operation>("vault_settle_operation",
                                    [&](store::Tx& tx) { return step_operation(tx, id, command, facts); });
}

void Settlement::handle_unexpected(const NetworkAnswer& answer) {
  const bool authorization = answer.key.answer_mti == "0110" || answer.key.answer_mti == "0210";
  if (!authorization || answer.response_code != "00") return;
  const auto found = database_.read<std::optional<Operation>>("vault_find_by_reference", [&](store::ReadTx& tx) {
    return find_operation_by_reference(tx, answer.key.reference);
  });
  if (!found.ok() || !*found) return base::log::warn("card_network_unknown_answer", {{"mti", answer.key.answer_mti}});
  const Operation& operation = **found;
  switch (operation.state) {
    case OperationState::recorded:  // its waiter has just given up and will say so
    case OperationState::approved:  // said twice
    case OperationState::released:
      return;
    case OperationState::repeating:
      (void)step(operation.id, OperationCommand::approve, answer);
      return;
    default:
      break;
  }
  base::log::warn("card_network_late_approval",
                  {{"operation_id", operation.id.text()}, {"state", json::word(operation.state)}});
  (void)step(operation.id, OperationCommand::approve_late, answer);
  wake();
}

}  // namespace karv::vault
