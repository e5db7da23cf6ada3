// The nouns of credit: plans, quotes, agreements, installments, payments.
//
// An agreement is concluded when the shopper confirms a plan, and active from the first capture; each capture has its
// own schedule. What is owed is always captured - canceled - paid, per installment and per agreement, and equals the
// balance of the agreement's receivable account. Pay now is no credit, but is kept in the same books: one installment,
// due at the capture and settled by the completed hold.
// Not here: cards (rails), orders and refunds as the merchant sees them (orders).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "calendar/date.h"
#include "identity/types.h"
#include "money/money.h"

namespace karv::credit {

struct AgreementTag;
struct InstallmentTag;
struct PaymentTag;
using AgreementId = base::Id<AgreementTag>;
using InstallmentId = base::Id<InstallmentTag>;
using PaymentId = base::Id<PaymentTag>;

// Non-credit first: the order in which they are shown.
enum class Plan : std::uint8_t { pay_now, pay_in_30, pay_in_3 };
inline constexpr Plan kPlans[] = {Plan::pay_now, Plan::pay_in_30, Plan::pay_in_3};
std::string_view name_of(Plan plan);
std::optional<Plan> plan_from(std::string_view name);

// What is known of an agreement.
//   concluded  the shopper confirmed; nothing is owed yet
//   active     at least one capture; something is owed
//   settled    nothing is owed; a further capture makes it active again
//   canceled   ended before any capture
enum class AgreementState : std::uint8_t { concluded, active, settled, canceled };
std::string_view name_of(AgreementState state);
std::optional<AgreementState> agreement_state_from(std::string_view name);

// What is known of an installment.
//   planned     its date is in the future
//   due         its date has come
//   processing  a charge is on its way: its outcome is awaited
//   overdue     the date passed, or a charge at that date failed
//   paid        nothing is owed on it; something was paid
//   canceled    nothing is owed on it; refunds took all of it off
enum class InstallmentState : std::uint8_t { planned, due, processing, overdue, paid, canceled };
std::string_view name_of(InstallmentState state);
std::optional<InstallmentState> installment_state_from(std::string_view name);

struct Agreement {
  AgreementId agreement_id;
  base::Uuid authorization{};  // the order's authorization that concluded it
  identity::CustomerId customer_id;
  identity::MerchantId merchant_id;
  Plan plan = Plan::pay_in_30;
  AgreementState state = AgreementState::concluded;
  money::Money amount;    // what was agreed at most
  money::Money captured;  // became owed
  money::Money canceled;  // taken off by refunds
  money::Money paid;      // received
  money::Money refunded;  // given back from what was received; at most `paid`
  std::string terms_version;
  std::string terms_hash;  // SHA-256, hex
  base::Instant concluded_at;
  std::int64_t version = 1;

  money::Money outstanding() const;  // captured - canceled - paid
};

struct Installment {
  InstallmentId installment_id;
  AgreementId agreement_id;
  base::Uuid capture{};     // the capture whose schedule it belongs to
  std::int64_t number = 1;  // 1.. within the capture
  calendar::Date due_date;
  money::Money amount, paid, canceled;
  money::Money refunded;  // given back of what was paid
  InstallmentState state = InstallmentState::planned;
  std::int64_t failed_charges = 0;
  std::optional<calendar::Date> next_step_on;  // when the nightly run looks at it again
  std::int64_t version = 1;

  money::Money owed() const;  // amount - paid - canceled
};

// Who paid: the card operation and what may be shown of the card (never more than brand and last four).
struct PaidBy {
  base::Uuid operation{};  // chosen by rails; the same one is counted once
  std::string brand, last4;
};

struct Payment {
  PaymentId payment_id;
  AgreementId agreement_id;
  InstallmentId installment_id;
  money::Money amount;
  money::Money refunded;  // given back of it
  PaidBy by;
  base::Instant paid_at;
  std::optional<base::Instant> refused_at = {};  // the card network refused it later: it was never received
};

// An agreement with everything below it, as the account page shows it.
struct AgreementView {
  Agreement agreement;
  std::vector<Installment> installments;  // by due date, then number
  std::vector<Payment> payments;          // oldest first
};

}  // namespace karv::credit
