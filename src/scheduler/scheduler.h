// Runs the jobs when they are due: a few threads, one run of a job at a time over all processes that share the
// database.
//
// Due times are business time, so that moving the sandbox clock makes jobs due; leases and retries are wall time. A job
// is claimed in the database with a lease and a fencing number. A job that fails is logged and tried again, later each
// time. Threads block on: the database, and whatever a job blocks on.
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "scheduler/job.h"
#include "store/database.h"

namespace karv::scheduler {

struct SchedulerOptions {
  int threads = 2;
  base::Duration poll = base::milliseconds(250);  // wall
};

struct RunReport {
  std::vector<std::string> ran;
  std::vector<std::string> failed;
};

class Scheduler {
 public:
  // Pre: the names differ.
  Scheduler(store::Database& database, const base::Clock& business, const base::Clock& wall, std::vector<Job> jobs,
            SchedulerOptions options = {});
  ~Scheduler() { stop(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Ends the leases that a process which is no more held: its jobs need not wait until they are over.
  // Pre: no other server uses the database (the embedded engine's lock says so), and start() was not called yet.
  base::Result<void> end_old_leases();
  void start();
  // Lets running jobs come to their end, then ends the threads. Idempotent; start() may not follow.
  void stop() KARV_EXCLUDES(mutex_);
  // Looks at once instead of at the next poll.
  void wake() KARV_EXCLUDES(mutex_);

  // Runs, on the caller's thread and in the order given, every job that is due now, also those that wait to be tried
  // again; waits for runs that are under way. For the sandbox clock, tools and tests.
  // Errors: of reading the schedule. A failing job is in the report.
  base::Result<RunReport> run_due_now() KARV_EXCLUDES(mutex_);

 private:
  enum class Patience : std::uint8_t { normal, none };  // none: does not wait for a retry time
  class Running;
  enum class Ran : std::uint8_t { not_due, well, failed };

  void loop() KARV_EXCLUDES(mutex_);
  void run_some_due() KARV_EXCLUDES(mutex_);
  bool mark_running(const std::string& name) KARV_EXCLUDES(mutex_);
  void wait_and_mark_running(const std::string& name) KARV_EXCLUDES(mutex_);
  void unmark_running(const std::string& name) KARV_EXCLUDES(mutex_);
  base::Result<Ran> claim_and_run(const Job& job, Patience patience);
  base::Result<void> call(const Job& job, const JobContext& context);
  base::Result<void> settle(const Job& job, const Claim& claim, const base::Result<void>& outcome);

  store::Database& database_;
  const base::Clock& business_;
  const base::Clock& wall_;
  const std::vector<Job> jobs_;
  const SchedulerOptions options_;

  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  base::Mutex mutex_;
  base::Condition changed_;
  std::set<std::string> running_ KARV_GUARDED_BY(mutex_);  // in this process
  std::uint64_t wakes_ KARV_GUARDED_BY(mutex_) = 0;
};

// When a job that was due at `due_at` is due again, after a run at `now`: in step with its rhythm, and later than now.
base::Instant next_due(base::Instant due_at, base::Duration every, base::Instant now);
// How long to wait after the nth failure in a row (n >= 1).
base::Duration retry_delay(const Job& job, std::int64_t failures);

std::span<const store::Migration> migrations();

}  // namespace karv::scheduler
