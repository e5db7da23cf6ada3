#include "jobs/jobs.h"

#include "identity/codes.h"
#include "ledger/rollup.h"
#include "orders/authorization_service.h"
#include "orders/idempotency.h"
#include "orders/order_deadlines.h"
#include "orders/payment_service.h"
#include "rails/dispatch.h"

namespace karv::jobs {
namespace {

using base::Result;
using scheduler::Job;
using scheduler::JobContext;

constexpr std::int64_t kBatch = 100;

// Repeats a step until it has nothing left to do.
// A crashed server's jobs wait this long for another: each step is short, and what it works on has a claim of its own.
constexpr base::Duration kLease = base::minutes(1);

template <class Step>
Result<void> drain(const JobContext& context, Step step) {
  for (;;) {
    if (context.stopping()) return {};
    KARV_TRY(const std::int64_t done, step());
    if (done < kBatch) return {};
  }
}

Job drained(std::string name, base::Duration every, std::function<Result<std::int64_t>()> step) {
  Job job;
  job.name = std::move(name);
  job.every = every;
  job.lease = kLease;
  job.run = [step = std::move(step)](const JobContext& context) { return drain(context, step); };
  return job;
}

Result<std::int64_t> deliver_mails(const Tools& tools) {
  KARV_TRY(auto counts, notify::deliver_due_mails(tools.database, tools.orders.mail, tools.send_mail, kBatch));
  return counts.sent + counts.to_retry + counts.given_up;
}

Result<std::int64_t> forget_codes(const Tools& tools) {
  return tools.database.write<std::int64_t>(
      "old_codes", [&](store::Tx& tx) { return identity::forget_old_codes(tx, tools.orders.identity, kBatch); });
}

Job ledger_rollup(const Tools& tools) {
  Job job;
  job.name = "ledger_rollup";
  job.every = base::seconds(10);
  job.run = [&tools](const JobContext& context) -> Result<void> {
    const ledger::RollupOptions options{.stopping = [&context] { return context.stopping(); },
                                        .guard = [&context](store::Tx& tx) { context.guard(tx); }};
    KARV_TRY(const auto moved, ledger::roll_up_long_tails(tools.database, options));
    static_cast<void>(moved);
    return {};
  };
  return job;
}

std::vector<Job> order_jobs(const Tools& tools) {
  std::vector<Job> jobs;
  jobs.push_back(drained("pending_orders", base::seconds(10),
                         [&tools] { return orders::decide_pending_orders(tools.database, tools.orders, kBatch); }));
  jobs.push_back(drained("expired_tokens", base::minutes(1),
                         [&tools] { return orders::expire_authorizations(tools.database, tools.orders, kBatch); }));
  jobs.push_back(drained("expired_orders", base::minutes(1),
                         [&tools] { return orders::expire_orders(tools.database, tools.orders, kBatch); }));
  return jobs;
}

}  // namespace

Result<void> take_late_outcome(store::Tx& tx, const orders::Context& context, const rails::CardOperation& settled) {
  if (orders::pays_installment(settled)) {
    KARV_TRY(auto installment, orders::finish_installment_payment(tx, context, settled));
    static_cast<void>(installment);
    return {};
  }
  if (settled.kind != rails::OperationKind::hold) return {};  // advices are never intended: they are queued
  KARV_TRY(auto authorization, orders::finish_authorization(tx, context, settled));
  // Nobody waits for it any more: the shopper was told that it did not work. What was held is given free.
  if (authorization.state == orders::AuthorizationState::approved)
    return orders::withdraw_authorization(tx, context, std::move(authorization));
  return {};
}

std::vector<Job> all_jobs(const Tools& tools) {
  std::vector<Job> jobs;
  jobs.push_back(drained("card_answers", base::seconds(5), [&tools] {
    return rails::resolve_intents(
        tools.database, tools.orders.rails(), tools.vault,
        [&tools](store::Tx& tx, const rails::CardOperation& settled) {
          return take_late_outcome(tx, tools.orders, settled);
        },
        kBatch);
  }));
  for (auto& job : order_jobs(tools)) jobs.push_back(std::move(job));
  Job due;
  due.name = "due_installments";
  due.every = base::minutes(1);
  due.lease = kLease;
  due.run = [&tools](const JobContext& context) -> Result<void> {
    KARV_TRY(const auto paid, charge_due_installments(tools, [&context] { return context.stopping(); }));
    static_cast<void>(paid);
    return {};
  };
  jobs.push_back(std::move(due));
  const rails::Act undo = [&tools](store::Tx& tx, const rails::CardOperation& refused) {
    return orders::undo_refused_advice(tx, tools.orders, refused);
  };
  jobs.push_back(drained("card_advices", base::seconds(1), [&tools, undo] {
    return rails::dispatch_advices(tools.database, tools.orders.rails(), tools.vault, undo, kBatch);
  }));
  jobs.push_back(drained("card_confirmations", base::seconds(5), [&tools, undo] {
    return rails::follow_advices(tools.database, tools.orders.rails(), tools.vault, undo, kBatch);
  }));
  jobs.push_back(drained("mails", base::seconds(1), [&tools] { return deliver_mails(tools); }));
  jobs.push_back(ledger_rollup(tools));
  jobs.push_back(drained("old_replies", base::hours(1),
                         [&tools] { return orders::forget_old_replies(tools.database, tools.orders, kBatch); }));
  jobs.push_back(drained("old_codes", base::hours(1), [&tools] { return forget_codes(tools); }));
  return jobs;
}

}  // namespace karv::jobs
