#include "credit/rules.h"

#include <algorithm>

#include "base/check.h"

namespace karv::credit {
namespace {

using base::ErrorCode;

base::Error not_in_this_state(std::string_view state) {
  return base::public_error(ErrorCode::not_allowed, "The installment is " + std::string(state) + ".");
}

base::Result<Installment> moved(const Installment& installment, InstallmentCommand command) {
  const auto next = next_state(installment.state, command);
  if (!next) return not_in_this_state(name_of(installment.state));
  Installment changed = installment;
  changed.state = *next;
  changed.version += 1;
  return changed;
}

// Where an installment that still owes something goes when a charge has ended.
InstallmentCommand command_after_charge(const Installment& installment, calendar::Date today) {
  if (today < installment.due_date) return InstallmentCommand::return_planned;
  const bool late = installment.failed_charges > 0 || today > installment.due_date;
  return late ? InstallmentCommand::miss : InstallmentCommand::return_due;
}

Agreement with_settlement(Agreement agreement) {
  KARV_REQUIRE(!agreement.outstanding().is_negative());
  if (agreement.outstanding().is_zero())
    if (const auto next = next_state(agreement.state, AgreementCommand::settle)) agreement.state = *next;
  agreement.version += 1;
  return agreement;
}

bool is_later(const Installment& a, const Installment& b) {
  if (a.due_date != b.due_date) return a.due_date > b.due_date;
  if (a.number != b.number) return a.number > b.number;
  return a.installment_id > b.installment_id;
}

bool is_being_charged(const Installment& installment) { return installment.state == InstallmentState::processing; }

// Takes up to `refund` off what is owed, latest first; answers how much.
base::Result<money::Money> take_off_owed(std::vector<Installment>& scope, const money::Money& refund) {
  money::Money left = refund;
  for (Installment& installment : scope) {
    const money::Money owed = installment.owed();
    KARV_REQUIRE(!owed.is_negative());
    if (is_being_charged(installment) || owed.is_zero() || left.is_zero()) continue;
    const money::Money part = std::min(owed, left);
    installment.canceled += part;
    left -= part;
    if (installment.owed().is_zero()) {
      const bool untouched = installment.paid.is_zero();
      KARV_TRY(installment, moved(installment, untouched ? InstallmentCommand::cancel : InstallmentCommand::settle));
      installment.next_step_on.reset();
    } else {
      installment.version += 1;
    }
  }
  return refund - left;
}

// Gives back up to `excess` of what was paid, the latest installment and its latest payment first.
std::vector<RefundToCard> give_back(std::vector<Installment>& scope, std::span<const Payment> payments,
                                    money::Money excess) {
  std::vector<RefundToCard> parts;
  for (Installment& installment : scope) {
    for (auto payment = payments.rbegin(); payment != payments.rend(); ++payment) {
      if (payment->installment_id != installment.installment_id || excess.is_zero() || payment->refused_at) continue;
      const money::Money part = std::min(payment->amount - payment->refunded, excess);
      if (part.is_zero()) continue;
      KARV_REQUIRE(part.is_positive());
      installment.refunded += part;
      installment.version += 1;
      excess -= part;
      parts.push_back({installment.installment_id, payment->by.operation, part});
    }
    KARV_REQUIRE(installment.refunded <= installment.paid);
  }
  return parts;
}

// A charge at or after the date did not bring the money: it is tried again a week later, a few times.
void count_failed_charge(Installment& installment, calendar::Date today) {
  installment.failed_charges += 1;
  installment.next_step_on.reset();
  if (installment.failed_charges < kChargeAttempts)
    installment.next_step_on = calendar::add_days(today, kDaysBetweenCharges);
}

// Where an installment goes that lost a payment; it may be owed again, or not at all any more.
base::Result<Installment> reopened(Installment open, calendar::Date today) {
  using enum InstallmentCommand;
  const bool was_paid = open.state == InstallmentState::paid;
  if (open.owed().is_zero()) {  // refunds had taken off all that the payment did not cover, and now that too
    KARV_REQUIRE(was_paid);
    if (open.paid.is_zero()) return moved(open, reopen_canceled);
  } else if (today < open.due_date) {
    open.next_step_on = open.due_date;
    if (was_paid) return moved(open, reopen_planned);
  } else if (!is_being_charged(open)) {
    count_failed_charge(open, today);
    if (was_paid) return moved(open, reopen_overdue);
    if (open.state == InstallmentState::due) return moved(open, miss);
  }
  open.version += 1;
  return open;
}

}  // namespace

base::Result<Agreement> decide_capture(const Agreement& agreement, const money::Money& amount) {
  KARV_REQUIRE(amount.is_positive() && amount.currency() == agreement.amount.currency());
  const auto next = next_state(agreement.state, AgreementCommand::capture);
  if (!next) return base::public_error(ErrorCode::not_allowed, "The agreement has ended.");
  if (agreement.captured + amount > agreement.amount)
    return base::public_error(ErrorCode::not_matching, "The capture is more than was agreed.");
  Agreement changed = agreement;
  changed.state = *next;
  changed.captured += amount;
  changed.version += 1;
  KARV_REQUIRE(changed.outstanding().is_positive());
  return changed;
}

base::Result<Installment> decide_start_payment(const Installment& installment) {
  return moved(installment, InstallmentCommand::start_payment);
}

base::Result<PaymentDecision> decide_payment(const Agreement& agreement, const Installment& installment,
                                             const money::Money& amount, calendar::Date today) {
  KARV_REQUIRE(amount.is_positive() && amount.currency() == agreement.amount.currency());
  if (!next_state(installment.state, InstallmentCommand::settle)) return not_in_this_state(name_of(installment.state));
  if (amount > installment.owed())
    return base::public_error(ErrorCode::not_matching, "The payment is more than is owed.");

  PaymentDecision decision{agreement, installment};
  Installment& paid = decision.installment;
  paid.paid += amount;
  if (paid.owed().is_zero()) {
    KARV_TRY(paid, moved(paid, InstallmentCommand::settle));
    paid.next_step_on.reset();
  } else if (is_being_charged(paid)) {
    KARV_TRY(paid, moved(paid, command_after_charge(paid, today)));
  } else {
    paid.version += 1;
  }
  decision.agreement.paid += amount;
  decision.agreement = with_settlement(std::move(decision.agreement));
  KARV_REQUIRE(!paid.owed().is_negative());
  return decision;
}

base::Result<Installment> decide_failed_payment(const Installment& installment, calendar::Date today) {
  if (!is_being_charged(installment)) return not_in_this_state(name_of(installment.state));
  if (today < installment.due_date) return moved(installment, InstallmentCommand::return_planned);
  KARV_TRY(Installment changed, moved(installment, InstallmentCommand::miss));
  count_failed_charge(changed, today);
  return changed;
}

base::Result<Installment> decide_uncharged(const Installment& installment, calendar::Date today) {
  if (!is_being_charged(installment)) return not_in_this_state(name_of(installment.state));
  return moved(installment, command_after_charge(installment, today));
}

base::Result<Installment> decide_unpaid(const Installment& installment, calendar::Date today) {
  if (today < installment.due_date) return not_in_this_state(name_of(installment.state));
  if (installment.state == InstallmentState::planned) {
    KARV_TRY(Installment changed, moved(installment, InstallmentCommand::fall_due));
    changed.next_step_on = calendar::add_days(installment.due_date, 1);
    return changed;
  }
  if (installment.state == InstallmentState::due && today == installment.due_date)
    return not_in_this_state(name_of(installment.state));
  if (installment.state == InstallmentState::processing) return not_in_this_state(name_of(installment.state));
  KARV_TRY(Installment changed, moved(installment, InstallmentCommand::miss));
  changed.next_step_on.reset();
  return changed;
}

base::Result<UndoDecision> decide_undo_payment(const Agreement& agreement, const Installment& installment,
                                               const Payment& payment, calendar::Date today) {
  KARV_REQUIRE(payment.installment_id == installment.installment_id && !payment.refused_at);
  KARV_REQUIRE(payment.amount.is_positive() && payment.amount <= installment.paid);
  KARV_REQUIRE(payment.refunded <= payment.amount && payment.refunded <= installment.refunded);
  UndoDecision decision{agreement, installment, payment.amount, payment.refunded};
  Installment& open = decision.installment;
  open.paid -= payment.amount;
  open.refunded -= payment.refunded;
  open.canceled += payment.refunded;
  KARV_TRY(open, reopened(open, today));
  Agreement& owing = decision.agreement;
  owing.paid -= payment.amount;
  owing.refunded -= payment.refunded;
  owing.canceled += payment.refunded;
  if (owing.outstanding().is_positive()) {
    const auto next = next_state(owing.state, AgreementCommand::reopen);
    KARV_REQUIRE(next.has_value());
    owing.state = *next;
  }
  owing.version += 1;
  KARV_REQUIRE(!open.owed().is_negative() && owing.refunded <= owing.paid && open.refunded <= open.paid);
  KARV_REQUIRE(owing.outstanding() == agreement.outstanding() + payment.amount - payment.refunded);
  return decision;
}

base::Result<RefundDecision> decide_refund(const Agreement& agreement, std::span<const Installment> scope,
                                           std::span<const Payment> payments, const money::Money& refund) {
  KARV_REQUIRE(refund.is_positive() && refund.currency() == agreement.amount.currency());
  const money::Money zero = money::Money::zero(refund.currency());
  money::Money refundable = zero;
  for (const Installment& installment : scope)
    refundable += installment.amount - installment.canceled - installment.refunded;
  if (refund > refundable)
    return base::public_error(ErrorCode::not_matching, "The refund is more than was captured and not yet refunded.");

  std::vector<Installment> changed(scope.begin(), scope.end());
  std::ranges::sort(changed, is_later);
  KARV_TRY(const money::Money canceled, take_off_owed(changed, refund));
  const money::Money excess = refund - canceled;
  money::Money refundable_paid = zero;
  for (const Installment& installment : scope) refundable_paid += installment.paid - installment.refunded;
  const bool charging = std::ranges::any_of(scope, is_being_charged);
  if (excess > refundable_paid || (charging && excess.is_positive()))
    return base::public_error(ErrorCode::unavailable, "A payment of this purchase is on its way. Try again later.");

  RefundDecision decision{agreement, {}, canceled, excess, give_back(changed, payments, excess)};
  for (const Installment& after : changed) {
    const auto before = std::ranges::find(scope, after.installment_id, &Installment::installment_id);
    if (after.version == before->version) continue;
    decision.changed.push_back(after);
    decision.changed.back().version = before->version + 1;  // one change, however many parts it has
  }
  decision.agreement.canceled += canceled;
  decision.agreement.refunded += excess;
  decision.agreement = with_settlement(std::move(decision.agreement));
  money::Money given_back = zero;
  for (const RefundToCard& part : decision.parts) given_back += part.amount;
  KARV_REQUIRE(given_back == excess && decision.agreement.refunded <= decision.agreement.paid);
  return decision;
}

}  // namespace karv::credit
