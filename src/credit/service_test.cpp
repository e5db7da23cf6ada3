#include "credit/service.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/check.h"
#include "credit/postings.h"
#include "identity/world_for_test.h"
#include "ledger/service.h"

namespace karv::credit {
namespace {

using calendar::Date;
using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");
Money euro(std::int64_t minor) { return {minor, kEuro}; }

// Credit with a database of its own.
struct CreditWorld {
  Context context() { return {base.wall, base.business, base.random, zone, &known}; }
  Date now() { return today(context()); }
  base::Uuid uuid() { return base::make_uuid_v7(base.wall, base.random); }
  template <class T, class Work>
  base::Result<T> write(Work&& work) {
    return base.write<T>(std::forward<Work>(work));
  }

  AgreementId conclude_one(Plan plan, std::int64_t minor) {
    return write<AgreementId>([&](store::Tx& tx) {
             return conclude(tx, context(), {uuid(), customer, merchant, plan, euro(minor), "v1", "hash"});
           })
        .value();
  }
  base::Result<std::vector<Installment>> capture(AgreementId agreement, std::int64_t minor) {
    const base::Uuid id = uuid();
    return capture_as(agreement, id, minor);
  }
  base::Result<std::vector<Installment>> capture_as(AgreementId agreement, const base::Uuid& id, std::int64_t minor) {
    return write<std::vector<Installment>>(
        [&](store::Tx& tx) { return activate_capture(tx, context(), agreement, id, euro(minor), now()); });
  }
  base::Result<Installment> start(InstallmentId id) {
    return write<Installment>([&](store::Tx& tx) { return start_payment(tx, id); });
  }
  base::Result<Installment> pay(InstallmentId id, std::int64_t minor, const base::Uuid& operation) {
    return write<Installment>(
        [&](store::Tx& tx) { return apply_payment(tx, context(), id, euro(minor), {operation, "visa", "1111"}); });
  }
  base::Result<Installment> fail(InstallmentId id) {
    return write<Installment>([&](store::Tx& tx) { return fail_payment(tx, context(), id); });
  }
  base::Result<RefundSplit> refund(AgreementId agreement, std::int64_t minor, std::optional<base::Uuid> capture = {}) {
    return write<RefundSplit>(
        [&](store::Tx& tx) { return cancel_owed(tx, context(), agreement, capture, euro(minor)); });
  }
  base::Result<UndonePayment> undo(AgreementId agreement, const base::Uuid& operation) {
    return write<UndonePayment>([&](store::Tx& tx) { return undo_payment(tx, context(), agreement, operation); });
  }
  AgreementView view(AgreementId agreement) {
    return base.read<AgreementView>([&](store::ReadTx& tx) { return get_agreement(tx, agreement); }).value();
  }
  std::int64_t receivable(AgreementId agreement) {
    return base.read<ledger::Balance>([&](store::ReadTx& tx) { return ledger::balance(tx, receivable_of(agreement)); })
        .value()
        .posted()
        .minor();
  }
  std::vector<Installment> due_on(Date date) {
    return base.read<std::vector<Installment>>([&](store::ReadTx& tx) { return due_installments(tx, date, 100); })
        .value();
  }

  identity::WorldForTest base{{ledger::migrations(), migrations()}};
  calendar::Zone zone = calendar::Zone::utc();
  ledger::AccountCache known;
  identity::CustomerId customer{base::Uuid{1}};
  identity::MerchantId merchant{base::Uuid{2}};
};

class CreditServiceTest : public testing::Test {
 protected:
  CreditWorld world;
};

TEST_F(CreditServiceTest, an_agreement_is_concluded_then_active_then_settled) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  EXPECT_EQ(world.view(id).agreement.state, AgreementState::concluded);
  const auto installments = world.capture(id, 10'000);
  ASSERT_TRUE(installments.ok());
  ASSERT_EQ(installments->size(), 1U);
  EXPECT_EQ((*installments)[0].due_date, calendar::add_days(world.now(), 30));
  EXPECT_EQ(world.receivable(id), 10'000);
  const auto paid = world.pay((*installments)[0].installment_id, 10'000, world.uuid());
  ASSERT_TRUE(paid.ok());
  EXPECT_EQ(paid->state, InstallmentState::paid);
  const AgreementView view = world.view(id);
  EXPECT_EQ(view.agreement.state, AgreementState::settled);
  ASSERT_EQ(view.payments.size(), 1U);
  EXPECT_EQ(view.payments[0].by.last4, "1111");
  EXPECT_EQ(world.receivable(id), 0);
}

TEST_F(CreditServiceTest, each_capture_has_a_schedule_of_its_own) {
  const AgreementId id = world.conclude_one(Plan::pay_in_3, 10'000);
  ASSERT_TRUE(world.capture(id, 6'000).ok());
  world.base.advance(base::days(5));
  ASSERT_TRUE(world.capture(id, 4'000).ok());
  const AgreementView view = world.view(id);
  ASSERT_EQ(view.installments.size(), 6U);
  EXPECT_TRUE(std::ranges::is_sorted(view.installments, {}, &Installment::due_date));
  EXPECT_EQ(view.installments[0].state, InstallmentState::due);
  EXPECT_EQ(view.agreement.outstanding(), euro(10'000));
  EXPECT_EQ(world.receivable(id), 10'000);
}

TEST_F(CreditServiceTest, captures_beyond_the_agreement_and_unknown_agreements_are_refused) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  ASSERT_TRUE(world.capture(id, 9'999).ok());
  EXPECT_EQ(world.capture(id, 2).error().code(), base::ErrorCode::not_matching);
  EXPECT_EQ(world.receivable(id), 9'999);
  EXPECT_EQ(world.capture(AgreementId(), 1).error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(world.pay(InstallmentId(), 1, world.uuid()).error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(world.start(InstallmentId()).error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(world.refund(AgreementId(), 1).error().code(), base::ErrorCode::not_found);
}

TEST_F(CreditServiceTest, the_same_operation_is_counted_once) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  const InstallmentId installment = (*world.capture(id, 10'000))[0].installment_id;
  const base::Uuid operation = world.uuid();
  ASSERT_TRUE(world.pay(installment, 4'000, operation).ok());
  ASSERT_TRUE(world.pay(installment, 4'000, operation).ok());
  EXPECT_EQ(world.view(id).agreement.paid, euro(4'000));
  EXPECT_EQ(world.receivable(id), 6'000);
  EXPECT_EQ(world.pay(installment, 6'001, world.uuid()).error().code(), base::ErrorCode::not_matching);
}

TEST_F(CreditServiceTest, only_one_charge_is_on_its_way_at_a_time) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  const InstallmentId installment = (*world.capture(id, 10'000))[0].installment_id;
  ASSERT_TRUE(world.start(installment).ok());
  EXPECT_EQ(world.start(installment).error().code(), base::ErrorCode::not_allowed);
  EXPECT_EQ(world.refund(id, 1).error().code(), base::ErrorCode::unavailable);
  ASSERT_TRUE(world.fail(installment).ok());
  EXPECT_EQ(world.fail(installment).error().code(), base::ErrorCode::not_allowed);
  EXPECT_TRUE(world.refund(id, 1).ok());
}

TEST_F(CreditServiceTest, refunds_take_off_what_is_owed_and_give_back_the_excess) {
  const AgreementId id = world.conclude_one(Plan::pay_in_3, 9'000);
  const auto installments = world.capture(id, 9'000);
  const base::Uuid operation = world.uuid();
  ASSERT_TRUE(world.pay((*installments)[0].installment_id, 3'000, operation).ok());
  const auto first = world.refund(id, 4'000);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->canceled, euro(4'000));
  EXPECT_EQ(first->to_card, euro(0));
  const auto second = world.refund(id, 3'000);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->canceled, euro(2'000));
  EXPECT_EQ(second->to_card, euro(1'000));
  ASSERT_EQ(second->parts.size(), 1U);
  EXPECT_EQ(second->parts[0].operation, operation);
  EXPECT_EQ(world.view(id).agreement.state, AgreementState::settled);
  EXPECT_EQ(world.view(id).payments[0].refunded, euro(1'000));
  EXPECT_EQ(world.refund(id, 2'001).error().code(), base::ErrorCode::not_matching);
  EXPECT_EQ(world.refund(id, 2'000)->to_card, euro(2'000));
  EXPECT_EQ(world.refund(id, 1).error().code(), base::ErrorCode::not_matching);
  EXPECT_EQ(world.receivable(id), 0);
}

TEST_F(CreditServiceTest, a_refund_of_one_capture_leaves_the_others_alone) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  const base::Uuid first = world.uuid();
  const base::Uuid second = world.uuid();
  ASSERT_TRUE(world.capture_as(id, first, 6'000).ok());
  ASSERT_TRUE(world.capture_as(id, second, 4'000).ok());
  EXPECT_EQ(world.refund(id, 4'001, second).error().code(), base::ErrorCode::not_matching);
  ASSERT_TRUE(world.refund(id, 4'000, second).ok());
  for (const Installment& installment : world.view(id).installments)
    EXPECT_EQ(installment.owed(), installment.capture == first ? euro(6'000) : euro(0));
  EXPECT_EQ(world.refund(id, 1, world.uuid()).error().code(), base::ErrorCode::not_matching);
}

TEST_F(CreditServiceTest, the_nightly_list_follows_dates_attempts_and_outcomes) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  const InstallmentId installment = (*world.capture(id, 10'000))[0].installment_id;
  const Date due = calendar::add_days(world.now(), 30);
  EXPECT_TRUE(world.due_on(calendar::add_days(due, -1)).empty());
  EXPECT_EQ(world.due_on(due).size(), 1U);
  world.base.advance(base::days(30));
  ASSERT_TRUE(world.start(installment).ok());
  EXPECT_TRUE(world.due_on(due).empty());
  ASSERT_TRUE(world.fail(installment).ok());
  EXPECT_TRUE(world.due_on(calendar::add_days(due, 6)).empty());
  EXPECT_EQ(world.due_on(calendar::add_days(due, 7)).size(), 1U);
  EXPECT_EQ(world.view(id).installments[0].state, InstallmentState::overdue);
  ASSERT_TRUE(world.pay(installment, 10'000, world.uuid()).ok());
  EXPECT_TRUE(world.due_on(calendar::add_days(due, 365)).empty());
}

TEST_F(CreditServiceTest, a_charge_that_was_never_sent_leaves_the_installment_on_the_nightly_list) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  const InstallmentId installment = (*world.capture(id, 10'000))[0].installment_id;
  world.base.advance(base::days(30));
  ASSERT_TRUE(world.start(installment).ok());
  const auto back =
      world.write<Installment>([&](store::Tx& tx) { return return_payment(tx, world.context(), installment); });
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->state, InstallmentState::due);
  EXPECT_EQ(world.due_on(world.now()).size(), 1U);
}

TEST_F(CreditServiceTest, the_nightly_list_is_walked_through_once) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.capture(world.conclude_one(Plan::pay_in_30, 1'000), 1'000).ok());
    world.base.advance(base::hours(9));  // over two dates
  }
  world.base.advance(base::days(40));
  std::vector<InstallmentId> seen;
  std::optional<Installment> last;
  for (;;) {
    const auto batch = world.base
                           .read<std::vector<Installment>>(
                               [&](store::ReadTx& tx) { return due_installments(tx, world.now(), 2, last); })
                           .value();
    if (batch.empty()) break;
    for (const Installment& one : batch) seen.push_back(one.installment_id);
    last = batch.back();
  }
  EXPECT_EQ(seen.size(), 5U);
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST_F(CreditServiceTest, a_payment_refused_later_is_undone_once_by_correcting_transfers) {
  const AgreementId id = world.conclude_one(Plan::pay_now, 10'000);
  const InstallmentId installment = (*world.capture(id, 10'000))[0].installment_id;
  const base::Uuid operation = world.uuid();
  ASSERT_TRUE(world.pay(installment, 10'000, operation).ok());
  ASSERT_EQ(world.refund(id, 2'500)->to_card, euro(2'500));
  const auto transfers = [&] {
    return world.base
        .read<std::vector<ledger::Transfer>>(
            [&](store::ReadTx& tx) { return ledger::list_by_reference(tx, id.uuid()); })
        .value();
  };
  const auto before = transfers();
  EXPECT_EQ(world.undo(id, world.uuid()).error().code(), base::ErrorCode::not_found);
  for (const bool news : {true, false}) {
    const auto undone = world.undo(id, operation);
    ASSERT_TRUE(undone.ok());
    EXPECT_EQ(undone->news, news);
    EXPECT_EQ(undone->installment.owed(), euro(7'500));
    EXPECT_EQ(world.receivable(id), 7'500);
  }
  const auto after = transfers();
  ASSERT_EQ(after.size(), before.size() + 3);
  for (const auto& earlier : before)  // nothing of what was written is changed
    EXPECT_EQ(std::ranges::count_if(after,
                                    [&](const ledger::Transfer& t) {
                                      return t.id == earlier.id && t.amount == earlier.amount && t.kind == earlier.kind;
                                    }),
              1);
  const AgreementView view = world.view(id);
  EXPECT_EQ(view.agreement.state, AgreementState::active);
  EXPECT_TRUE(view.payments[0].refused_at.has_value());
  EXPECT_EQ(world.due_on(calendar::add_days(world.now(), 7)).size(), 1U);
  ASSERT_TRUE(world.pay(installment, 7'500, world.uuid()).ok());  // the charge a week later
  EXPECT_EQ(world.refund(id, 7'500)->to_card, euro(7'500));
  EXPECT_EQ(world.refund(id, 1).error().code(), base::ErrorCode::not_matching);
}

TEST_F(CreditServiceTest, an_uncaptured_agreement_can_be_canceled_and_then_owes_nothing) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  const auto cancel = [&] { return world.write<void>([&](store::Tx& tx) { return cancel_agreement(tx, id); }); };
  const auto debt = [&] {
    return world.base.read<Money>([&](store::ReadTx& tx) { return open_debt(tx, world.customer, kEuro); }).value();
  };
  EXPECT_EQ(debt(), euro(10'000));
  ASSERT_TRUE(cancel().ok());
  EXPECT_EQ(debt(), euro(0));
  EXPECT_EQ(cancel().error().code(), base::ErrorCode::not_allowed);
  EXPECT_EQ(world.capture(id, 1).error().code(), base::ErrorCode::not_allowed);
}

TEST_F(CreditServiceTest, the_agreed_amount_follows_the_order_but_not_below_what_is_captured) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  ASSERT_TRUE(world.capture(id, 4'000).ok());
  const auto change = [&](std::int64_t minor) {
    return world.write<void>([&](store::Tx& tx) { return change_agreed_amount(tx, id, euro(minor)); });
  };
  EXPECT_EQ(change(3'999).error().code(), base::ErrorCode::not_matching);
  ASSERT_TRUE(change(4'000).ok());
  EXPECT_FALSE(world.capture(id, 1).ok());
  ASSERT_TRUE(change(12'000).ok());
  EXPECT_TRUE(world.capture(id, 8'000).ok());
}

TEST_F(CreditServiceTest, the_account_page_lists_newest_first_and_only_the_customers_own) {
  const AgreementId first = world.conclude_one(Plan::pay_in_30, 1'000);
  world.base.advance(base::seconds(1));
  const AgreementId second = world.conclude_one(Plan::pay_in_3, 9'000);
  ASSERT_TRUE(world.capture(second, 9'000).ok());
  const auto list = [&](identity::CustomerId customer, std::int64_t limit) {
    return world.base
        .read<std::vector<AgreementView>>([&](store::ReadTx& tx) { return list_agreements(tx, customer, limit); })
        .value();
  };
  const auto views = list(world.customer, 10);
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].agreement.agreement_id, second);
  EXPECT_EQ(views[0].installments.size(), 3U);
  EXPECT_EQ(views[1].agreement.agreement_id, first);
  EXPECT_EQ(list(world.customer, 1).size(), 1U);
  EXPECT_EQ(list(world.customer, -5).size(), 1U);
  EXPECT_TRUE(list(identity::CustomerId(base::Uuid{9}), 10).empty());
}

TEST_F(CreditServiceTest, a_capture_costs_three_round_trips_once_the_accounts_are_known) {
  const AgreementId id = world.conclude_one(Plan::pay_in_30, 10'000);
  ASSERT_TRUE(world.capture(id, 1'000).ok());
  EXPECT_EQ(world.base.round_trips, 4);
  ASSERT_TRUE(world.capture(id, 1'000).ok());
  EXPECT_EQ(world.base.round_trips, 3);
}

// Whatever the order of captures, payments, failures, refunds and refusals: what is outstanding is captured - canceled
// - paid, never negative, the sum over the installments, and the ledger's receivable.
void run_random_steps(CreditWorld& world, Plan plan) {
  constexpr std::int64_t kAgreed = 10'000;
  const AgreementId id = world.conclude_one(plan, kAgreed);
  const int steps = *rc::gen::inRange(1, 15);
  std::int64_t captured = 0;
  for (int step = 0; step < steps; ++step) {
    const auto amount = *rc::gen::inRange<std::int64_t>(1, kAgreed / 2);
    const auto installments = world.view(id).installments;
    const int action = *rc::gen::inRange(0, 6);
    if (action == 0 || installments.empty()) {
      if (world.capture(id, amount).ok()) captured += amount;
    } else if (action == 1) {
      (void)world.refund(id, amount).ok();
    } else if (action == 5) {
      const auto payments = world.view(id).payments;
      if (payments.empty()) continue;
      RC_ASSERT(world.undo(id, (*rc::gen::elementOf(payments)).by.operation).ok());
    } else {
      const auto& one = installments[*rc::gen::inRange<std::size_t>(0, installments.size())];
      if (action == 2) (void)world.start(one.installment_id).ok();
      if (action == 3) (void)world.fail(one.installment_id).ok();
      if (action == 4 && one.owed().is_positive())
        (void)world.pay(one.installment_id, std::min(amount, one.owed().minor()), world.uuid()).ok();
    }
    const AgreementView view = world.view(id);
    RC_ASSERT(view.agreement.captured == euro(captured));
    RC_ASSERT(!view.agreement.outstanding().is_negative());
    RC_ASSERT(view.agreement.refunded <= view.agreement.paid);
    std::int64_t owed = 0;
    for (const Installment& installment : view.installments) {
      RC_ASSERT(!installment.owed().is_negative());
      const bool ended = installment.state == InstallmentState::paid || installment.state == InstallmentState::canceled;
      RC_ASSERT(ended == installment.owed().is_zero());
      owed += installment.owed().minor();
    }
    RC_ASSERT(view.agreement.outstanding().minor() == owed);
    if (captured > 0) RC_ASSERT(world.receivable(id) == owed);
    RC_ASSERT((view.agreement.state == AgreementState::settled) == (captured > 0 && owed == 0));
  }
}

TEST_F(CreditServiceTest, books_and_ledger_agree_after_any_sequence_of_steps) {
  EXPECT_TRUE(rc::check(
      [&] { run_random_steps(world, *rc::gen::elementOf(std::vector<Plan>(std::begin(kPlans), std::end(kPlans)))); }));
}

}  // namespace
}  // namespace karv::credit
