// The writer: many requests' transactions, one fsync, nobody answered before it.
//
// A worker waits for its turn, runs its work while holding the only write connection, and joins the open batch. When
// nobody else waits for a turn, or the batch is full, that same worker commits the batch; otherwise it hands its turn
// on and waits for the outcome. So light load commits at once, heavy load makes large batches by itself, and there is
// no timer. Turns are given in order of arrival.
//
// When the transaction is lost (disk full, I/O error), nobody of the batch is answered from it.
#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/transaction.h"

namespace karv::store::sqlite {

class GroupCommit {
 public:
  GroupCommit(const SqliteOptions& options, std::unique_ptr<Connection> connection)
      : options_(options), connection_(std::move(connection)) {}

  void add_commit_check(CommitCheck check) { checks_.push_back(std::move(check)); }
  Result<void> run(std::string_view use_case, const std::function<Result<void>(Tx&)>& work);

  StorageState state() const { return state_.load(std::memory_order_relaxed); }
  // From now on every write is refused. Of all states this one is not left.
  void refuse_writes(const std::string& why);

 private:
  // Everybody who shares one COMMIT. `done` and `lost` belong to mutex_; the rest to whoever has the turn.
  struct Batch {
    base::Condition finished;
    bool done = false;
    std::optional<base::Error> lost;  // why nobody of this batch may be answered with success
    std::int64_t members = 0;
    bool wrote = false;
    std::vector<std::function<void()>> actions;  // in commit order
  };
  struct Outcome {
    std::optional<base::Error> error;
    std::exception_ptr thrown;
    int round_trips = 0;
  };
  struct Waiter {
    base::Condition turn;
    bool granted = false;
  };

  void take_turn() KARV_EXCLUDES(mutex_);
  void pass_turn() KARV_REQUIRES(mutex_);

  // With the turn:
  Result<std::shared_ptr<Batch>> join_batch();
  Outcome run_member(Batch& batch, const std::function<Result<void>(Tx&)>& work);
  void keep_or_undo(Batch& batch, SqliteTx& tx, Outcome& outcome);
  void commit(Batch& batch) KARV_EXCLUDES(mutex_);
  base::Error explain_failed_commit(base::Error why);
  void close(Batch& batch, std::optional<base::Error> lost) KARV_EXCLUDES(mutex_);
  void checkpoint();
  Result<void> reopen();
  Result<void> seal();

  // Says so once when the state changes.
  void change_state(StorageState to, std::string_view detail);

  // Hands the turn on or commits, then waits for the batch.
  void settle(Batch& batch) KARV_EXCLUDES(mutex_);

  const SqliteOptions& options_;
  std::vector<CommitCheck> checks_;
  std::atomic<StorageState> state_{StorageState::writable};

  // These belong to whoever has the turn.
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<Batch> batch_;  // the open one
  bool needs_reopen_ = false;     // after an error that makes the connection doubtful
  bool needs_seal_ = false;       // a failed commit may have left a readable end in the log
  int last_checkpoint_frames_ = 0;

  base::Mutex mutex_;
  bool busy_ KARV_GUARDED_BY(mutex_) = false;
  std::deque<Waiter*> waiting_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::store::sqlite
