#include "scheduler/guarded_database.h"

#include "base/log.h"
#include "scheduler/repository.h"

namespace karv::scheduler {

using base::Result;

void GuardedDatabase::add_commit_check(store::CommitCheck check) { inner_.add_commit_check(std::move(check)); }

Result<void> GuardedDatabase::run_write(std::string_view use_case,
                                        const std::function<Result<void>(store::Tx&)>& work) {
  if (lost()) return taken_over();
  auto written = inner_.write<void>(use_case, [&](store::Tx& tx) -> Result<void> {
    repository::extend(tx, lease_.job, lease_.fence, wall_.now() + lease_.length);
    return work(tx);
  });
  // The work has conflicts of its own, which are no reason to stop.
  if (written.ok() || written.error().code() != base::ErrorCode::conflict || is_ours()) return written;
  lost_ = true;
  base::log::warn("job_lease_lost", {{"job", lease_.job}, {"use_case", use_case}});
  return taken_over();
}

Result<void> GuardedDatabase::run_read(std::string_view use_case,
                                       const std::function<Result<void>(store::ReadTx&)>& work) {
  return inner_.read<void>(use_case, [&](store::ReadTx& tx) { return work(tx); });
}

base::Error GuardedDatabase::taken_over() const {
  return base::internal_error(base::ErrorCode::conflict, "another run has taken over the job " + lease_.job);
}

// Not knowing counts as ours: the next write asks again.
bool GuardedDatabase::is_ours() {
  const auto ours = inner_.read<bool>(
      "lease_look", [&](store::ReadTx& tx) { return repository::holds(tx, lease_.job, lease_.fence); });
  return !ours.ok() || *ours;
}

}  // namespace karv::scheduler
