#include "ledger/rules.h"

#include "base/check.h"

namespace karv::ledger {
namespace {

using base::ErrorCode;
using base::Result;

base::Error refusal(ErrorCode code, std::string detail, std::string reason) {
  return base::internal_error(code, std::move(detail)).with_reason(std::move(reason));
}

// False when the sum does not fit.
bool add_to(std::int64_t& sum, std::int64_t amount) { return !__builtin_add_overflow(sum, amount, &sum); }

}  // namespace

Result<void> Book::apply(const TransferSpec& spec) {
  KARV_REQUIRE(!spec.id.is_nil() && !spec.kind.empty());
  if (ids_.contains(spec.id) || reservations_.contains(spec.id))
    return refusal(ErrorCode::conflict, "a transfer by this id was made already", "TRANSFER_EXISTS");
  KARV_TRY(const auto transfer, transfer_of(spec));
  KARV_TRY_VOID(move(transfer));
  if (spec.step == Step::pending) add_reservation(transfer, State::pending);
  if (transfer.pending_id) {
    auto& state = reservations_.at(*transfer.pending_id).state;
    const auto next = next_state(state, spec.step);
    KARV_REQUIRE(next.has_value());
    state = *next;
  }
  made_.push_back(transfer);
  ids_.insert(spec.id);
  return {};
}

Result<void> Book::apply_together(std::span<const TransferSpec> specs) {
  const Book before = specs.size() > 1 ? *this : Book();
  for (const auto& spec : specs) {
    if (auto done = apply(spec); !done.ok()) {
      if (specs.size() > 1) *this = before;
      return done;
    }
  }
  return {};
}

Result<Transfer> Book::transfer_of(const TransferSpec& spec) const {
  if (spec.pending_id) return resolution_of(spec);
  if (!next_state(State::none, spec.step) || !spec.amount)
    return refusal(ErrorCode::not_found, "this step needs a reservation and an amount", "RESERVATION_MISSING");
  if (!spec.amount->is_positive()) return refusal(ErrorCode::unprocessable, "an amount is positive", "AMOUNT");
  if (spec.debit == spec.credit) return refusal(ErrorCode::unprocessable, "two different accounts", "ACCOUNTS");
  return Transfer{.id = spec.id,
                  .step = spec.step,
                  .kind = spec.kind,
                  .debit = spec.debit,
                  .credit = spec.credit,
                  .amount = *spec.amount,
                  .pending_minor = spec.step == Step::pending ? spec.amount->minor() : 0,
                  .pending_id = std::nullopt,
                  .group = spec.group,
                  .reference = spec.reference,
                  .business_time = spec.business_time};
}

Result<Transfer> Book::resolution_of(const TransferSpec& spec) const {
  const auto found = reservations_.find(*spec.pending_id);
  if (found == reservations_.end() || found->second.transfer.step != Step::pending)
    return refusal(ErrorCode::not_found, "there is no such reservation", "RESERVATION_MISSING");
  const Transfer& reserved = found->second.transfer;
  if (!next_state(found->second.state, spec.step))
    return refusal(ErrorCode::not_allowed, "the reservation was resolved already", "RESERVATION_RESOLVED");
  const money::Money amount = spec.step == Step::post_pending ? spec.amount.value_or(reserved.amount) : reserved.amount;
  if (amount.currency() != reserved.amount.currency())
    return refusal(ErrorCode::not_matching, "the reservation has another currency", "CURRENCY");
  if (!amount.is_positive()) return refusal(ErrorCode::unprocessable, "an amount is positive", "AMOUNT");
  if (amount > reserved.amount) return refusal(ErrorCode::not_allowed, "less was reserved", "RESERVATION_EXCEEDED");
  return Transfer{.id = spec.id,
                  .step = spec.step,
                  .kind = spec.kind,
                  .debit = reserved.debit,
                  .credit = reserved.credit,
                  .amount = amount,
                  .pending_minor = -reserved.amount.minor(),
                  .pending_id = spec.pending_id,
                  .group = spec.group,
                  .reference = spec.reference ? spec.reference : reserved.reference,
                  .business_time = spec.business_time};
}

Result<AccountChange*> Book::account_for(AccountId id, const money::Money& amount) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return refusal(ErrorCode::not_found, "there is no such account", "ACCOUNT_MISSING");
  if (found->second.account.currency != amount.currency())
    return refusal(ErrorCode::not_matching, "the account has another currency", "CURRENCY");
  return &found->second;
}

Result<void> Book::move(const Transfer& transfer) {
  KARV_TRY(auto* debit, account_for(transfer.debit, transfer.amount));
  KARV_TRY(auto* credit, account_for(transfer.credit, transfer.amount));
  Sums debited = debit->after;
  Sums credited = credit->after;
  const bool fits = add_to(debited.debits_posted, transfer.posted_minor()) &&
                    add_to(debited.debits_pending, transfer.pending_minor) &&
                    add_to(credited.credits_posted, transfer.posted_minor()) &&
                    add_to(credited.credits_pending, transfer.pending_minor);
  if (!fits) return refusal(ErrorCode::unprocessable, "the balance would not fit", "AMOUNT");
  for (const auto& [change, sums] : {std::pair{debit, &debited}, std::pair{credit, &credited}}) {
    const auto& account = change->account;
    // A movement that leaves the account better off than it was is never refused.
    if (account.floor == Floor::zero && available_minor(account.normal_side, *sums) < 0 &&
        available_minor(account.normal_side, *sums) < available_minor(account.normal_side, change->after))
      return refusal(ErrorCode::not_allowed, "the account may not go negative", "INSUFFICIENT_FUNDS");
  }
  debit->after = debited;
  credit->after = credited;
  return {};
}

}  // namespace karv::ledger
