#include "ledger/rules.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace karv::ledger {
namespace {

using base::ErrorCode;
using base::Result;

base::Error refusal(ErrorCode code, std::string detail, std::string reason) {
  return base::internal_error(code, std::move(detail)).with_reason(std::move(reason));
}

bool before_account(const AccountChange& change, AccountId id) { return change.id < id; }

}  // namespace

const AccountChange* find_account(std::span<const AccountChange> accounts, AccountId id) {
  const auto found = std::lower_bound(accounts.begin(), accounts.end(), id, before_account);
  return found != accounts.end() && found->id == id ? &*found : nullptr;
}

void Book::reserve(std::size_t accounts, std::size_t transfers) {
  accounts_.reserve(accounts);
  made_.reserve(transfers);
  ids_.reserve(transfers);
}

void Book::add_account(AccountId id, const Terms& terms, const Sums& sums) {
  const AccountChange change{.id = id, .terms = terms, .before = sums, .after = sums};
  const auto at = std::lower_bound(accounts_.begin(), accounts_.end(), id, before_account);
  if (at != accounts_.end() && at->id == id)
    *at = change;
  else
    accounts_.insert(at, change);
}

Result<void> Book::apply(TransferSpec&& spec) {
  KARV_REQUIRE(!spec.id.is_nil() && !spec.kind.empty());
  if (was_made(spec.id) || reservations_.contains(spec.id))
    return refusal(ErrorCode::conflict, "a transfer by this id was made already", "TRANSFER_EXISTS");
  KARV_TRY(auto transfer, transfer_of(spec));
  KARV_TRY_VOID(move(transfer));
  transfer.kind = std::move(spec.kind);
  if (spec.step == Step::pending) {
    note_reservation(transfer.id, State::none);
    add_reservation(transfer, State::pending);
  }
  if (transfer.pending_id) {
    auto& state = reservations_.at(*transfer.pending_id).state;
    const auto next = next_state(state, spec.step);
    KARV_REQUIRE(next.has_value());
    note_reservation(*transfer.pending_id, state);
    state = *next;
  }
  note_made(transfer.id);
  made_.push_back(std::move(transfer));
  return {};
}

Result<void> Book::apply_together(std::span<TransferSpec> specs) {
  if (specs.size() > 1) undo_.emplace(Undo{.accounts = {}, .reservations = {}, .made = made_.size()});
  Result<void> done;
  for (auto& spec : specs) {
    done = apply(std::move(spec));
    if (!done.ok()) break;
  }
  if (!done.ok() && undo_) put_back();
  undo_.reset();
  return done;
}

bool Book::was_made(TransferId id) const {
  return !ids_.empty() && !(ids_.back() < id) && std::binary_search(ids_.begin(), ids_.end(), id);
}

// Ids rise with time, so that this nearly always appends.
void Book::note_made(TransferId id) {
  if (ids_.empty() || ids_.back() < id)
    ids_.push_back(id);
  else
    ids_.insert(std::lower_bound(ids_.begin(), ids_.end(), id), id);
}

void Book::note_reservation(TransferId id, State before) {
  if (undo_) undo_->reservations.emplace_back(id, before);
}

void Book::put_back() {
  KARV_REQUIRE(undo_.has_value());
  for (; !undo_->accounts.empty(); undo_->accounts.pop_back()) {
    const AccountChange& was = undo_->accounts.back();
    const auto at = std::lower_bound(accounts_.begin(), accounts_.end(), was.id, before_account);
    KARV_REQUIRE(at != accounts_.end() && at->id == was.id);
    *at = was;
  }
  for (; !undo_->reservations.empty(); undo_->reservations.pop_back()) {
    const auto [id, state] = undo_->reservations.back();
    if (state == State::none)
      reservations_.erase(id);
    else
      reservations_.at(id).state = state;
  }
  for (; made_.size() > undo_->made; made_.pop_back())
    ids_.erase(std::lower_bound(ids_.begin(), ids_.end(), made_.back().id));
}

// Without its kind, which is taken from the spec once nothing can refuse the transfer any more.
Result<Transfer> Book::transfer_of(const TransferSpec& spec) const {
  if (spec.pending_id) return resolution_of(spec);
  if (!next_state(State::none, spec.step) || !spec.amount)
    return refusal(ErrorCode::not_found, "this step needs a reservation and an amount", "RESERVATION_MISSING");
  if (!spec.amount->is_positive()) return refusal(ErrorCode::unprocessable, "an amount is positive", "AMOUNT");
  if (spec.debit == spec.credit) return refusal(ErrorCode::unprocessable, "two different accounts", "ACCOUNTS");
  return Transfer{.id = spec.id,
                  .step = spec.step,
                  .kind = {},
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
                  .kind = {},
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
  const auto found = std::lower_bound(accounts_.begin(), accounts_.end(), id, before_account);
  if (found == accounts_.end() || found->id != id)
    return refusal(ErrorCode::not_found, "there is no such account", "ACCOUNT_MISSING");
  if (found->terms.currency != amount.currency())
    return refusal(ErrorCode::not_matching, "the account has another currency", "CURRENCY");
  return &*found;
}

Result<void> Book::move(const Transfer& transfer) {
  KARV_TRY(auto* debit, account_for(transfer.debit, transfer.amount));
  KARV_TRY(auto* credit, account_for(transfer.credit, transfer.amount));
  Sums debited = debit->after;
  Sums credited = credit->after;
  const bool fits =
      add_to(debited, {.debits_posted = transfer.posted_minor(), .debits_pending = transfer.pending_minor}) &&
      add_to(credited, {.credits_posted = transfer.posted_minor(), .credits_pending = transfer.pending_minor});
  if (!fits) return refusal(ErrorCode::unprocessable, "the balance would not fit", "AMOUNT");
  for (const auto& [change, sums] : {std::pair{debit, &debited}, std::pair{credit, &credited}}) {
    const auto& terms = change->terms;
    // A movement that leaves the account better off than it was is never refused.
    if (terms.floor == Floor::zero && available_minor(terms.normal_side, *sums) < 0 &&
        available_minor(terms.normal_side, *sums) < available_minor(terms.normal_side, change->after))
      return refusal(ErrorCode::not_allowed, "the account may not go negative", "INSUFFICIENT_FUNDS");
  }
  if (undo_) undo_->accounts.insert(undo_->accounts.end(), {*debit, *credit});
  for (auto* change : {debit, credit})
    if (change->first.is_nil()) change->first = transfer.id;
  debit->after = debited;
  credit->after = credited;
  return {};
}

}  // namespace karv::ledger
