// The database as a running job sees it, and the only one it is given: every write transaction first shows the job's
// fencing number and extends its lease, so that a run which was taken over can commit nothing next to its successor.
//
// Not for requests: they have no lease. Made by the scheduler for each run (scheduler/job.h).
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "store/database.h"

namespace karv::scheduler {

struct Lease {
  std::string job;
  std::int64_t fence = 0;
  base::Duration length;  // wall: how far each write moves its end
};

class GuardedDatabase final : public store::Database {
 public:
  GuardedDatabase(store::Database& inner, const base::Clock& wall, Lease lease)
      : inner_(inner), wall_(wall), lease_(std::move(lease)) {}

  // True once a write was refused because another run has the job: nothing this one does can be kept any more.
  bool lost() const { return lost_.load(std::memory_order_relaxed); }
  void add_commit_check(store::CommitCheck check) override;
  store::StorageState state() const override { return inner_.state(); }

 protected:
  // Errors: also conflict, when the job was taken over; from then on without asking the database.
  base::Result<void> run_write(std::string_view use_case,
                               const std::function<base::Result<void>(store::Tx&)>& work) override;
  base::Result<void> run_read(std::string_view use_case,
                              const std::function<base::Result<void>(store::ReadTx&)>& work) override;

 private:
  // A work that waits for a transaction, or is in one.
  struct Waiting {
    std::string_view use_case;
    const std::function<base::Result<void>(store::Tx&)>& work;
    std::optional<base::Result<void>> outcome = {};
    std::exception_ptr thrown = {};  // by the work
    bool is_done() const { return outcome.has_value() || thrown != nullptr; }
  };
  using Group = std::vector<Waiting*>;

  // Gives each its outcome.
  void write_group(const Group& group) KARV_EXCLUDES(mutex_);
  base::Result<void> write_together(const Group& group, bool& work_failed);
  base::Error taken_over() const;
  bool is_ours();

  store::Database& inner_;
  const base::Clock& wall_;
  const Lease lease_;
  std::atomic<bool> lost_{false};
  base::Mutex mutex_;
  base::Condition written_;
  Group queue_ KARV_GUARDED_BY(mutex_);
  bool writing_ KARV_GUARDED_BY(mutex_) = false;
};

}  // namespace karv::scheduler
