#include "vault/operations/operation_rules.h"

namespace karv::vault {
namespace {

base::Error mismatch(const char* what) {
  return base::internal_error(base::ErrorCode::not_matching, std::string("original operation: ") + what)
      .with_reason("NOT_MATCHING");
}

base::Result<void> decide_complete(const Operation& wanted, const Operation& hold) {
  if (hold.kind != OperationKind::hold || hold.state != OperationState::approved) return mismatch("no approved hold");
  if (wanted.amount_minor > hold.amount_minor - hold.completed_minor) return mismatch("more than is left of the hold");
  return {};
}

base::Result<void> decide_refund(const Operation& wanted, const Operation& original, const Operation& root) {
  if (root.state != OperationState::approved && root.state != OperationState::released)
    return mismatch("nothing was approved");
  const bool hold = root.kind == OperationKind::hold;
  if (!hold && root.kind != OperationKind::charge) return mismatch("cannot be refunded");
  const std::int64_t moved = hold ? root.completed_minor : root.amount_minor;
  if (wanted.amount_minor > moved - root.refunded_minor) return mismatch("more than is left to refund");
  if (original.kind == OperationKind::complete && original.state == OperationState::rejected)
    return mismatch("the completion was refused");
  if (original.kind == OperationKind::complete && wanted.amount_minor > original.amount_minor)
    return mismatch("more than the completion");
  return {};
}

}  // namespace

Outcome outcome_of(OperationState state) {
  switch (state) {
    case OperationState::approved:
    case OperationState::released:
      return Outcome::approved;
    case OperationState::barred:
    case OperationState::declined:
    case OperationState::not_sent:
    case OperationState::reversed:
    case OperationState::rejected:
      return Outcome::declined;
    case OperationState::delivering:
    case OperationState::confirmed:
      return Outcome::accepted;
    case OperationState::recorded:
    case OperationState::reversing:
    case OperationState::repeating:
      return Outcome::unknown;
  }
  return Outcome::unknown;
}

base::Result<void> decide_original(const Operation& wanted, const Operation& original, const Operation& root) {
  if (original.tenant != wanted.tenant || original.customer != wanted.customer || original.merchant != wanted.merchant)
    return mismatch("somebody else's");
  if (original.currency != wanted.currency) return mismatch("another currency");
  // A replaced card goes on paying the agreement, so only a charge may quote an operation of another card.
  if (wanted.kind != OperationKind::charge && original.card != wanted.card) return mismatch("another card");
  switch (wanted.kind) {
    case OperationKind::complete:
      return decide_complete(wanted, original);
    case OperationKind::refund:
      return decide_refund(wanted, original, root);
    case OperationKind::reverse:
      if (original.kind != OperationKind::hold || original.state == OperationState::released)
        return mismatch("no hold, or released before");
      return {};
    case OperationKind::charge:
      if (original.kind != OperationKind::hold && original.kind != OperationKind::charge)
        return mismatch("neither hold nor charge");
      return {};
    case OperationKind::hold:
    case OperationKind::payout:
      return mismatch("it quotes nothing");
  }
  return mismatch("unknown kind");
}

}  // namespace karv::vault
