#include "rails/service.h"

#include <algorithm>

#include "base/check.h"
#include "rails/repository.h"

namespace karv::rails {
namespace {

using base::Result;

bool is_advice(OperationKind kind) {
  return kind == OperationKind::complete || kind == OperationKind::refund || kind == OperationKind::reverse;
}

bool stands(const CardOperation& operation) {
  return operation.state != OperationState::declined && operation.state != OperationState::not_sent &&
         operation.state != OperationState::rejected;
}

// Whether somebody waits for it and is told at once what is known.
bool is_waited_for(const CardOperation& operation) {
  return operation.kind == OperationKind::hold && operation.subject == operation.purchase;
}

OperationEvent event_for(const CardOperation& operation, OperationEvent said) {
  return said == OperationEvent::lose && !is_waited_for(operation) ? OperationEvent::miss : said;
}

base::Error no_such_operation() { return base::internal_error(base::ErrorCode::not_found, "card operation"); }

// What was taken by this operation and not yet given back.
std::int64_t refundable(const CardOperation& taken, std::span<const CardOperation> operations) {
  std::int64_t left = taken.amount.minor();
  for (const auto& other : operations)
    if (other.kind == OperationKind::refund && stands(other) && other.original == taken.operation_id)
      left -= other.amount.minor();
  return left;
}

bool took_money(const CardOperation& operation) {
  if (operation.kind == OperationKind::complete) return stands(operation);
  return operation.kind == OperationKind::charge && operation.state == OperationState::approved;
}

}  // namespace

base::Duration backoff(std::int64_t attempts) {
  return base::seconds(std::min<std::int64_t>(60, std::int64_t{1} << std::min<std::int64_t>(attempts, 6)));
}

CardOperation intend(store::Tx& tx, const Context& context, const NewOperation& request) {
  KARV_REQUIRE(request.amount.minor() >= 0);
  KARV_REQUIRE(request.original.has_value() == (request.kind != OperationKind::hold));  // the vault insists
  CardOperation operation;
  operation.operation_id = base::make_id<CardOperationTag>(context.wall, context.random);
  operation.purchase = request.purchase;
  operation.customer_id = request.customer_id;
  operation.merchant_id = request.merchant_id;
  operation.subject = request.subject;
  operation.kind = request.kind;
  operation.state = is_advice(request.kind) ? OperationState::queued : OperationState::intended;
  operation.vault_token = request.vault_token;
  operation.amount = request.amount;
  operation.merchant_name = request.merchant_name;
  operation.merchant_reference = request.merchant_reference;
  operation.by_cardholder = request.by_cardholder;
  operation.original = request.original;
  operation.created_at = context.business.now();
  operation.next_attempt_at = is_advice(request.kind) ? context.wall.now() : context.wall.now() + kAnswerOverdue;
  insert_operation(tx, operation);
  return operation;
}

Result<CardOperation> settle(store::Tx& tx, const Context& context, CardOperationId id, const Outcome& outcome) {
  KARV_TRY(auto rows, tx.read_for_update({find_operation(id)}));
  auto operation = read_operation(rows[0]);
  if (!operation) return no_such_operation();
  const auto event = event_for(*operation, outcome.event);
  const auto to = next_state(operation->state, event);
  if (!to) return *std::move(operation);
  operation->state = *to;
  operation->response_code = outcome.response_code;
  operation->approval_code = outcome.approval_code;
  operation->network_reference = outcome.network_reference;
  operation->attempts += 1;
  operation->next_attempt_at = context.wall.now();
  if (event == OperationEvent::miss) operation->next_attempt_at = context.wall.now() + backoff(operation->attempts);
  if (event == OperationEvent::accept) {  // a new question, with a patience of its own
    operation->next_attempt_at = context.wall.now() + kConfirmationExpected;
    operation->attempts = 0;
  }
  operation->version += 1;
  update_operation(tx, *operation);
  return *std::move(operation);
}

Result<CardOperation> settle_and_act(store::Tx& tx, const Context& context, CardOperationId id, const Outcome& outcome,
                                     const Act& act) {
  KARV_TRY(auto rows, tx.read_for_update({find_operation(id)}));
  const auto before = read_operation(rows[0]);
  if (!before) return no_such_operation();
  KARV_TRY(auto operation, settle(tx, context, id, outcome));
  if (operation.state != before->state) KARV_TRY_VOID(act(tx, operation));
  return operation;
}

Result<void> postpone(store::Tx& tx, const Context& context, CardOperationId id, Postponed why) {
  KARV_TRY(auto rows, tx.read_for_update({find_operation(id)}));
  auto operation = read_operation(rows[0]);
  if (!operation) return no_such_operation();
  if (why == Postponed::asked_in_vain) operation->attempts += 1;
  operation->next_attempt_at = context.wall.now() + backoff(operation->attempts);
  operation->version += 1;
  update_operation(tx, *operation);
  return {};
}

std::optional<base::Instant> next_charge_after(std::span<const CardOperation> operations, const base::Uuid& subject) {
  std::int64_t in_a_row = 0;
  base::Instant last;
  for (const auto& operation : operations) {
    if (is_advice(operation.kind) || operation.subject != subject) continue;
    in_a_row = operation.state == OperationState::not_sent ? in_a_row + 1 : 0;
    last = operation.next_attempt_at;  // when its outcome was recorded
  }
  if (in_a_row == 0) return std::nullopt;
  if (in_a_row == 1) return last;
  return last + base::minutes(std::min<std::int64_t>(60, std::int64_t{1} << std::min<std::int64_t>(in_a_row - 1, 6)));
}

std::optional<HoldLeft> hold_left(std::span<const CardOperation> operations, base::Instant business_now) {
  const auto hold = std::ranges::find_if(operations, [](const CardOperation& operation) {
    return operation.kind == OperationKind::hold && operation.state == OperationState::approved &&
           operation.amount.minor() > 0;
  });
  if (hold == operations.end() || business_now >= hold->created_at + kHoldTime) return std::nullopt;
  std::int64_t left = hold->amount.minor();
  for (const auto& other : operations) {
    if (other.original != hold->operation_id || !stands(other)) continue;
    if (other.kind == OperationKind::reverse) return std::nullopt;
    if (other.kind == OperationKind::complete) left -= other.amount.minor();
  }
  KARV_REQUIRE(left >= 0);
  if (left == 0) return std::nullopt;
  return HoldLeft{hold->operation_id, money::Money{left, hold->amount.currency()}};
}

Result<std::vector<RefundPart>> decide_refunds(std::span<const CardOperation> operations,
                                               std::span<const RefundPart> wanted) {
  std::vector<RefundPart> parts;
  for (const RefundPart& part : wanted) {
    KARV_REQUIRE(part.amount.is_positive());
    const auto same = std::ranges::find(parts, part.original, &RefundPart::original);
    if (same == parts.end()) {
      parts.push_back(part);
    } else {
      same->amount += part.amount;
    }
  }
  for (RefundPart& part : parts) {
    const auto taken = std::ranges::find(operations, part.original, &CardOperation::operation_id);
    if (taken == operations.end() || !took_money(*taken) || part.amount.minor() > refundable(*taken, operations))
      return base::internal_error(base::ErrorCode::not_matching, "a refund exceeds what the card operation took");
    part.vault_token = taken->vault_token;
  }
  return parts;
}

std::optional<CardOperationId> original_of(std::span<const CardOperation> operations) {
  for (const auto& operation : operations)
    if (operation.by_cardholder && operation.state == OperationState::approved) return operation.operation_id;
  return std::nullopt;
}

}  // namespace karv::rails
