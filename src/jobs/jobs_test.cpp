#include "jobs/jobs.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "credit/postings.h"
#include "identity/codes.h"
#include "identity/sessions.h"
#include "jobs/retention.h"
#include "ledger/rollup.h"
#include "ledger/service.h"
#include "ledger/verify.h"
#include "orders/account_service.h"
#include "orders/world_for_test.h"
#include "rails/fake_vault_for_test.h"
#include "rails/vault_calls.h"
#include "risk/token_refusal_repository.h"
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
  // Orders whose second installment is due; one customer may not buy that often.
  std::vector<orders::Order> due_of_different_customers(int count) {
    std::vector<orders::Order> bought;
    for (int i = 0; i < count; ++i) {
      bought.push_back(shop.buy(Plan::pay_in_3, 9'000, "customer" + std::to_string(i) + "@email.de"));
      EXPECT_TRUE(shop.capture(bought.back(), 9'000).ok());
    }
    shop.world.advance(base::days(31));
    return bought;
  }
  std::int64_t charge_due() {
    std::int64_t paid = 0;
    EXPECT_TRUE(run(
        {.name = "due_installments", .every = {}, .run = [&](const scheduler::JobContext& job) -> base::Result<void> {
           KARV_TRY(paid, charge_due_installments(tools, job));
           return {};
         }}));
    return paid;
  }
  // Runs a job by its name, as the scheduler does, and at once.
  bool run(std::string_view name) { return run(named(tools, name)); }
  static scheduler::Job named(const Tools& tools, std::string_view name) {
    auto jobs = all_jobs(tools);
    const auto job = std::ranges::find(jobs, name, &scheduler::Job::name);
    EXPECT_NE(job, jobs.end());
    return *job;
  }
  bool run(scheduler::Job job) {
    job.every = base::milliseconds(1);
    shop.world.business.advance(job.every);
    scheduler::Scheduler scheduler(shop.world.sealed, shop.world.business, shop.world.wall, {std::move(job)});
    const auto report = scheduler.run_due_now();
    return report.ok() && report->ran.size() == 1;
  }
  // How many rows `forget` finds to delete; it deletes none.
  template <class Forget>
  std::int64_t count_old(Forget forget) {
    std::int64_t found = -1;
    std::ignore = shop.write<void>([&](store::Tx& tx) -> base::Result<void> {
      KARV_TRY(found, forget(tx));
      return base::Error(base::ErrorCode::gone);
    });
    return found;
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
  Tools tools{shop.context, {vault.ask()}, [this](const notify::OutgoingMail& mail) {
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
  EXPECT_EQ(names.size(), 18U);
}

// The vault's counts reach the rules: two pages, then from a minute before the last one on.
TEST_F(JobsTest, refused_uses_of_tokens_are_given_to_risk) {
  const auto customer = shop.customer_of("customer@email.de");
  const auto now = shop.world.wall.now();
  const auto count = [&](std::uint8_t id, base::Instant at) {
    return vault_api::RefusalCount{.refusal = vault_api::RefusalId(base::Uuid{id}),
                                   .customer = vault_api::CustomerRef(customer.uuid()),
                                   .merchant = std::nullopt,
                                   .reason = vault_api::RefusalReason::cap,
                                   .times = 2,
                                   .first_at = at.ms,
                                   .last_at = at.ms};
  };
  vault.refusals = {{.counts = {count(1, now)}, .more = true}, {.counts = {count(2, now)}, .more = false}};
  EXPECT_TRUE(run("token_refusals"));
  ASSERT_EQ(vault.refusals_asked().size(), 2U);
  EXPECT_EQ(vault.refusals_asked()[0].since, 0);
  EXPECT_EQ(vault.refusals_asked()[1].since, now.ms);
  EXPECT_EQ(vault.refusals_asked()[1].after, vault_api::RefusalId(base::Uuid{1}));
  const auto of_customer = [&] {
    return shop
        .read<std::int64_t>([&](store::ReadTx& tx) -> base::Result<std::int64_t> {
          KARV_TRY(const auto rows, tx.read({risk::count_token_refusals(customer, now - base::hours(1))}));
          return rows[0].front().integer(0);
        })
        .value();
  };
  EXPECT_EQ(of_customer(), 4);
  vault.refusals = {{.counts = {count(2, now)}, .more = false}};  // told again
  EXPECT_TRUE(run("token_refusals"));
  EXPECT_EQ(vault.refusals_asked().back().since, (now - base::minutes(1)).ms);
  EXPECT_EQ(of_customer(), 4);
  shop.world.wall.advance(kKeepTokenRefusals + base::milliseconds(1));
  EXPECT_TRUE(run("old_refusals"));
  EXPECT_EQ(of_customer(), 0);
}

TEST_F(JobsTest, a_card_that_was_removed_ends_at_the_vault_also_when_an_answer_is_lost) {
  const auto customer = shop.customer_of("customer@email.de");
  const auto card = shop.write<rails::CustomerCard>([&](store::Tx& tx) {
    return orders::keep_card(tx, shop.context, customer, "saved", {"visa", "1111", "12/30"}, "print");
  });
  ASSERT_TRUE(shop.write<rails::CardEnding>(
                      [&](store::Tx& tx) { return orders::retire_card(tx, shop.context, customer, card->card_id); })
                  .ok());
  vault.channel = Channel::loses_answers;
  EXPECT_TRUE(run("card_endings"));
  vault.channel = Channel::works;
  shop.world.wall.advance(base::seconds(2));
  EXPECT_TRUE(run("card_endings"));
  EXPECT_TRUE(run("card_endings"));
  EXPECT_EQ(vault.endings().size(), 2U);
  vault.swept = {.looked_at = 1, .tokens_removed = 1, .cards_removed = 1};
  EXPECT_TRUE(run("ended_cards"));
  EXPECT_EQ(vault.swept.looked_at, 0);
}

// The vault could still charge it as long as it has not understood; other customers do not wait for that.
TEST_F(JobsTest, nothing_is_charged_while_a_removed_card_has_not_ended_at_the_vault) {
  const auto order = captured(Plan::pay_in_3);
  EXPECT_TRUE(shop.capture(shop.buy(Plan::pay_in_3, 9'000, "other@email.de"), 9'000).ok());
  shop.world.advance(base::days(31));
  const auto card = shop.write<rails::CustomerCard>([&](store::Tx& tx) {
    return orders::keep_card(tx, shop.context, order.customer_id, "saved", {"visa", "1111", "12/30"}, "print");
  });
  ASSERT_TRUE(shop.write<rails::CardEnding>([&](store::Tx& tx) {
                    return orders::retire_card(tx, shop.context, order.customer_id, card->card_id);
                  })
                  .ok());
  vault.loses_endings = true;
  EXPECT_EQ(charge_due(), 1);
  EXPECT_EQ(installment(order, 1).state, InstallmentState::planned);
  vault.loses_endings = false;
  EXPECT_EQ(charge_due(), 0);  // it is asked again a little later
  shop.world.wall.advance(base::seconds(2));
  EXPECT_EQ(charge_due(), 1);  // the real vault would refuse now
  EXPECT_EQ(vault.endings().size(), 2U);
  EXPECT_EQ(installment(order, 1).state, InstallmentState::paid);
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

// Four questions are under way at once; the card network declines one, and the answer to another is lost.
TEST_F(JobsTest, many_are_charged_side_by_side_and_each_gets_its_own_outcome) {
  const auto bought = due_of_different_customers(12);
  std::latch four(4);
  std::atomic<int> asked{0};
  std::mutex one_by_one;
  const auto ask = [&, ask = vault.ask()](net::OutboundRequest request, base::Duration limit) {
    if (asked++ < 4) four.arrive_and_wait();
    const std::lock_guard lock(one_by_one);
    const auto number = vault.done().size();
    vault.outcome = number == 3 ? vault_api::Outcome::declined : vault_api::Outcome::approved;
    vault.channel = number == 7 ? Channel::loses_answers : Channel::works;
    return ask(std::move(request), limit);
  };
  const Tools side_by_side{shop.context, {ask, 4}, tools.send_mail};
  EXPECT_TRUE(run(named(side_by_side, "due_installments")));
  EXPECT_EQ(vault.done(), Words(12, "charge"));
  std::map<InstallmentState, int> states;
  for (const auto& order : bought) {
    ++states[installment(order, 1).state];
    EXPECT_TRUE(shop.books_are_right(order));
  }
  EXPECT_EQ(states,
            (std::map<InstallmentState, int>{
                {InstallmentState::paid, 10}, {InstallmentState::overdue, 1}, {InstallmentState::processing, 1}}));
}

// One whose card is gone when its outcome comes (which cannot be), and one whose question throws.
TEST_F(JobsTest, an_installment_that_cannot_be_handled_keeps_no_other_from_being_charged) {
  const auto bought = due_of_different_customers(8);
  std::atomic<int> asked{0};
  std::mutex one_by_one;
  const auto ask = [&, ask = vault.ask()](net::OutboundRequest request, base::Duration limit) {
    const int number = asked++;
    const std::lock_guard lock(one_by_one);
    if (number == 2) throw std::runtime_error("nobody expected this");
    if (number == 3) {
      const base::Uuid purchase = json::decode<vault_api::CardOperation>(request.body)->agreement.value().uuid();
      EXPECT_TRUE(shop.write<void>([&](store::Tx& tx) -> base::Result<void> {
                        tx.write({"delete from purchase_cards where purchase = $1",
                                  {base::Bytes(purchase.begin(), purchase.end())}},
                                 1);
                        return {};
                      })
                      .ok());
    }
    return ask(std::move(request), limit);
  };
  const Tools side_by_side{shop.context, {ask, 3}, tools.send_mail};
  EXPECT_TRUE(run(named(side_by_side, "due_installments")));
  EXPECT_EQ(asked, 8);
  std::map<InstallmentState, int> states;
  for (const auto& order : bought) ++states[installment(order, 1).state];
  EXPECT_EQ(states, (std::map<InstallmentState, int>{{InstallmentState::paid, 6}, {InstallmentState::processing, 2}}));
}

// The vault takes so long that the lease ends, and another process runs the job meanwhile.
TEST_F(JobsTest, a_run_that_was_taken_over_commits_nothing_more) {
  const auto bought = {captured(Plan::pay_in_3), captured(Plan::pay_in_3)};
  shop.world.advance(base::days(31));
  bool first_call = true;
  const auto slow_vault = [&, ask = vault.ask()](auto request, base::Duration limit) {
    auto answer = ask(std::move(request), limit);
    if (std::exchange(first_call, false)) {
      shop.world.wall.advance(base::minutes(6));
      EXPECT_TRUE(run("due_installments"));
    }
    return answer;
  };
  const Tools slow{shop.context, {slow_vault}, tools.send_mail};
  const auto in_state = [&](InstallmentState state) {
    return std::ranges::count_if(bought, [&](const auto& order) { return installment(order, 1).state == state; });
  };

  EXPECT_FALSE(run(named(slow, "due_installments")));
  EXPECT_EQ(vault.done(), (Words{"charge", "charge"}));  // one each: the first run did not get to a second one
  EXPECT_EQ(in_state(InstallmentState::processing), 1);  // its answer was not taken from the run that came too late
  EXPECT_EQ(in_state(InstallmentState::paid), 1);        // its successor's
  shop.world.advance(base::minutes(1));
  EXPECT_TRUE(run("card_answers"));
  EXPECT_EQ(in_state(InstallmentState::paid), 2);
  EXPECT_EQ(vault.done(), (Words{"charge", "charge"}));
  for (const auto& order : bought) EXPECT_TRUE(shop.books_are_right(order));
}

TEST_F(JobsTest, subject_keys_are_renewed_when_the_vault_has_turned_its_epoch) {
  const auto order = shop.buy(credit::Plan::pay_in_30, 10'000);
  EXPECT_TRUE(run("subject_keys"));
  shop.world.vault.turn();
  EXPECT_TRUE(run("subject_keys"));        // the answer to what is left names the new epoch
  EXPECT_EQ(shop.world.vault.renewed, 1);  // the customer's
  EXPECT_EQ(shop.world.vault.told.back().before_epoch, 2);
  EXPECT_EQ(shop.world.vault.told.back().rows, 0);
  shop.world.vault.destroy(1);
  shop.world.wall.advance(identity::kOpenedTime);
  const auto email = shop.read<identity::Email>(
      [&](store::ReadTx& tx) { return identity::get_customer_email(tx, shop.identity_context, order.customer_id); });
  ASSERT_TRUE(email.ok());
  EXPECT_EQ(email->expose(), "customer@email.de");
}

TEST_F(JobsTest, old_codes_and_sessions_are_forgotten_and_young_ones_are_not) {
  for (int i = 0; i < 101; ++i) {  // one more than a batch
    const auto scope =
        identity::CodeScope::checkout(base::make_id<identity::PaymentSessionTag>(shop.world.wall, shop.world.random));
    const auto email = identity::WorldForTest::email("a" + std::to_string(i) + "@example.com");
    const auto granted = shop.write<identity::SignIn>([&](store::Tx& tx) -> base::Result<identity::SignIn> {
      KARV_TRY(const auto mail,
               identity::issue_code(tx, shop.identity_context,
                                    {scope, email, std::to_string(i), identity::Language::en, "Shop"}));
      return identity::sign_in(tx, shop.identity_context, scope, email, mail->parameters.at(0).second);
    });
    ASSERT_TRUE(granted.ok() && granted->grant.has_value());
  }
  const auto codes = [&](store::Tx& tx) {
    return identity::forget_old_codes(tx, shop.identity_context, shop.world.wall.now() - base::hours(24), 1000);
  };
  const auto sessions = [&](store::Tx& tx) {
    return identity::forget_old_sessions(tx, shop.identity_context, shop.world.wall.now(), 1000);
  };
  const auto run_both = [&] { return run("old_codes") && run("old_sessions"); };

  shop.world.wall.advance(kKeepSessions + identity::kCheckoutLimit);  // not a moment longer
  EXPECT_TRUE(run_both());
  EXPECT_EQ(count_old(codes), 101);
  EXPECT_EQ(count_old(sessions), 101);
  shop.world.wall.advance(kKeepCodes - kKeepSessions - identity::kCheckoutLimit);
  EXPECT_TRUE(run_both());
  EXPECT_EQ(count_old(codes), 101);
  EXPECT_EQ(count_old(sessions), 0);
  shop.world.wall.advance(base::milliseconds(1));
  EXPECT_TRUE(run_both());
  EXPECT_EQ(count_old(codes), 0);
}

TEST_F(JobsTest, moving_the_business_clock_forgets_nothing) {
  shop.world.business.advance(base::days(400));
  const auto scope = identity::CodeScope::portal();
  ASSERT_TRUE(shop.write<void>([&](store::Tx& tx) -> base::Result<void> {
                    KARV_TRY(const auto mail,
                             identity::issue_code(tx, shop.identity_context,
                                                  {scope, identity::WorldForTest::email("a@example.com"), "peer",
                                                   identity::Language::en, ""}));
                    EXPECT_FALSE(mail.has_value());  // nobody's address: kept and counted all the same
                    return {};
                  })
                  .ok());
  shop.world.business.advance(base::days(400));
  EXPECT_TRUE(run("old_codes"));
  shop.world.wall.advance(base::hours(26));
  EXPECT_EQ(count_old([&](store::Tx& tx) {
              return identity::forget_old_codes(tx, shop.identity_context, shop.world.wall.now() - kKeepCodes, 1000);
            }),
            1);
}

class ClosedPage final : public notify::FeedSink {
 public:
  bool push(std::string_view, std::string_view) override { return false; }
};
TEST_F(JobsTest, pages_that_are_gone_are_let_go) {
  EXPECT_TRUE(shop.context.feed.subscribe(identity::CustomerId(), std::make_shared<ClosedPage>()));
  EXPECT_EQ(shop.context.feed.size(), 1U);
  EXPECT_TRUE(run("live_pages"));
  EXPECT_EQ(shop.context.feed.size(), 0U);
}

TEST_F(JobsTest, a_long_tail_is_rolled_up) {
  const auto payable = busy_merchant();
  EXPECT_TRUE(run("ledger_rollup"));
  EXPECT_EQ(paid_to(payable), 650);  // 130 payments of 5
  EXPECT_EQ(tail_of(payable), 0);
  EXPECT_TRUE(ledger::verify(*shop.world.database)->findings.empty());
}

// The first run is so slow that another one takes the job over before it moves anything.
TEST_F(JobsTest, a_roll_up_that_was_taken_over_moves_nothing) {
  const auto payable = busy_merchant();
  auto job = named(tools, "ledger_rollup");
  job.run = [&, rollup = job.run](const scheduler::JobContext& context) -> base::Result<void> {
    shop.world.wall.advance(base::minutes(6));
    EXPECT_TRUE(run({.name = "ledger_rollup", .every = {}, .run = [](const auto&) { return base::Result<void>(); }}));
    return rollup(context);
  };
  EXPECT_FALSE(run(std::move(job)));
  EXPECT_EQ(paid_to(payable), 650);
  EXPECT_EQ(tail_of(payable), 130);
}

}  // namespace
}  // namespace karv::jobs
