// Pure decisions about agreements and installments: state and facts in, decision out. No clock, no storage.
//
// Refunds first take off what is still owed, the latest due date first; only the excess goes back to the card that
// paid, the latest payment first. An installment that is being charged is neither: until its outcome is known, a refund
// that needs it has to wait (Directive (EU) 2023/2225 art. 27: what is sent back is no longer owed).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "credit/types.h"

namespace karv::credit {

inline constexpr std::int64_t kChargeAttempts = 3;
inline constexpr std::int64_t kDaysBetweenCharges = 7;

// ---- states
enum class InstallmentCommand : std::uint8_t {
  fall_due,        // its date has come
  miss,            // the date passed unpaid, or a charge at that date failed
  start_payment,   // a charge is on its way
  return_planned,  // the charge ended without (all of) the money, before the date
  return_due,      // ... on or after it
  settle,          // nothing is owed any more, something was paid
  cancel,          // nothing is owed any more, nothing was paid
  reopen_planned,  // what had paid it was refused later: owed again, before the date
  reopen_overdue,  // ... on or after it
  reopen_canceled  // ... and refunds had taken off all of it: nothing is owed, nothing was paid
};
struct InstallmentTransition {
  InstallmentState from;
  InstallmentCommand command;
  InstallmentState to;
};
// Every allowed pair; what is not listed is refused.
inline constexpr auto kInstallmentTransitions = [] {
  using enum InstallmentState;
  using enum InstallmentCommand;
  return std::to_array<InstallmentTransition>({
      {planned, fall_due, due},
      {planned, start_payment, processing},
      {planned, settle, InstallmentState::paid},
      {planned, cancel, canceled},
      {due, miss, overdue},
      {due, start_payment, processing},
      {due, settle, InstallmentState::paid},
      {due, cancel, canceled},
      {overdue, start_payment, processing},
      {overdue, settle, InstallmentState::paid},
      {overdue, cancel, canceled},
      {processing, return_planned, planned},
      {processing, return_due, due},
      {processing, miss, overdue},
      {processing, settle, InstallmentState::paid},
      {InstallmentState::paid, reopen_planned, planned},
      {InstallmentState::paid, reopen_overdue, overdue},
      {InstallmentState::paid, reopen_canceled, canceled},
  });
}();
constexpr std::optional<InstallmentState> next_state(InstallmentState from, InstallmentCommand command) {
  for (const auto& row : kInstallmentTransitions)
    if (row.from == from && row.command == command) return row.to;
  return std::nullopt;
}

enum class AgreementCommand : std::uint8_t { capture, settle, cancel, reopen };
struct AgreementTransition {
  AgreementState from;
  AgreementCommand command;
  AgreementState to;
};
inline constexpr auto kAgreementTransitions = std::to_array<AgreementTransition>({
    {AgreementState::concluded, AgreementCommand::capture, AgreementState::active},
    {AgreementState::concluded, AgreementCommand::cancel, AgreementState::canceled},
    {AgreementState::active, AgreementCommand::capture, AgreementState::active},
    {AgreementState::active, AgreementCommand::settle, AgreementState::settled},
    {AgreementState::settled, AgreementCommand::capture, AgreementState::active},
    {AgreementState::active, AgreementCommand::reopen, AgreementState::active},
    {AgreementState::settled, AgreementCommand::reopen, AgreementState::active},
});
constexpr std::optional<AgreementState> next_state(AgreementState from, AgreementCommand command) {
  for (const auto& row : kAgreementTransitions)
    if (row.from == from && row.command == command) return row.to;
  return std::nullopt;
}

// ---- decisions; each answers the changed copies
// Errors: not_allowed (canceled), not_matching (beyond the agreed amount). Pre: amount > 0, in the currency.
base::Result<Agreement> decide_capture(const Agreement& agreement, const money::Money& amount);

// Errors: not_allowed.
base::Result<Installment> decide_start_payment(const Installment& installment);

struct PaymentDecision {
  Agreement agreement;
  Installment installment;
};
// Errors: not_allowed, not_matching (more than is owed). Pre: amount > 0, in the currency.
base::Result<PaymentDecision> decide_payment(const Agreement& agreement, const Installment& installment,
                                             const money::Money& amount, calendar::Date today);
// Errors: not_allowed.
base::Result<Installment> decide_failed_payment(const Installment& installment, calendar::Date today);
// The charge never left: as before it, and looked at again when it would have been.
base::Result<Installment> decide_uncharged(const Installment& installment, calendar::Date today);
base::Result<Installment> decide_unpaid(const Installment& installment, calendar::Date today);

// A payment that was counted and that the card network refused later: as if it had failed. What a refund had given back
// of it was never to be given back: it is taken off what is owed instead.
struct UndoDecision {
  Agreement agreement;
  Installment installment;
  money::Money undone;     // the payment
  money::Money withdrawn;  // of the refunds that it had been given back by
};
// Pre: the payment is the installment's and was not refused before. Errors: none.
base::Result<UndoDecision> decide_undo_payment(const Agreement& agreement, const Installment& installment,
                                               const Payment& payment, calendar::Date today);

// A part of a refund that goes back to a card: which payment it undoes.
struct RefundToCard {
  InstallmentId installment_id;
  base::Uuid operation{};
  money::Money amount;
};
struct RefundDecision {
  Agreement agreement;
  std::vector<Installment> changed;
  money::Money canceled, to_card;
  std::vector<RefundToCard> parts;
};
// `scope`: the installments the refund may touch; `payments`: at least theirs. The changed payments are in `parts`.
// Errors: not_matching (more than was captured and not yet refunded), unavailable (depends on a charge on its way).
base::Result<RefundDecision> decide_refund(const Agreement& agreement, std::span<const Installment> scope,
                                           std::span<const Payment> payments, const money::Money& refund);

}  // namespace karv::credit
