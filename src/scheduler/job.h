// What a job is: a name, how often it is due, and a function. What jobs there are is written in jobs/.
//
// A job does everything that is due by the business time it is given, and may be run again after a crash or a lost
// lease: it works in small transactions of its own, each of which begins with context.guard(tx).
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
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
  JobContext(Claim claim, base::Duration lease, const base::Clock& wall, const std::atomic<bool>& stopping)
      : claim_(std::move(claim)), lease_(lease), wall_(wall), stopping_(stopping) {}

  const Claim& claim() const { return claim_; }
  base::Instant business_time() const { return claim_.business_time; }
  // True when the process wants to end: stop at the next good moment and answer success or an error.
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  // Makes the transaction fail with `conflict` when another process has taken the job over; extends the lease.
  void guard(store::Tx& tx) const;

 private:
  Claim claim_;
  base::Duration lease_;
  const base::Clock& wall_;
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
