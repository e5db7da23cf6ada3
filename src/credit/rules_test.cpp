#include "credit/rules.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/check.h"

namespace karv::credit {
namespace {

using calendar::Date;
using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");
constexpr Date kDue = Date::of(2026, 12, 1);
Money euro(std::int64_t minor) { return {minor, kEuro}; }

InstallmentId installment_id(std::uint8_t n) { return InstallmentId(base::Uuid{n}); }
base::Uuid operation(std::uint8_t n) { return base::Uuid{0xee, n}; }

Installment installment(std::uint8_t n, std::int64_t amount, Date due = kDue,
                        InstallmentState state = InstallmentState::planned) {
  Installment made;
  made.installment_id = installment_id(n);
  made.number = n;
  made.due_date = due;
  made.amount = euro(amount);
  made.paid = made.canceled = made.refunded = euro(0);
  made.state = state;
  made.next_step_on = due;
  return made;
}
Installment paid(std::uint8_t n, std::int64_t amount, Date due = kDue) {
  Installment made = installment(n, amount, due, InstallmentState::paid);
  made.paid = made.amount;
  made.next_step_on.reset();
  return made;
}
Payment payment(std::uint8_t n, std::int64_t amount) {
  Payment made;
  made.installment_id = installment_id(n);
  made.amount = euro(amount);
  made.refunded = euro(0);
  made.by.operation = operation(n);
  return made;
}
Agreement agreement_of(const std::vector<Installment>& installments) {
  Agreement made;
  made.state = AgreementState::active;
  made.captured = made.canceled = made.paid = made.refunded = euro(0);
  for (const Installment& part : installments) {
    made.captured += part.amount;
    made.canceled += part.canceled;
    made.paid += part.paid;
    made.refunded += part.refunded;
  }
  made.amount = made.captured;
  return made;
}

TEST(InstallmentStateTest, every_pair_is_either_listed_or_refused) {
  using enum InstallmentState;
  constexpr InstallmentState kStates[] = {planned, due, processing, overdue, InstallmentState::paid, canceled};
  using enum InstallmentCommand;
  constexpr InstallmentCommand kCommands[] = {fall_due, miss,   start_payment,  return_planned, return_due,
                                              settle,   cancel, reopen_planned, reopen_overdue, reopen_canceled};
  std::set<std::string> allowed;
  for (const auto from : kStates)
    for (const auto command : kCommands)
      if (const auto to = next_state(from, command))
        allowed.insert(std::string(name_of(from)) + ">" + std::to_string(static_cast<int>(command)) + ">" +
                       std::string(name_of(*to)));
  const std::set<std::string> expected = {
      "planned>0>due",      "planned>2>processing", "planned>5>paid",   "planned>6>canceled",   "due>1>overdue",
      "due>2>processing",   "due>5>paid",           "due>6>canceled",   "overdue>2>processing", "overdue>5>paid",
      "overdue>6>canceled", "processing>3>planned", "processing>4>due", "processing>1>overdue", "processing>5>paid",
      "paid>7>planned",     "paid>8>overdue",       "paid>9>canceled"};
  EXPECT_EQ(allowed, expected);
  static_assert(!next_state(InstallmentState::paid, cancel) && !next_state(canceled, settle));
}

TEST(AgreementStateTest, every_pair_is_either_listed_or_refused) {
  using enum AgreementState;
  using enum AgreementCommand;
  static_assert(next_state(concluded, capture) == active && next_state(concluded, cancel) == canceled);
  static_assert(next_state(active, capture) == active && next_state(active, AgreementCommand::settle) == settled);
  static_assert(next_state(settled, capture) == active);
  static_assert(!next_state(concluded, AgreementCommand::settle) && !next_state(active, cancel));
  static_assert(!next_state(settled, AgreementCommand::settle) && !next_state(settled, cancel));
  static_assert(!next_state(canceled, capture) && !next_state(canceled, cancel));
  static_assert(!next_state(canceled, AgreementCommand::settle));
  static_assert(next_state(active, reopen) == active && next_state(settled, reopen) == active);
  static_assert(!next_state(concluded, reopen) && !next_state(canceled, reopen));
  EXPECT_EQ(kAgreementTransitions.size(), 7U);
  for (const auto state : {concluded, active, settled, canceled})
    EXPECT_EQ(agreement_state_from(name_of(state)), state);
  EXPECT_FALSE(agreement_state_from("nothing").has_value());
  EXPECT_FALSE(installment_state_from("").has_value());
}

TEST(CaptureRuleTest, captures_stay_within_what_was_agreed) {
  Agreement agreement = agreement_of({});
  agreement.state = AgreementState::concluded;
  agreement.amount = euro(100);
  const auto part = decide_capture(agreement, euro(60));
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->state, AgreementState::active);
  EXPECT_EQ(part->outstanding(), euro(60));
  EXPECT_TRUE(decide_capture(*part, euro(40)).ok());
  EXPECT_EQ(decide_capture(*part, euro(41)).error().code(), base::ErrorCode::not_matching);
  agreement.state = AgreementState::canceled;
  EXPECT_EQ(decide_capture(agreement, euro(1)).error().code(), base::ErrorCode::not_allowed);
  EXPECT_THROW((void)decide_capture(agreement, euro(0)), base::RequirementFailed);
  EXPECT_THROW((void)decide_capture(agreement, Money(1, Currency::of("SEK"))), base::RequirementFailed);
}

TEST(PaymentRuleTest, the_last_payment_settles_installment_and_agreement) {
  const Installment only = installment(1, 100, kDue, InstallmentState::processing);
  const auto decision = decide_payment(agreement_of({only}), only, euro(100), kDue);
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->installment.state, InstallmentState::paid);
  EXPECT_FALSE(decision->installment.next_step_on.has_value());
  EXPECT_EQ(decision->agreement.state, AgreementState::settled);
}

TEST(PaymentRuleTest, a_part_leaves_the_rest_owed_in_the_state_of_its_date) {
  const Installment charging = installment(1, 100, kDue, InstallmentState::processing);
  const Agreement agreement = agreement_of({charging});
  EXPECT_EQ(decide_payment(agreement, charging, euro(40), calendar::add_days(kDue, -1))->installment.state,
            InstallmentState::planned);
  const auto at_due = decide_payment(agreement, charging, euro(40), kDue);
  EXPECT_EQ(at_due->installment.state, InstallmentState::due);
  EXPECT_EQ(at_due->installment.owed(), euro(60));
  EXPECT_EQ(at_due->agreement.state, AgreementState::active);
  Installment failed_before = charging;
  failed_before.failed_charges = 1;
  EXPECT_EQ(decide_payment(agreement, failed_before, euro(40), kDue)->installment.state, InstallmentState::overdue);
}

TEST(PaymentRuleTest, nothing_is_paid_twice_or_beyond_what_is_owed) {
  const Installment open = installment(1, 100);
  EXPECT_EQ(decide_payment(agreement_of({open}), open, euro(101), kDue).error().code(), base::ErrorCode::not_matching);
  const Installment done = paid(1, 100);
  EXPECT_EQ(decide_payment(agreement_of({done}), done, euro(1), kDue).error().code(), base::ErrorCode::not_allowed);
  EXPECT_FALSE(decide_start_payment(done).ok());
  EXPECT_FALSE(decide_start_payment(installment(1, 100, kDue, InstallmentState::processing)).ok());
}

TEST(FailedChargeTest, three_charges_seven_days_apart_then_no_more) {
  Installment current = installment(1, 100, kDue, InstallmentState::processing);
  Date day = kDue;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto failed = decide_failed_payment(current, day);
    ASSERT_TRUE(failed.ok());
    EXPECT_EQ(failed->state, InstallmentState::overdue);
    EXPECT_EQ(failed->failed_charges, attempt);
    if (attempt < 3) {
      ASSERT_TRUE(failed->next_step_on.has_value());
      EXPECT_EQ(*failed->next_step_on, calendar::add_days(day, 7));
      day = *failed->next_step_on;
    } else {
      EXPECT_FALSE(failed->next_step_on.has_value());
    }
    current = *decide_start_payment(*failed);
  }
}

TEST(FailedChargeTest, an_early_payment_that_fails_changes_nothing_but_the_version) {
  const Installment before = installment(1, 100);
  const auto failed = decide_failed_payment(*decide_start_payment(before), calendar::add_days(kDue, -1));
  ASSERT_TRUE(failed.ok());
  EXPECT_EQ(failed->state, InstallmentState::planned);
  EXPECT_EQ(failed->failed_charges, 0);
  EXPECT_EQ(failed->next_step_on, before.next_step_on);
  EXPECT_FALSE(decide_failed_payment(before, kDue).ok());
}

TEST(UnchargedTest, a_charge_that_was_never_sent_counts_for_nothing) {
  const Installment before = installment(1, 100);
  for (const auto& [day, state] :
       {std::pair{calendar::add_days(kDue, -1), InstallmentState::planned}, std::pair{kDue, InstallmentState::due},
        std::pair{calendar::add_days(kDue, 1), InstallmentState::overdue}}) {
    const auto after = decide_uncharged(*decide_start_payment(before), day);
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(after->state, state);
    EXPECT_EQ(after->failed_charges, 0);
    EXPECT_EQ(after->next_step_on, before.next_step_on);
  }
  Installment failed_before = installment(1, 100, kDue, InstallmentState::processing);
  failed_before.failed_charges = 1;
  EXPECT_EQ(decide_uncharged(failed_before, kDue)->state, InstallmentState::overdue);
  EXPECT_EQ(decide_uncharged(failed_before, kDue)->failed_charges, 1);
  EXPECT_FALSE(decide_uncharged(before, kDue).ok());
}

TEST(UnpaidTest, without_a_card_it_falls_due_and_is_overdue_the_day_after) {
  const Installment planned = installment(1, 100);
  EXPECT_FALSE(decide_unpaid(planned, calendar::add_days(kDue, -1)).ok());
  const auto due = decide_unpaid(planned, kDue);
  ASSERT_TRUE(due.ok());
  EXPECT_EQ(due->state, InstallmentState::due);
  EXPECT_EQ(due->next_step_on, calendar::add_days(kDue, 1));
  EXPECT_FALSE(decide_unpaid(*due, kDue).ok());
  const auto overdue = decide_unpaid(*due, calendar::add_days(kDue, 1));
  ASSERT_TRUE(overdue.ok());
  EXPECT_EQ(overdue->state, InstallmentState::overdue);
  EXPECT_FALSE(overdue->next_step_on.has_value());
  EXPECT_FALSE(decide_unpaid(installment(1, 100, kDue, InstallmentState::processing), kDue).ok());
  EXPECT_FALSE(decide_unpaid(paid(1, 100), kDue).ok());
}

class UndoRuleTest : public testing::Test {
 protected:
  static UndoDecision undo(const Installment& of, const Payment& by, Date today, AgreementState state) {
    Agreement agreement = agreement_of({of});
    agreement.state = state;
    return decide_undo_payment(agreement, of, by, today).value();
  }
};

TEST_F(UndoRuleTest, at_or_after_the_date_it_counts_as_a_failed_charge) {
  const auto undone = undo(paid(1, 100), payment(1, 100), kDue, AgreementState::settled);
  EXPECT_EQ(undone.installment.state, InstallmentState::overdue);
  EXPECT_EQ(undone.installment.owed(), euro(100));
  EXPECT_EQ(undone.installment.failed_charges, 1);
  EXPECT_EQ(undone.installment.next_step_on, calendar::add_days(kDue, 7));
  EXPECT_EQ(undone.agreement.state, AgreementState::active);
  EXPECT_EQ(undone.agreement.outstanding(), euro(100));
  EXPECT_EQ(undone.undone, euro(100));
  EXPECT_EQ(undone.withdrawn, euro(0));
  Installment twice_failed = paid(1, 100);
  twice_failed.failed_charges = 2;
  EXPECT_FALSE(undo(twice_failed, payment(1, 100), kDue, AgreementState::settled).installment.next_step_on.has_value());
}

TEST_F(UndoRuleTest, before_the_date_it_is_planned_again) {
  const auto undone = undo(paid(1, 100), payment(1, 100), calendar::add_days(kDue, -1), AgreementState::settled);
  EXPECT_EQ(undone.installment.state, InstallmentState::planned);
  EXPECT_EQ(undone.installment.failed_charges, 0);
  EXPECT_EQ(undone.installment.next_step_on, kDue);
}

TEST_F(UndoRuleTest, what_refunds_were_to_give_back_of_it_is_taken_off_what_is_owed) {
  Installment half = paid(1, 100);
  half.refunded = euro(40);
  Payment by = payment(1, 100);
  by.refunded = euro(40);
  const auto undone = undo(half, by, kDue, AgreementState::settled);
  EXPECT_EQ(undone.installment.owed(), euro(60));
  EXPECT_EQ(undone.installment.canceled, euro(40));
  EXPECT_EQ(undone.agreement.refunded, euro(0));
  EXPECT_EQ(undone.withdrawn, euro(40));
  half.refunded = by.refunded = euro(100);
  const auto all = undo(half, by, kDue, AgreementState::settled);
  EXPECT_EQ(all.installment.state, InstallmentState::canceled);
  EXPECT_FALSE(all.installment.next_step_on.has_value());
  EXPECT_EQ(all.agreement.state, AgreementState::settled);
}

TEST_F(UndoRuleTest, a_part_leaves_a_charge_of_the_rest_on_its_way) {
  Installment rest = installment(1, 100, kDue, InstallmentState::processing);
  rest.paid = euro(30);
  const auto undone = undo(rest, payment(1, 30), kDue, AgreementState::active);
  EXPECT_EQ(undone.installment.state, InstallmentState::processing);
  EXPECT_EQ(undone.installment.owed(), euro(100));
  EXPECT_EQ(undone.installment.version, rest.version + 1);
  rest.state = InstallmentState::due;
  EXPECT_EQ(undo(rest, payment(1, 30), kDue, AgreementState::active).installment.state, InstallmentState::overdue);
}

TEST_F(UndoRuleTest, a_payment_is_undone_once_and_only_on_its_own_installment) {
  Payment refused = payment(1, 100);
  refused.refused_at = base::Instant{1};
  const Installment of = paid(1, 100);
  EXPECT_THROW((void)decide_undo_payment(agreement_of({of}), of, refused, kDue), base::RequirementFailed);
  EXPECT_THROW((void)decide_undo_payment(agreement_of({of}), of, payment(2, 100), kDue), base::RequirementFailed);
  const std::vector<Installment> one = {installment(1, 100, kDue, InstallmentState::overdue)};
  const std::vector<Payment> by = {refused};
  EXPECT_EQ(decide_refund(agreement_of(one), one, by, euro(100))->to_card, euro(0));
}

class RefundRuleTest : public testing::Test {
 protected:
  // Pay in 3: the first third paid, two to come.
  const std::vector<Installment> scope = {paid(1, 34), installment(2, 33, calendar::add_days(kDue, 30)),
                                          installment(3, 33, calendar::add_days(kDue, 60))};
  const std::vector<Payment> payments = {payment(1, 34)};
  base::Result<RefundDecision> refund(std::int64_t minor) {
    return decide_refund(agreement_of(scope), scope, payments, euro(minor));
  }
};

TEST_F(RefundRuleTest, the_last_installment_is_reduced_first_and_no_money_goes_back) {
  const auto decision = refund(20);
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->canceled, euro(20));
  EXPECT_EQ(decision->to_card, euro(0));
  ASSERT_EQ(decision->changed.size(), 1U);
  EXPECT_EQ(decision->changed[0].number, 3);
  EXPECT_EQ(decision->changed[0].owed(), euro(13));
  EXPECT_EQ(decision->changed[0].state, InstallmentState::planned);
}

TEST_F(RefundRuleTest, a_larger_refund_cancels_the_last_and_reduces_the_one_before) {
  const auto decision = refund(40);
  ASSERT_TRUE(decision.ok());
  ASSERT_EQ(decision->changed.size(), 2U);
  EXPECT_EQ(decision->changed[0].state, InstallmentState::canceled);
  EXPECT_FALSE(decision->changed[0].next_step_on.has_value());
  EXPECT_EQ(decision->changed[1].owed(), euro(26));
}

TEST_F(RefundRuleTest, only_the_excess_goes_back_and_names_the_payment) {
  const auto decision = refund(80);
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->canceled, euro(66));
  EXPECT_EQ(decision->to_card, euro(14));
  ASSERT_EQ(decision->parts.size(), 1U);
  EXPECT_EQ(decision->parts[0].operation, operation(1));
  EXPECT_EQ(decision->agreement.state, AgreementState::settled);
  EXPECT_EQ(decision->agreement.refunded, euro(14));
}

TEST_F(RefundRuleTest, nothing_beyond_what_was_captured_can_be_refunded) {
  EXPECT_TRUE(refund(100).ok());
  EXPECT_EQ(refund(101).error().code(), base::ErrorCode::not_matching);
  EXPECT_EQ(decide_refund(agreement_of(scope), {}, payments, euro(1)).error().code(), base::ErrorCode::not_matching);
}

TEST_F(RefundRuleTest, a_partly_paid_installment_whose_rest_is_canceled_is_paid) {
  Installment half = installment(1, 100, kDue, InstallmentState::due);
  half.paid = euro(40);
  const std::vector<Installment> one = {half};
  const std::vector<Payment> by = {payment(1, 40)};
  const auto decision = decide_refund(agreement_of(one), one, by, euro(60));
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->changed[0].state, InstallmentState::paid);
  EXPECT_EQ(decision->to_card, euro(0));
  const auto more = decide_refund(agreement_of(one), one, by, euro(100));
  ASSERT_TRUE(more.ok());
  EXPECT_EQ(more->to_card, euro(40));
  EXPECT_EQ(more->changed[0].version, half.version + 1);
}

TEST_F(RefundRuleTest, a_refund_that_needs_an_installment_being_charged_waits) {
  std::vector<Installment> charging = scope;
  charging[1].state = InstallmentState::processing;
  const Agreement agreement = agreement_of(charging);
  EXPECT_TRUE(decide_refund(agreement, charging, payments, euro(33)).ok());
  const auto waits = decide_refund(agreement, charging, payments, euro(34));
  ASSERT_FALSE(waits.ok());
  EXPECT_EQ(waits.error().code(), base::ErrorCode::unavailable);
}

TEST_F(RefundRuleTest, the_latest_payment_goes_back_first) {
  const std::vector<Installment> both = {paid(1, 50), paid(2, 50, calendar::add_days(kDue, 30))};
  const std::vector<Payment> by = {payment(1, 50), payment(2, 50)};
  const auto decision = decide_refund(agreement_of(both), both, by, euro(70));
  ASSERT_TRUE(decision.ok());
  ASSERT_EQ(decision->parts.size(), 2U);
  EXPECT_EQ(decision->parts[0].operation, operation(2));
  EXPECT_EQ(decision->parts[0].amount, euro(50));
  EXPECT_EQ(decision->parts[1].amount, euro(20));
}

}  // namespace
}  // namespace karv::credit
