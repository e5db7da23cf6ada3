#include "jobs/jobs.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "credit/postings.h"
#include "ledger/rollup.h"
#include "ledger/service.h"
#include "ledger/verify.h"
#include "orders/account_service.h"
#include "orders/world_for_test.h"
#include "rails/fake_vault_for_test.h"
#include "rails/vault_calls.h"
#include "scheduler/scheduler.h"

namespace karv::jobs {
namespace {

using Channel = rails::FakeVaultForTest::Channel;
using credit::InstallmentState;
using credit::Plan;
using rails::OperationKind;
using Words = std::vector<std::string>;

class JobsTest : public testing::Test {
 protected:
  orders::Order captured(Plan plan, std::int64_t amount = 9'000) {
    auto order = shop.buy(plan, amount);
    EXPECT_TRUE(shop.capture(order, amount).ok());
    return order;
  }
  std::int64_t charge_due() {
    return charge_due_installments(tools, [] { return false; }).value();
  }
  // Runs a job by its name, as the scheduler would.
  bool run(std::string_view name) {
    auto jobs = all_jobs(tools);
    const auto job = std::ranges::find(jobs, name, &scheduler::Job::name);
    EXPECT_NE(job, jobs.end());
    return job->run(scheduler::JobContext({}, base::minutes(1), shop.world.wall, stopping)).ok();
  }
  credit::Installment installment(const orders::Order& order, std::size_t at) {
    return shop.agreement(order).installments[at];
  }

  // A merchant that was paid more often than its balance is worth adding up from its tail.
  ledger::Account busy_merchant(int payments = 130) {
    const ledger::Account owed{.id = base::make_id<ledger::AccountTag>(shop.world.wall, shop.world.random),
                               .kind = "test",
                               .owner = "",
                               .currency = kEur};
    ledger::Account payable = credit::merchant_payable_account(shop.merchant.merchant_id, kEur);
    EXPECT_TRUE(shop.write<void>([&](store::Tx& tx) -> base::Result<void> {
                      ledger::open_account(tx, owed);
                      ledger::open_account(tx, payable);
                      return {};
                    })
                    .ok());
    for (int i = 0; i < payments; ++i) {
      ledger::TransferSpec paid{.id = base::make_id<ledger::TransferTag>(shop.world.wall, shop.world.random),
                                .step = ledger::Step::posted,
                                .kind = "test",
                                .debit = owed.id,
                                .credit = payable.id,
                                .amount = money::Money{5, kEur},
                                .pending_id = std::nullopt,
                                .group = std::nullopt,
                                .reference = std::nullopt,
                                .business_time = {}};
      EXPECT_TRUE(shop.write<void>([&](store::Tx& tx) { return ledger::post(tx, {paid}); }).ok());
    }
    return payable;
  }
  std::int64_t paid_to(const ledger::Account& account) {
    return shop.read<ledger::Balance>([&](store::ReadTx& tx) { return ledger::balance(tx, account.id); })
        .value()
        .posted()
        .minor();
  }
  // By rolling it up.
  std::int64_t tail_of(const ledger::Account& account) {
    return shop.write<std::int64_t>([&](store::Tx& tx) { return ledger::roll_up(tx, account.id, 1'000); }).value();
  }

  static constexpr auto kEur = money::Currency::of("EUR");
  orders::WorldForTest shop{{scheduler::migrations()}};
  rails::FakeVaultForTest vault;
  std::vector<notify::OutgoingMail> sent;
  std::atomic<bool> stopping{false};
  Tools tools{*shop.world.database, shop.context, vault.ask(), [this](const notify::OutgoingMail& mail) {
                sent.push_back(mail);
                return base::Result<void>();
              }};
};

TEST_F(JobsTest, each_job_has_a_name_of_its_own) {
  std::vector<std::string> names;
  for (const auto& job : all_jobs(tools)) {
    names.push_back(job.name);
    EXPECT_GT(job.every.ms, 0);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_EQ(names.size(), 11U);
}

TEST_F(JobsTest, an_installment_is_charged_on_its_date_and_once) {
  const auto order = captured(Plan::pay_in_3);
  EXPECT_EQ(charge_due(), 0);
  shop.world.advance(base::days(29));
  EXPECT_EQ(charge_due(), 0);
  shop.world.advance(base::days(2));  // the date has come in every market
  EXPECT_EQ(charge_due(), 1);
  EXPECT_EQ(charge_due(), 0);
  EXPECT_EQ(installment(order, 1).state, InstallmentState::paid);
  EXPECT_EQ(vault.done(), Words{"charge"});
  EXPECT_TRUE(shop.books_are_right(order));
}

// An installment is never charged before its date has come where the shopper lives: it comes last in Mexico.
TEST_F(JobsTest, nothing_is_charged_before_the_date_has_come_everywhere) {
  captured(Plan::pay_in_3);
  shop.world.advance(base::days(30));
  const auto due = calendar::add_days(orders::today_in("DE", shop.world.business), 0);
  auto at = base::from_rfc3339(due.text() + "T05:59:59Z");  // 23:59:59 the day before in Mexico City (UTC-6)
  shop.world.business.advance(*at - shop.world.business.now());
  EXPECT_EQ(orders::today_in("US", shop.world.business), due);
  EXPECT_EQ(charge_due(), 0);
  shop.world.business.advance(base::seconds(1));
  EXPECT_EQ(charge_due(), 1);
}

TEST_F(JobsTest, a_declined_charge_is_tried_again_a_week_later_three_times_in_all) {
  const auto order = captured(Plan::pay_in_3);
  vault.outcome = vault_api::Outcome::declined;
  vault.response_code = "51";
  shop.world.advance(base::days(31));
  for (const std::int64_t failed : {1, 2, 3}) {
    EXPECT_EQ(charge_due(), 0);
    EXPECT_EQ(installment(order, 1).failed_charges, failed);
    EXPECT_EQ(installment(order, 1).state, InstallmentState::overdue);
    EXPECT_EQ(charge_due(), 0);  // not at once again
    shop.world.advance(base::days(7));
  }
  EXPECT_EQ(std::ranges::count(vault.done(), "charge"), 3);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(JobsTest, a_lost_answer_is_asked_for_and_the_card_charged_once) {
  const auto order = captured(Plan::pay_in_3);
  shop.world.advance(base::days(31));
  vault.channel = Channel::loses_answers;
  EXPECT_EQ(charge_due(), 0);
  EXPECT_EQ(installment(order, 1).state, InstallmentState::processing);
  EXPECT_EQ(charge_due(), 0);
  vault.channel = Channel::works;
  shop.world.advance(base::minutes(1));
  EXPECT_TRUE(run("card_answers"));
  EXPECT_EQ(installment(order, 1).state, InstallmentState::paid);
  EXPECT_EQ(vault.done(), Words{"charge"});
  EXPECT_TRUE(shop.books_are_right(order));
}

// The server was killed after it had committed the intent and before a byte of it left.
TEST_F(JobsTest, a_charge_that_was_never_sent_is_made_the_same_day_without_a_mail) {
  const auto order = captured(Plan::pay_in_3);
  shop.world.advance(base::days(31));
  EXPECT_TRUE(run("mails"));
  const auto mails = sent.size();
  const auto due = installment(order, 1).installment_id;
  ASSERT_TRUE(shop.write<rails::CardOperation>([&](store::Tx& tx) {
                    return orders::start_installment_payment(tx, shop.context, {due, std::nullopt});
                  })
                  .ok());
  EXPECT_EQ(charge_due(), 0);  // one is on its way, for all we know
  shop.world.advance(rails::kAnswerOverdue);
  EXPECT_TRUE(run("card_answers"));
  EXPECT_EQ(installment(order, 1).state, InstallmentState::overdue);  // its date was yesterday
  EXPECT_EQ(installment(order, 1).failed_charges, 0);
  EXPECT_TRUE(run("mails"));
  EXPECT_EQ(sent.size(), mails);
  EXPECT_EQ(charge_due(), 1);
  EXPECT_EQ(vault.done(), Words{"charge"});
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(JobsTest, while_the_vault_cannot_be_reached_a_charge_is_tried_less_and_less_often) {
  const auto order = captured(Plan::pay_in_3);
  shop.world.advance(base::days(31));
  vault.channel = Channel::refuses_connections;
  for (int minute = 0; minute < 60; ++minute) {
    EXPECT_EQ(charge_due(), 0);
    shop.world.wall.advance(base::minutes(1));
  }
  EXPECT_EQ(vault.requests(), 6);  // at 0, 1, 3, 7, 15 and 31 minutes
  EXPECT_EQ(installment(order, 1).failed_charges, 0);
  vault.channel = Channel::works;
  shop.world.wall.advance(base::hours(1));
  EXPECT_EQ(charge_due(), 1);
}

TEST_F(JobsTest, a_completion_that_is_refused_afterwards_is_undone_mailed_and_charged_a_week_later) {
  const auto order = captured(Plan::pay_now);
  EXPECT_EQ(installment(order, 0).state, InstallmentState::paid);
  EXPECT_TRUE(run("card_advices"));
  const auto completion = shop.operations(order.authorization_id, OperationKind::complete)[0].operation_id;
  vault.answer_advice(completion, vault_api::OperationState::rejected, "05");
  for (int i = 0; i < 3; ++i) {  // said again and again
    shop.world.advance(base::minutes(1));
    EXPECT_TRUE(run("card_confirmations"));
    EXPECT_EQ(installment(order, 0).state, InstallmentState::overdue);
    EXPECT_EQ(installment(order, 0).owed().minor(), 9'000);
    EXPECT_TRUE(shop.books_are_right(order));
  }
  EXPECT_TRUE(run("mails"));
  EXPECT_EQ(std::ranges::count_if(sent, [](const auto& mail) { return mail.subject.contains("abgelehnt"); }), 1);
  EXPECT_TRUE(run("card_advices"));
  EXPECT_EQ(vault.done(), (Words{"complete", "reverse"}));  // nothing stays blocked on the card
  shop.world.advance(base::days(8));
  EXPECT_EQ(charge_due(), 1);
  EXPECT_EQ(vault.done(), (Words{"complete", "reverse", "charge"}));
  EXPECT_EQ(vault.messages().back().initiator, vault_api::Initiator::merchant);
  EXPECT_EQ(installment(order, 0).state, InstallmentState::paid);
  EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(JobsTest, an_invoice_without_a_card_falls_due_and_then_overdue) {
  const auto order = captured(Plan::pay_in_30);
  shop.world.advance(base::days(31));
  EXPECT_EQ(charge_due(), 0);
  EXPECT_EQ(installment(order, 0).state, InstallmentState::due);
  shop.world.advance(base::days(1));
  EXPECT_EQ(charge_due(), 0);
  EXPECT_EQ(installment(order, 0).state, InstallmentState::overdue);
  EXPECT_TRUE(vault.done().empty());
}

TEST_F(JobsTest, advices_leave_in_order_and_mails_too) {
  const auto order = captured(Plan::pay_in_3);
  ASSERT_TRUE(shop.refund(order, 7'000).ok());
  EXPECT_TRUE(run("card_advices"));
  EXPECT_EQ(vault.done(), (Words{"complete", "refund"}));
  EXPECT_TRUE(run("mails"));
  ASSERT_EQ(sent.size(), 2U);  // the agreement and the refund
  EXPECT_EQ(sent[0].to, "customer@email.de");
  EXPECT_TRUE(run("mails"));
  EXPECT_EQ(sent.size(), 2U);
}

TEST_F(JobsTest, a_late_approval_is_given_free) {
  const auto session = shop.open(9'000);
  const auto step = shop.confirm(session, Plan::pay_in_3).value();
  const auto id = step.authorization.authorization_id;
  ASSERT_TRUE(vault.ask()(rails::operation_request(*step.hold, shop.world.business.now()), base::seconds(1)).ok());
  shop.world.advance(base::minutes(1));  // the server died before it could read the answer
  EXPECT_TRUE(run("card_answers"));
  EXPECT_EQ(shop.authorization(id).state, orders::AuthorizationState::voided);
  EXPECT_FALSE(shop.session(session.session_id).authorization_id.has_value());
  EXPECT_TRUE(run("card_advices"));
  EXPECT_EQ(vault.done(), (Words{"hold", "reverse"}));
}

TEST_F(JobsTest, expired_tokens_and_orders_end) {
  const auto authorization = shop.authorize(shop.open(9'000), Plan::pay_in_30);
  const auto order = shop.buy(Plan::pay_in_30, 9'000);
  shop.world.advance(base::days(29));
  EXPECT_TRUE(run("expired_tokens"));
  EXPECT_TRUE(run("expired_orders"));
  EXPECT_EQ(shop.authorization(authorization.authorization_id).state, orders::AuthorizationState::voided);
  EXPECT_EQ(shop.now(order).status, orders::OrderStatus::EXPIRED);
}

TEST_F(JobsTest, a_long_tail_is_rolled_up_under_the_claim_of_the_job) {
  const auto payable = busy_merchant();
  auto jobs = all_jobs(tools);
  std::erase_if(jobs, [](const scheduler::Job& job) { return job.name != "ledger_rollup"; });
  scheduler::Scheduler scheduler(tools.database, shop.world.business, shop.world.wall, jobs);
  EXPECT_EQ(scheduler.run_due_now()->ran, Words{"ledger_rollup"});
  EXPECT_EQ(paid_to(payable), 650);  // 130 payments of 5
  EXPECT_EQ(tail_of(payable), 0);
  EXPECT_TRUE(ledger::verify(tools.database)->findings.empty());
}

TEST_F(JobsTest, a_run_whose_claim_is_gone_rolls_nothing_up) {
  const auto payable = busy_merchant();
  EXPECT_FALSE(run("ledger_rollup"));  // nobody claimed it
  EXPECT_EQ(paid_to(payable), 650);
  EXPECT_EQ(tail_of(payable), 130);
}

}  // namespace
}  // namespace karv::jobs
