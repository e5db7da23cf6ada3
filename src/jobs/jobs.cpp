#include "jobs/jobs.h"

#include "identity/codes.h"
#include "identity/key_renewal.h"
#include "identity/sessions.h"
#include "jobs/retention.h"
#include "jobs/token_refusals.h"
#include "ledger/rollup.h"
#include "orders/authorization_service.h"
#include "orders/idempotency.h"
#include "orders/order_deadlines.h"
#include "orders/payment_service.h"
#include "rails/card_endings.h"
#include "rails/dispatch.h"
#include "risk/token_refusal_repository.h"

namespace karv::jobs {
namespace {

using base::Result;
using scheduler::Job;
using scheduler::JobContext;

constexpr std::int64_t kBatch = 100;
// A crashed server's jobs wait this long for another: each step is short, and each of its writes extends the lease.
constexpr base::Duration kLease = base::minutes(1);

// One batch of a job's work; answers how much it found to do.
using Step = std::function<Result<std::int64_t>(store::Database&)>;

// Repeats a step until it has nothing left to do.
Job drained(std::string name, base::Duration every, Step step) {
  Job job;
  job.name = std::move(name);
  job.every = every;
  job.run = [step = std::move(step)](const JobContext& context) -> Result<void> {
    while (!context.stopping()) {
      KARV_TRY(const std::int64_t done, step(context.database()));
      if (done < kBatch) break;
    }
    return {};
  };
  return job;
}

Result<std::int64_t> deliver_mails(const Tools& tools, store::Database& database) {
  KARV_TRY(auto counts, notify::deliver_due_mails(database, tools.orders.mail, tools.send_mail, kBatch));
  return counts.sent + counts.to_retry + counts.given_up;
}

Result<std::int64_t> ask_for_answers(const Tools& tools, store::Database& database) {
  const auto settled = [&tools](store::Tx& tx, const rails::CardOperation& operation) {
    return take_late_outcome(tx, tools.orders, operation);
  };
  return rails::resolve_intents(database, tools.orders.rails(), tools.vault, settled, kBatch);
}

Job due_installments(const Tools& tools) {
  Job job;
  job.name = "due_installments";
  job.every = base::minutes(1);
  job.run = [&tools](const JobContext& context) -> Result<void> {
    KARV_TRY(const auto paid, charge_due_installments(tools, context));
    static_cast<void>(paid);
    return {};
  };
  return job;
}

Job ledger_rollup() {
  Job job;
  job.name = "ledger_rollup";
  job.every = base::seconds(10);
  job.run = [](const JobContext& context) -> Result<void> {
    const ledger::RollupOptions options{.stopping = [&context] { return context.stopping(); }};
    KARV_TRY(const auto moved, ledger::roll_up_long_tails(context.database(), options));
    static_cast<void>(moved);
    return {};
  };
  return job;
}

Job subject_keys(const Tools& tools) {
  Job job;
  job.name = "subject_keys";
  job.every = base::minutes(10);
  job.run = [&tools](const JobContext& context) -> Result<void> {
    KARV_TRY(const auto renewed, identity::renew_subject_keys(context.database(), tools.orders.sealer.vault(),
                                                              [&context] { return context.stopping(); }));
    static_cast<void>(renewed);
    return {};
  };
  return job;
}

// The order counts: see the README.
std::vector<Job> purchase_jobs(const Tools& tools) {
  const rails::Act undo = [&tools](store::Tx& tx, const rails::CardOperation& refused) {
    return orders::undo_refused_advice(tx, tools.orders, refused);
  };
  std::vector<Job> jobs;
  jobs.push_back(drained("card_answers", base::seconds(5),
                         [&tools](store::Database& database) { return ask_for_answers(tools, database); }));
  jobs.push_back(drained("pending_orders", base::seconds(10), [&tools](store::Database& database) {
    return orders::decide_pending_orders(database, tools.orders, kBatch);
  }));
  jobs.push_back(drained("expired_tokens", base::minutes(1), [&tools](store::Database& database) {
    return orders::expire_authorizations(database, tools.orders, kBatch);
  }));
  jobs.push_back(drained("expired_orders", base::minutes(1), [&tools](store::Database& database) {
    return orders::expire_orders(database, tools.orders, kBatch);
  }));
  jobs.push_back(due_installments(tools));
  jobs.push_back(drained("card_advices", base::seconds(1), [&tools, undo](store::Database& database) {
    return rails::dispatch_advices(database, tools.orders.rails(), tools.vault, undo, kBatch);
  }));
  jobs.push_back(drained("card_confirmations", base::seconds(5), [&tools, undo](store::Database& database) {
    return rails::follow_advices(database, tools.orders.rails(), tools.vault, undo, kBatch);
  }));
  jobs.push_back(drained("mails", base::seconds(1),
                         [&tools](store::Database& database) { return deliver_mails(tools, database); }));
  return jobs;
}

// What the customer removed, and what tokens were presented for that they are not for.
std::vector<Job> token_jobs(const Tools& tools) {
  std::vector<Job> jobs;
  jobs.push_back(drained("card_endings", base::seconds(5), [&tools](store::Database& database) {
    return rails::deliver_endings(database, tools.orders.rails(), tools.vault, kBatch);
  }));
  Job refusals;
  refusals.name = "token_refusals";
  refusals.every = base::seconds(10);
  refusals.run = [&tools](const JobContext& context) { return take_token_refusals(tools, context); };
  jobs.push_back(std::move(refusals));
  Job sweep;
  sweep.name = "ended_cards";
  sweep.every = base::hours(1);
  sweep.run = [&tools](const JobContext& context) -> Result<void> {
    while (!context.stopping()) {
      KARV_TRY(const auto removed, rails::sweep_ended_cards(tools.orders.rails(), tools.vault));
      if (removed == 0) break;
    }
    return {};
  };
  jobs.push_back(std::move(sweep));
  return jobs;
}

// Deletes what is older than its retention period, by an index over the time and a batch at a time.
Job retention(const Tools& tools, std::string name, base::Duration keep,
              std::function<Result<std::int64_t>(store::Tx&, base::Instant)> forget) {
  const std::string use_case = "forget_" + name;
  return drained(std::move(name), base::hours(1),
                 [&tools, use_case, keep, forget = std::move(forget)](store::Database& database) {
                   const base::Instant before = tools.orders.wall.now() - keep;
                   return database.write<std::int64_t>(use_case, [&](store::Tx& tx) { return forget(tx, before); });
                 });
}

std::vector<Job> retention_jobs(const Tools& tools) {
  std::vector<Job> jobs;
  jobs.push_back(retention(tools, "old_replies", kKeepReplies, [&tools](store::Tx& tx, base::Instant before) {
    return orders::forget_old_replies(tx, tools.orders, before, kBatch);
  }));
  jobs.push_back(retention(tools, "old_codes", kKeepCodes, [&tools](store::Tx& tx, base::Instant before) {
    return identity::forget_old_codes(tx, tools.orders.identity, before, kBatch);
  }));
  jobs.push_back(retention(tools, "old_sessions", kKeepSessions, [&tools](store::Tx& tx, base::Instant before) {
    return identity::forget_old_sessions(tx, tools.orders.identity, before, kBatch);
  }));
  jobs.push_back(retention(tools, "old_refusals", kKeepTokenRefusals, [](store::Tx& tx, base::Instant before) {
    return risk::forget_token_refusals(tx, before, kBatch);
  }));
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
  std::vector<Job> jobs = purchase_jobs(tools);
  for (auto& job : token_jobs(tools)) jobs.push_back(std::move(job));
  jobs.push_back(ledger_rollup());
  jobs.push_back(subject_keys(tools));
  for (auto& job : retention_jobs(tools)) jobs.push_back(std::move(job));
  Job sweep;
  sweep.name = "live_pages";
  sweep.every = base::seconds(30);
  sweep.run = [&tools](const JobContext&) -> Result<void> {
    tools.orders.feed.sweep();
    return {};
  };
  jobs.push_back(std::move(sweep));
  for (auto& job : jobs) job.lease = kLease;
  return jobs;
}

}  // namespace karv::jobs
