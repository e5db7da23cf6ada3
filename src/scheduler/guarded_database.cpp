#include "scheduler/guarded_database.h"

#include "base/log.h"
#include "scheduler/repository.h"
#include "store/in_transaction.h"

namespace karv::scheduler {

using base::ErrorCode;
using base::Result;

namespace {

// What comes with the commit: a row that was not as expected, a value that the table refuses. Not the storage's
// trouble.
bool is_about_one(const Result<void>& committed) {
  if (committed.ok()) return false;
  const auto code = committed.error().code();
  return code != ErrorCode::unknown_outcome && code != ErrorCode::unavailable && code != ErrorCode::storage_full;
}

}  // namespace

void GuardedDatabase::add_commit_check(store::CommitCheck check) { inner_.add_commit_check(std::move(check)); }

Result<void> GuardedDatabase::run_write(std::string_view use_case,
                                        const std::function<Result<void>(store::Tx&)>& work) {
  const store::InTransaction here(this);
  Waiting mine{.use_case = use_case, .work = work};
  Group group;
  {
    const base::Lock lock(mutex_);
    queue_.push_back(&mine);
    while (writing_ && !mine.is_done()) written_.wait(mutex_);
    if (!mine.is_done()) {
      writing_ = true;
      group.swap(queue_);
    }
  }
  if (!group.empty()) {
    write_group(group);
    const base::Lock lock(mutex_);
    writing_ = false;
    written_.notify_all();
  }
  if (mine.thrown) std::rethrow_exception(mine.thrown);
  return *std::move(mine.outcome);
}

void GuardedDatabase::write_group(const Group& group) {
  bool work_failed = false;
  std::optional<Result<void>> outcome;
  std::exception_ptr thrown;
  try {
    outcome = write_together(group, work_failed);
  } catch (...) {
    thrown = std::current_exception();
  }
  // Nothing of it was kept, and one of them is why: which one is found out one by one. A commit whose answer was lost
  // must not be run again.
  const bool one_is_why = work_failed || (outcome && is_about_one(*outcome));
  if (one_is_why && group.size() > 1 && !lost()) {
    for (auto* one : group) write_group({one});
    return;
  }
  const base::Lock lock(mutex_);
  for (auto* one : group) {
    one->outcome = outcome;
    one->thrown = thrown;
  }
}

Result<void> GuardedDatabase::write_together(const Group& group, bool& work_failed) {
  if (lost()) return taken_over();
  const std::string_view use_case = group.front()->use_case;
  auto written = inner_.write<void>(use_case, [&](store::Tx& tx) -> Result<void> {
    repository::extend(tx, lease_.job, lease_.fence, wall_.now() + lease_.length);
    const store::InTransaction here(this);
    for (const auto* one : group) {
      work_failed = true;  // should it throw
      KARV_TRY_VOID(one->work(tx));
      work_failed = false;
    }
    return {};
  });
  // The work has conflicts of its own, which are no reason to stop.
  if (written.ok() || written.error().code() != ErrorCode::conflict || is_ours()) return written;
  lost_ = true;
  base::log::warn("job_lease_lost", {{"job", lease_.job}, {"use_case", use_case}});
  return taken_over();
}

Result<void> GuardedDatabase::run_read(std::string_view use_case,
                                       const std::function<Result<void>(store::ReadTx&)>& work) {
  const store::InTransaction here(this);
  return inner_.read<void>(use_case, [&](store::ReadTx& tx) { return work(tx); });
}

base::Error GuardedDatabase::taken_over() const {
  return base::internal_error(ErrorCode::conflict, "another run has taken over the job " + lease_.job);
}

// Not knowing counts as ours: the next write asks again.
bool GuardedDatabase::is_ours() {
  const auto ours = inner_.read<bool>(
      "lease_look", [&](store::ReadTx& tx) { return repository::holds(tx, lease_.job, lease_.fence); });
  return !ours.ok() || *ours;
}

}  // namespace karv::scheduler
