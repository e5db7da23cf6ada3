#include "vault/operations/operations.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "json/encode.h"
#include "vault/cards/card_repository.h"
#include "vault/operations/operation_checks.h"
#include "vault/operations/operation_repository.h"
#include "vault/operations/operation_steps.h"
#include "vault/operations/restore.h"
#include "vault/tokens/scope.h"

namespace karv::vault {
namespace {

base::Error wrong(const char* text) { return base::public_error(base::ErrorCode::bad_value, text, "BAD_VALUE"); }

// DE37: 60 random bits in an alphabet without look-alikes; the unique index settles the rest.
std::string make_reference(base::Random& random) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<std::uint8_t, 12> bytes{};
  random.fill(bytes);
  std::string out;
  for (const auto byte : bytes) out.push_back(kAlphabet[byte % kAlphabet.size()]);
  return out;
}

base::Result<Operation> get_quoted(store::ReadTx& tx, OperationId id) {
  KARV_TRY(auto found, find_operation(tx, id));
  if (!found)
    return base::internal_error(base::ErrorCode::not_matching, "the quoted operation does not exist")
        .with_reason("NOT_MATCHING");
  return *std::move(found);
}

}  // namespace

vault_api::OperationAnswer answer_about(const Operation& operation) {
  return {.outcome = outcome_of(operation.state),
          .state = operation.state,
          .response_code = operation.response_code,
          .approval_code = operation.approval_code,
          // The network never hears of what was barred.
          .network_reference = operation.state == OperationState::barred ? std::string() : operation.reference};
}

base::Result<Operation> Operations::wanted_operation(TenantId tenant, OperationKind kind,
                                                     const vault_api::CardOperation& request) {
  Operation o;
  o.tenant = tenant;
  o.id = request.operation;
  o.kind = kind;
  const std::string content = json::encode(request);
  o.request_digest = crypto::sha256(crypto::framed({base::as_bytes(json::word(kind)), base::as_bytes(content)}));
  o.state = is_advice(kind) ? OperationState::delivering : OperationState::recorded;
  o.customer = request.customer;
  o.merchant = request.merchant;
  o.original = request.original_operation;
  o.amount_minor = request.amount_minor;
  o.currency = request.currency;
  o.merchant_reference = request.merchant_reference;
  o.merchant_name = request.merchant_name;
  o.initiator = request.initiator;
  o.reference = make_reference(random_);
  KARV_TRY(o.stan, numbers_.next());
  o.sent_at = wall_.now();
  return o;
}

// What it quotes must fit, and changes: a completion takes up a part of its hold, a reversal releases it.
base::Result<void> Operations::check_original(store::Tx& tx, Recorded& recorded) {
  Operation& wanted = recorded.operation;
  if (!wanted.original) return {};
  KARV_TRY(const auto original, get_quoted(tx, *wanted.original));
  KARV_TRY(auto root, get_root(tx, original));
  KARV_TRY_VOID(decide_original(wanted, original, root));
  recorded.original = original;
  switch (wanted.kind) {
    case OperationKind::complete:
      root.completed_minor += wanted.amount_minor;
      KARV_REQUIRE(root.completed_minor <= root.amount_minor);
      update_operation(tx, root, root.state);
      return {};
    case OperationKind::refund: {
      KARV_TRY(const auto under_way, count_completions_under_way(tx, root.id));
      if (under_way > 0) return base::internal_error(base::ErrorCode::unavailable, "a completion is still on its way");
      root.refunded_minor += wanted.amount_minor;
      update_operation(tx, root, root.state);
      return {};
    }
    case OperationKind::reverse:
      if (original.state == OperationState::recorded)
        return base::internal_error(base::ErrorCode::unavailable, "the hold is being asked for");
      if (original.state != OperationState::approved) wanted.state = OperationState::confirmed;  // nothing is held
      if (original.state == OperationState::approved)
        KARV_TRY_VOID(step_operation(tx, original.id, OperationCommand::release, {.now = wall_.now()}));
      return {};
    case OperationKind::hold:
    case OperationKind::charge:
    case OperationKind::payout:
      return {};
  }
  return {};
}

base::Result<Operations::Recorded> Operations::record(store::Tx& tx, const Wanted& what,
                                                      const vault_api::CardOperation& request) {
  const Operation& wanted = what.operation;
  auto questions = lock_token_queries(what.token);
  questions.push_back(operation_query(wanted.id));
  KARV_TRY(const auto answers, tx.read(std::move(questions)));
  if (auto known = operation_in(answers.back())) {
    if (known->tenant != wanted.tenant) return base::Error(base::ErrorCode::idempotency_conflict);
    if (known->state == OperationState::barred)
      return base::public_error(base::ErrorCode::gone, "The operation was barred before it came.", "OPERATION_BARRED");
    if (known->request_digest != wanted.request_digest) return base::Error(base::ErrorCode::idempotency_conflict);
    return Recorded{.operation = *std::move(known)};
  }
  auto held = locked_token_in(std::span(answers).first(answers.size() - 1));
  const StoredToken* token = held && held->card ? &held->token : nullptr;
  const Use use = wanted_use(wanted.kind, request);
  if (const auto refused = token == nullptr ? RefusalReason::unknown : find_refusal(*token, use)) {
    KARV_TRY_VOID(refusals_.count(tx, {.tenant = wanted.tenant,
                                       .customer = token == nullptr ? wanted.customer : token->scope.customer,
                                       .merchant = wanted.merchant,
                                       .reason = *refused}));
    return Recorded{.refused = refused};
  }
  KARV_TRY_VOID(require_not_frozen(*token, wanted.kind));
  Recorded recorded{.operation = wanted, .fresh = true};
  recorded.operation.card = token->scope.card;
  recorded.operation.token_mac = token->mac;
  recorded.card = std::move(held->card);
  KARV_TRY_VOID(check_original(tx, recorded));
  const TokenUse by{.minor = counts_against_cap(wanted.kind) ? wanted.amount_minor : 0,
                    .uses = takes_use(token->scope.purpose, wanted.kind) ? 1 : 0};
  // What is quoted may have given back to the same token.
  if (wanted.original) {
    KARV_TRY_VOID(change_token_use(tx, token->mac, by));
  } else {
    KARV_TRY_VOID(change_token_use(tx, *token, by));
  }
  const Operation& operation = recorded.operation;
  insert_operation(tx, operation, wall_.now());
  // What nobody has finished by then (its process died) counts as an operation whose answer was lost.
  const base::Instant now = wall_.now();
  const base::Instant due = is_advice(operation.kind) ? now : now + lease_of(settings_.answer_limit);
  if (is_open(operation.state)) insert_open(tx, {.id = operation.id, .attempts = 0, .due_at = due});
  return recorded;
}

base::Result<vault_api::OperationAnswer> Operations::run(TenantId tenant, OperationKind kind,
                                                         const vault_api::CardOperation& request) {
  KARV_TRY_VOID(check_operation(kind, request));
  Wanted wanted;
  KARV_TRY(wanted.operation, wanted_operation(tenant, kind, request));
  {  // not kept while the network is asked: a seal would not reach it
    KARV_TRY(const auto ring, keys_.get());
    wanted.token = ring->token_digests(tenant, request.vault_token);
  }
  KARV_TRY(const auto recorded, database_.write<Recorded>("vault_record_operation",
                                                          [&](store::Tx& tx) { return record(tx, wanted, request); }));
  if (recorded.refused) return refusal_error(*recorded.refused);
  if (!recorded.fresh) return answer_about(recorded.operation);
  if (is_advice(kind)) {
    opened_();
    return answer_about(recorded.operation);
  }
  KARV_TRY(const auto settled, send_and_settle(recorded));
  base::log::info("card_operation", {{"operation_id", settled.id.text()},
                                     {"kind", json::word(kind)},
                                     {"state", json::word(settled.state)},
                                     {"response_code", settled.response_code}});
  if (is_open(settled.state)) opened_();
  return answer_about(settled);
}

base::Result<NetworkRequest> Operations::make_request(const Recorded& recorded) {
  const Operation& operation = recorded.operation;
  KARV_TRY(const auto card, cards_.open(*recorded.card));
  if (operation.kind == OperationKind::refund)
    return refund_request(operation, card, *recorded.original, Attempt::first, settings_.acquirer);
  KARV_TRY(const auto key, network_keys_.key_for(operation));
  const Sender sender{.acquirer = settings_.acquirer, .network_key = key ? &*key : nullptr};
  if (operation.kind == OperationKind::payout) return make_payout(operation, card, sender);
  base::SecretBytes code;
  if (operation.kind == OperationKind::hold && operation.initiator == Initiator::cardholder)
    code = codes_.take(operation.card, wall_.now());
  return authorization_request(operation, card, code, recorded.original, sender);
}

// What its repeats must say again is durable before it leaves.
base::Result<NetworkRequest> Operations::make_payout(const Operation& operation, const Card& card,
                                                     const Sender& sender) {
  const std::string as_sent = payout_as_sent(operation, card, sender);
  KARV_TRY_VOID(database_.write<void>("vault_keep_as_sent", [&](store::Tx& tx) -> base::Result<void> {
    keep_as_sent(tx, operation.id, as_sent);
    return {};
  }));
  return payout_request(operation, card, as_sent, Attempt::first, settings_.acquirer);
}

base::Result<Operation> Operations::send_and_settle(const Recorded& recorded) {
  const Operation& operation = recorded.operation;
  auto message = make_request(recorded);
  if (!message.ok()) {
    base::log::error("card_operation_cannot_be_sent",
                     {{"operation_id", operation.id.text()}, {"detail", message.error().internal_text()}});
    return step(operation, not_sendable(operation.kind), {});
  }
  const Exchange exchange = network_.ask(std::move(message).value(), settings_.answer_limit);
  switch (exchange.end) {
    case ExchangeEnd::not_sent:
      return step(operation, not_sendable(operation.kind), {});
    case ExchangeEnd::lost:
      return step(operation, lost_answer(operation.kind), {});
    case ExchangeEnd::answered:
      break;
  }
  if (exchange.answer.response_code != "00") return step(operation, OperationCommand::decline, exchange.answer);
  KARV_TRY(auto settled, step(operation, OperationCommand::approve, exchange.answer));
  // This process was stopped for so long that another has begun to undo it, maybe before the network had it: once more.
  const bool undone = settled.state == OperationState::reversing || settled.state == OperationState::reversed;
  return undone ? step(settled, OperationCommand::approve_late, exchange.answer) : settled;
}

base::Result<Operation> Operations::step(const Operation& recorded, OperationCommand command,
                                         const NetworkAnswer& answer) {
  std::int64_t reversal_stan = 0;
  if (begins_reversal(command)) {
    KARV_TRY(reversal_stan, numbers_.next());
  }
  const StepFacts facts{.now = wall_.now(),
                        .reversal_stan = reversal_stan,
                        .response_code = answer.response_code,
                        .approval_code = answer.approval_code};
  auto settled = database_.write<Operation>(
      "vault_settle_operation", [&](store::Tx& tx) { return step_operation(tx, recorded, command, facts); });
  // It is no longer as we recorded it: another process has begun to settle it.
  if (settled.ok() || settled.error().code() != base::ErrorCode::conflict) return settled;
  return database_.write<Operation>("vault_settle_operation",
                                    [&](store::Tx& tx) { return step_operation(tx, recorded.id, command, facts); });
}

base::Result<vault_api::OperationAnswer> Operations::find(TenantId tenant, OperationId id) {
  return database_.read<vault_api::OperationAnswer>(
      "vault_find_operation", [&](store::ReadTx& tx) -> base::Result<vault_api::OperationAnswer> {
        KARV_TRY(const auto found, find_operation(tx, id));
        if (!found || found->tenant != tenant)
          return base::public_error(base::ErrorCode::not_found, "There is no such operation.");
        return answer_about(*found);
      });
}

base::Result<vault_api::OperationAnswer> Operations::bar(TenantId tenant, const vault_api::BarRequest& request) {
  if (request.operation.is_nil()) return wrong("The operation has no id.");
  Operation never;  // only its id and kind are known; it belongs to no card and nobody
  never.id = request.operation;
  never.tenant = tenant;
  never.kind = request.kind;
  never.state = OperationState::barred;
  never.reference = make_reference(random_);
  never.sent_at = wall_.now();
  return database_.write<vault_api::OperationAnswer>(
      "vault_bar_operation", [&](store::Tx& tx) -> base::Result<vault_api::OperationAnswer> {
        KARV_TRY(const auto found, find_operation(tx, request.operation));
        if (found && found->tenant != tenant) return base::Error(base::ErrorCode::idempotency_conflict);
        if (found) return answer_about(*found);
        KARV_TRY_VOID(require_reconciled(tx));
        insert_operation(tx, never, wall_.now());
        return answer_about(never);
      });
}

}  // namespace karv::vault
