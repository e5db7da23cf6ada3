// The writer: many requests' transactions, one fsync, nobody answered before it.
//
// Whoever finds the write connection free leads: it runs its own work, then the works of everybody who has come since,
// in order of arrival, each on its own and undone without the others; when nobody waits any more, or the batch is full,
// it commits once, hands the lead to the first who came too late, and wakes the others with their outcomes. So a
// request sleeps and is woken once, light load commits at once, heavy load makes large batches by itself, and there is
// no timer.
//
// A work may therefore run on another request's thread. It gets there and back with the mutexes' ordering; only what is
// bound to a thread (a thread_local, a lock its own thread holds) must not be used inside a work.
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
  using Work = std::function<Result<void>(Tx&)>;
  struct Outcome {
    std::optional<base::Error> error;
    std::exception_ptr thrown;
    int round_trips = 0;
    std::int64_t members = 0;  // of its batch; 0 when that was lost
  };
  // Where a thread waits for its outcome. One for each thread, shared with who wakes it: the wake-up comes after the
  // mutex is free (a thread that is woken to a mutex that is held goes to sleep again), when the thread may be gone.
  class Sleeper {
   public:
    enum class Woken : std::uint8_t { waiting, leads, done };
    static std::shared_ptr<Sleeper> of_this_thread();
    void wake(Woken why) KARV_EXCLUDES(mutex_);
    Woken wait() KARV_EXCLUDES(mutex_);

   private:
    base::Mutex mutex_;  // its own, so that those who are woken together do not queue up again for one
    base::Condition changed_;
    Woken woken_ KARV_GUARDED_BY(mutex_) = Woken::waiting;
  };
  // One write, on the stack of the thread that wants it; that thread waits while another has it.
  struct Member {
    explicit Member(const Work& wanted) : work(wanted) {}
    const Work& work;
    Outcome outcome;  // of whoever runs the work; of its owner when it is woken
    std::shared_ptr<Sleeper> sleeper = Sleeper::of_this_thread();
  };
  // Everybody who shares one COMMIT.
  struct Batch {
    std::vector<Member*> members;     // in commit order, the leader first
    std::optional<base::Error> lost;  // why nobody of this batch may be answered with success
    bool wrote = false;
    std::vector<std::function<void()>> actions;  // in commit order
  };

  // True when the caller leads now; otherwise it came behind somebody who does.
  bool lead_or_queue(Member& me) KARV_EXCLUDES(mutex_);
  Member* next_member() KARV_EXCLUDES(mutex_);

  static void wake_done(Member& member);

  // With the lead:
  void lead(Member& leader) KARV_EXCLUDES(mutex_);
  void hand_on() KARV_EXCLUDES(mutex_);
  Result<void> begin();
  void run_member(Batch& batch, Member& member);
  void keep_or_undo(Batch& batch, SqliteTx& tx, Outcome& outcome);
  void commit(Batch& batch);
  base::Error explain_failed_commit(base::Error why);
  void lose(Batch& batch, base::Error why);
  bool checkpoint_is_due();
  void checkpoint();
  Result<void> reopen();
  Result<void> seal();

  // Says so once when the state changes.
  void change_state(StorageState to, std::string_view detail);

  const SqliteOptions& options_;
  std::vector<CommitCheck> checks_;
  std::atomic<StorageState> state_{StorageState::writable};

  // These belong to whoever leads.
  std::unique_ptr<Connection> connection_;
  bool needs_reopen_ = false;  // after an error that makes the connection doubtful
  bool needs_seal_ = false;    // a failed commit may have left a readable end in the log
  int last_checkpoint_frames_ = 0;

  base::Mutex mutex_;
  bool led_ KARV_GUARDED_BY(mutex_) = false;
  std::deque<Member*> waiting_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::store::sqlite
