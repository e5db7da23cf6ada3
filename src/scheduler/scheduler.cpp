#include "scheduler/scheduler.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/log.h"
#include "scheduler/repository.h"

namespace karv::scheduler {
namespace {

using base::Instant;
using base::Lock;
using base::Result;
using repository::Schedule;

// No wait that is stored is longer than `longest`; one that seems to be was written before the clock was set back, and
// would otherwise last until the clock is there again. Twice, because the clocks of two servers differ a little.
// Running early is safe: jobs do what is due, and the fencing number keeps a run whose lease was taken from writing.
bool is_to_come(Instant until, Instant now, base::Duration longest) {
  return until > now && until <= now + longest * 2;
}

bool is_due(const Job& job, const Schedule& schedule, Instant business_now) {
  return !is_to_come(schedule.next_run, business_now, job.every);
}
bool is_leased(const Job& job, const Schedule& schedule, Instant wall_now) {
  return is_to_come(schedule.lease_until, wall_now, job.lease);
}
bool is_to_be_retried_later(const Job& job, const Schedule& schedule, Instant wall_now) {
  return is_to_come(schedule.retry_at, wall_now, job.retry_most);
}

}  // namespace

// Takes the mark away however the run ends.
class Scheduler::Running {
 public:
  Running(Scheduler& scheduler, const std::string& name) : scheduler_(scheduler), name_(name) {}
  ~Running() { scheduler_.unmark_running(name_); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Scheduler& scheduler_;
  const std::string& name_;
};

Instant next_due(Instant due_at, base::Duration every, Instant now) {
  KARV_REQUIRE(every.ms > 0);
  if (now < due_at) return due_at;
  const std::int64_t missed = (now.ms - due_at.ms) / every.ms;
  return due_at + every * (missed + 1);
}

base::Duration retry_delay(const Job& job, std::int64_t failures) {
  base::Duration delay = job.retry_first;
  for (std::int64_t i = 1; i < failures && delay < job.retry_most; ++i) delay = delay * 2;
  return std::min(delay, job.retry_most);
}

Scheduler::Scheduler(store::Database& database, const base::Clock& business, const base::Clock& wall,
                     std::vector<Job> jobs, SchedulerOptions options)
    : database_(database), business_(business), wall_(wall), jobs_(std::move(jobs)), options_(options) {
  std::set<std::string> names;
  for (const auto& job : jobs_) KARV_CHECK(names.insert(job.name).second && job.every.ms > 0);
}

void Scheduler::start() {
  KARV_CHECK(threads_.empty() && !stopping_);
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { loop(); });
}

void Scheduler::stop() {
  stopping_ = true;
  wake();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Scheduler::wake() {
  const Lock lock(mutex_);
  ++wakes_;
  changed_.notify_all();
}

void Scheduler::loop() {
  while (!stopping_) {
    std::uint64_t seen = 0;
    {
      const Lock lock(mutex_);
      seen = wakes_;
    }
    run_some_due();
    const Lock lock(mutex_);
    if (wakes_ == seen && !stopping_) changed_.wait_for(mutex_, std::chrono::milliseconds(options_.poll.ms));
  }
}

Result<void> Scheduler::end_old_leases() {
  return database_.write<void>("end_old_leases", [](store::Tx& tx) -> Result<void> {
    KARV_TRY(const auto all, repository::read_all(tx));
    for (const auto& [name, schedule] : all)
      if (schedule.lease_until.ms > 0) repository::release(tx, name, schedule.fence);
    return {};
  });
}

// Looks at all schedules in one read, and claims only what seems due.
void Scheduler::run_some_due() {
  const auto all = database_.read<std::map<std::string, Schedule>>("scheduler_look", repository::read_all);
  if (!all.ok()) {
    base::log::warn("schedule_not_read", {{"detail", all.error().internal_text()}});
    return;
  }
  for (const auto& job : jobs_) {
    if (stopping_) return;
    const auto found = all->find(job.name);
    const Instant wall_now = wall_.now();
    if (found != all->end() &&
        (!is_due(job, found->second, business_.now()) || is_leased(job, found->second, wall_now) ||
         is_to_be_retried_later(job, found->second, wall_now)))
      continue;
    if (!mark_running(job.name)) continue;
    const Running running(*this, job.name);
    const auto ran = claim_and_run(job, Patience::normal);
    if (!ran.ok()) base::log::warn("job_not_settled", {{"job", job.name}, {"detail", ran.error().internal_text()}});
  }
}

Result<RunReport> Scheduler::run_due_now() {
  RunReport report;
  for (const auto& job : jobs_) {
    wait_and_mark_running(job.name);
    const Running running(*this, job.name);
    auto ran = claim_and_run(job, Patience::none);
    if (!ran.ok()) return std::move(ran).error();
    if (*ran == Ran::well) report.ran.push_back(job.name);
    if (*ran == Ran::failed) report.failed.push_back(job.name);
  }
  return report;
}

bool Scheduler::mark_running(const std::string& name) {
  const Lock lock(mutex_);
  return running_.insert(name).second;
}

void Scheduler::wait_and_mark_running(const std::string& name) {
  const Lock lock(mutex_);
  while (!running_.insert(name).second) changed_.wait(mutex_);
}

void Scheduler::unmark_running(const std::string& name) {
  const Lock lock(mutex_);
  running_.erase(name);
  changed_.notify_all();
}

Result<Scheduler::Ran> Scheduler::claim_and_run(const Job& job, Patience patience) {
  const Instant business_now = business_.now();
  const Instant wall_now = wall_.now();
  KARV_TRY(const auto claim,
           database_.write<std::optional<Claim>>("scheduler_claim", [&](store::Tx& tx) -> Result<std::optional<Claim>> {
             KARV_TRY(const auto stored, repository::read_for_update(tx, job.name));
             if (!stored) repository::insert(tx, job.name, business_now);  // a new job is due at once
             const Schedule schedule =
                 stored.value_or(Schedule{.next_run = business_now, .retry_at = {}, .lease_until = {}});
             const bool too_early = patience == Patience::normal && is_to_be_retried_later(job, schedule, wall_now);
             if (!is_due(job, schedule, business_now) || is_leased(job, schedule, wall_now) || too_early)
               return std::optional<Claim>();
             repository::claim(tx, job.name, schedule.fence, wall_now + job.lease);
             return std::optional(Claim{.name = job.name,
                                        .due_at = std::min(schedule.next_run, business_now),
                                        .business_time = business_now,
                                        .fence = schedule.fence + 1,
                                        .attempts = schedule.attempts});
           }));
  if (!claim) return Ran::not_due;
  GuardedDatabase guarded(database_, wall_, {job.name, claim->fence, job.lease});
  const auto outcome = call(job, JobContext(guarded, *claim, stopping_));
  KARV_TRY_VOID(settle(job, *claim, outcome));
  return outcome.ok() ? Ran::well : Ran::failed;
}

Result<void> Scheduler::call(const Job& job, const JobContext& context) {
  try {
    return job.run(context);
  } catch (const std::exception& e) {
    return base::internal_error(base::ErrorCode::internal, e.what());
  }
}

Result<void> Scheduler::settle(const Job& job, const Claim& claim, const Result<void>& outcome) {
  const std::int64_t failures = claim.attempts + 1;
  if (!outcome.ok())
    base::log::error("job_failed", {{"job", job.name},
                                    {"failures", failures},
                                    {"error", base::row_of(outcome.error().code()).name},
                                    {"detail", outcome.error().internal_text()}});
  return database_.write<void>("scheduler_settle", [&](store::Tx& tx) -> Result<void> {
    if (outcome.ok())
      repository::succeed(tx, job.name, claim.fence, next_due(claim.due_at, job.every, claim.business_time));
    else
      repository::fail(tx, job.name, claim.fence, wall_.now() + retry_delay(job, failures), failures,
                       base::row_of(outcome.error().code()).name);
    return {};
  });
}

}  // namespace karv::scheduler
