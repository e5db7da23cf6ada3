// What a job is: a name, how often it is due, and a function. What jobs there are is written in jobs/.
//
// A job does everything that is due by the business time it is given, and may be run again after a crash or a lost
// lease: it works in small transactions of its own, all of them through context.database(), which lets none of them
// commit once another run has taken the job over. What a job captures holds no other database.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "scheduler/guarded_database.h"
#include "store/database.h"

namespace karv::scheduler {

struct Claim {
  std::string name;
  base::Instant due_at;         // business: when it should have run; missed runs are not made up one by one
  base::Instant business_time;  // business: the time it runs for
  std::int64_t fence = 0;       // grows with every claim
  std::int64_t attempts = 0;    // failures since the last success
};

class JobContext {
 public:
  JobContext(GuardedDatabase& database, Claim claim, const std::atomic<bool>& stopping)
      : database_(database), claim_(std::move(claim)), stopping_(stopping) {}

  // The job's only door to the database. A write fails with `conflict` when another run has taken the job over;
  // otherwise it also extends the lease.
  store::Database& database() const { return database_; }
  const Claim& claim() const { return claim_; }
  base::Instant business_time() const { return claim_.business_time; }
  // True when the process wants to end, or the job is another run's: stop at the next good moment and answer success or
  // an error.
  bool stopping() const { return stopping_.load(std::memory_order_relaxed) || database_.lost(); }

 private:
  GuardedDatabase& database_;
  Claim claim_;
  const std::atomic<bool>& stopping_;
};

struct Job {
  std::string name;      // stable: it is the key of the stored schedule
  base::Duration every;  // business time between runs
  std::function<base::Result<void>(const JobContext&)> run;
  base::Duration lease = base::minutes(5);        // wall: how long a crashed run blocks the next
  base::Duration retry_first = base::seconds(1);  // wall: after a failure, doubled each time
  base::Duration retry_most = base::minutes(10);
};

}  // namespace karv::scheduler
