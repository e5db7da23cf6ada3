// Charging what is due reaches every row by primary key once it knows which installment: asked of the engine, for every
// statement of a charge. The purchase before it: src/api/payment_path_test.cpp.
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "jobs/jobs.h"
#include "orders/world_for_test.h"
#include "rails/fake_vault_for_test.h"
#include "scheduler/scheduler.h"
#include "store/plans_for_test.h"

namespace karv::jobs {
namespace {

// Indexes that are not unique, and why a charge may go by them.
const std::map<std::string, std::string> kAllowed{
    {"installments_by_step", "the job's own question: which installments are due"},
    {"installments_by_agreement", "an agreement's installments, at most as many as its plan has parts and captures"},
    {"installment_payments_by_agreement", "what was paid to them"},
    {"card_operations_of_purchase", "a purchase's holds, completions and refunds"},
    {"card_endings_due", "cards that were removed and of which the vault was not told yet"},
    {"card_endings_of_customer", "the same of one customer"},
};
// Tables that are read whole, and why they may be.
constexpr std::string_view kReadWhole = "scheduler_jobs";  // a dozen rows, one for each job

class ChargePathTest : public testing::Test {
 protected:
  std::int64_t charge_due() {
    std::int64_t paid = 0;
    scheduler::Job job{.name = "due_installments",
                       .every = base::milliseconds(1),
                       .run = [&](const scheduler::JobContext& context) -> base::Result<void> {
                         KARV_TRY(paid, charge_due_installments(tools, context));
                         return {};
                       }};
    shop.world.business.advance(job.every);
    scheduler::Scheduler scheduler(shop.world.sealed, shop.world.business, shop.world.wall, {std::move(job)});
    EXPECT_TRUE(scheduler.run_due_now().ok());
    return paid;
  }

  orders::WorldForTest shop{{scheduler::migrations()}};
  rails::FakeVaultForTest vault;
  Tools tools{shop.context, {vault.ask()}, [](const notify::OutgoingMail&) { return base::Result<void>(); }};
};

TEST_F(ChargePathTest, a_charge_reaches_every_row_by_a_unique_key_or_by_an_index_that_has_a_reason) {
  const auto order = shop.buy(credit::Plan::pay_in_3, 9'000);
  ASSERT_TRUE(shop.capture(order, 9'000).ok());
  EXPECT_EQ(charge_due(), 0);
  shop.world.advance(base::days(31));
  store::StatementLog log;
  shop.world.database.watch(log.watcher());
  EXPECT_EQ(charge_due(), 1);
  shop.world.database.watch({});
  EXPECT_GT(log.texts().size(), 10U);
  for (const auto& step : store::steps_of(shop.world.database, log)) {
    EXPECT_TRUE(!step.scans || step.words.find(kReadWhole) != std::string::npos)
        << step.words << "\n  " << step.statement;
    EXPECT_TRUE(step.index.empty() || kAllowed.contains(step.index)) << step.words << "\n  " << step.statement;
  }
}

}  // namespace
}  // namespace karv::jobs
