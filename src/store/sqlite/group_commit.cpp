#include "store/sqlite/group_commit.h"

#include <utility>

#include "base/log.h"

namespace karv::store::sqlite {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Lock;

constexpr Sql kBegin = "begin immediate";
constexpr Sql kCommit = "commit";
constexpr Sql kRollback = "rollback";
constexpr int kOverdueFactor = 8;  // a log this many times its limit waits for readers to let it start over

bool is_about_storage(const base::Error& error) {
  return error.code() == ErrorCode::storage_full || error.code() == ErrorCode::unavailable;
}

StorageState state_after(const base::Error& lost) {
  return lost.code() == ErrorCode::storage_full ? StorageState::full : StorageState::failing;
}

std::string_view word(StorageState state) {
  switch (state) {
    case StorageState::writable:
      return "writable";
    case StorageState::full:
      return "full";
    case StorageState::failing:
      return "failing";
    case StorageState::damaged:
      return "damaged";
  }
  return "failing";
}

std::string_view what_to_do(StorageState state) {
  switch (state) {
    case StorageState::writable:
      return "nothing";
    case StorageState::full:
      return "free space on the database's disk; writes are refused, reads go on, no restart is needed";
    case StorageState::failing:
      return "look at the disk and its log; writes are tried again by themselves";
    case StorageState::damaged:
      return "stop, run `karv store check --config FILE`, restore the last good backup; writes are refused";
  }
  return "";
}

void run_actions(std::vector<std::function<void()>>& actions) {
  for (const auto& action : actions) {
    try {
      action();
    } catch (const std::exception& e) {
      base::log::error("after_commit_failed", {{"what", e.what()}});
    }
  }
  actions.clear();
}

}  // namespace

std::shared_ptr<GroupCommit::Sleeper> GroupCommit::Sleeper::of_this_thread() {
  static thread_local const auto own = std::make_shared<Sleeper>();
  return own;
}

void GroupCommit::Sleeper::wake(Woken why) {
  {
    const Lock lock(mutex_);
    woken_ = why;
  }
  changed_.notify_one();
}

GroupCommit::Sleeper::Woken GroupCommit::Sleeper::wait() {
  const Lock lock(mutex_);
  while (woken_ == Woken::waiting) changed_.wait(mutex_);
  return std::exchange(woken_, Woken::waiting);
}

Result<void> GroupCommit::run(std::string_view use_case, const Work& work) {
  if (state() == StorageState::damaged)
    return internal_error(ErrorCode::unavailable, "nothing is written to a damaged database");
  Member me(work);
  if (lead_or_queue(me) || me.sleeper->wait() == Sleeper::Woken::leads) lead(me);
  Outcome& outcome = me.outcome;
  if (options_.on_write)
    options_.on_write({.use_case = use_case,
                       .round_trips = outcome.round_trips,
                       .members = outcome.members,
                       .committed = !outcome.error && !outcome.thrown});
  if (outcome.thrown) std::rethrow_exception(outcome.thrown);
  if (outcome.error) return *std::move(outcome.error);
  return {};
}

// The member is its owner's again, and may be gone, before the call returns.
void GroupCommit::wake_done(Member& member) {
  const auto sleeper = member.sleeper;
  sleeper->wake(Sleeper::Woken::done);
}

bool GroupCommit::lead_or_queue(Member& me) {
  const Lock lock(mutex_);
  if (!led_) return led_ = true;
  waiting_.push_back(&me);
  return false;
}

GroupCommit::Member* GroupCommit::next_member() {
  const Lock lock(mutex_);
  if (waiting_.empty()) return nullptr;
  Member* next = waiting_.front();
  waiting_.pop_front();
  return next;
}

void GroupCommit::hand_on() {
  std::shared_ptr<Sleeper> next;
  {
    const Lock lock(mutex_);
    led_ = !waiting_.empty();
    if (!led_) return;
    next = waiting_.front()->sleeper;
    waiting_.pop_front();
  }
  next->wake(Sleeper::Woken::leads);
}

void GroupCommit::lead(Member& leader) {
  if (auto begun = begin(); !begun.ok()) {
    if (is_about_storage(begun.error())) change_state(state_after(begun.error()), begun.error().internal_text());
    leader.outcome.error = std::move(begun).error();
    return hand_on();
  }
  Batch batch;
  for (Member* member = &leader; member != nullptr;) {
    batch.members.push_back(member);
    run_member(batch, *member);
    const bool full = static_cast<std::int64_t>(batch.members.size()) >= options_.max_batch;
    member = batch.lost || full ? nullptr : next_member();
  }
  if (!batch.lost) commit(batch);
  for (Member* member : batch.members) {
    if (batch.lost && !member->outcome.thrown) member->outcome.error = batch.lost;
    member->outcome.members = batch.lost ? 0 : static_cast<std::int64_t>(batch.members.size());
  }
  // The next batch begins before the others are woken, unless there is something to do between the two.
  const bool pause = !batch.lost && checkpoint_is_due();
  if (!pause) hand_on();
  for (Member* member : batch.members)
    if (member != &leader) wake_done(*member);
  if (!pause) return;
  checkpoint();
  hand_on();
}

Result<void> GroupCommit::begin() {
  if (needs_reopen_) KARV_TRY_VOID(reopen());
  if (needs_seal_) KARV_TRY_VOID(seal());
  auto begun = connection_->control(kBegin);
  if (!begun.ok()) needs_reopen_ = connection_->doubtful();
  return begun;
}

void GroupCommit::run_member(Batch& batch, Member& member) {
  Outcome& outcome = member.outcome;
  SqliteTx tx(*connection_, !batch.wrote);
  try {
    auto done = member.work(tx);
    if (done.ok()) done = tx.finish(checks_);
    if (!done.ok()) outcome.error = std::move(done).error();
  } catch (...) {
    outcome.thrown = std::current_exception();
  }
  outcome.round_trips = tx.round_trips();
  keep_or_undo(batch, tx, outcome);
}

void GroupCommit::keep_or_undo(Batch& batch, SqliteTx& tx, Outcome& outcome) {
  const bool good = !outcome.error && !outcome.thrown;
  // On some errors SQLite rolls back the whole transaction, everybody's, without saying so.
  bool alive = connection_->in_transaction() && !connection_->doubtful();
  Result<void> settled;
  if (alive) {
    settled = good ? tx.keep() : tx.undo();
    alive = settled.ok() && connection_->in_transaction() && !connection_->doubtful();
  }
  if (alive && good) {
    batch.wrote = batch.wrote || tx.wrote();
    auto actions = tx.take_actions();
    std::move(actions.begin(), actions.end(), std::back_inserter(batch.actions));
    return;
  }
  if (alive) return;
  base::Error why = internal_error(ErrorCode::unavailable, "the transaction was lost");
  if (tx.failure() && is_about_storage(*tx.failure())) why = *tx.failure();
  if (!settled.ok() && is_about_storage(settled.error())) why = settled.error();
  lose(batch, std::move(why));
}

void GroupCommit::commit(Batch& batch) {
  if (auto committed = connection_->control(kCommit); !committed.ok()) {
    lose(batch, explain_failed_commit(std::move(committed).error()));
    return;
  }
  if (batch.wrote) change_state(StorageState::writable, "");  // a batch of reads says nothing about the disk
  run_actions(batch.actions);
}

// A full disk stops the log before its commit mark: nothing happened. After an I/O error (a failed fsync above all) the
// mark may be in the log, and would be believed after a crash. Nobody repeats the fsync: the connection is opened anew
// (the readers keep the shared index, which does not know the mark) and the end of the log is written over. Once that
// is durable the batch is surely gone; until then its outcome is unknown.
base::Error GroupCommit::explain_failed_commit(base::Error why) {
  base::log::error("commit_failed", {{"detail", why.internal_text()}});
  if (connection_->in_transaction()) std::ignore = connection_->control(kRollback);
  if (why.code() == ErrorCode::storage_full) return why;
  needs_reopen_ = true;
  needs_seal_ = true;
  if (auto opened = reopen(); !opened.ok()) return internal_error(ErrorCode::unknown_outcome, why.internal_text());
  if (auto sealed = seal(); !sealed.ok()) return internal_error(ErrorCode::unknown_outcome, why.internal_text());
  return internal_error(ErrorCode::unavailable, why.internal_text());
}

void GroupCommit::lose(Batch& batch, base::Error why) {
  if (connection_->in_transaction()) std::ignore = connection_->control(kRollback);
  needs_reopen_ = needs_reopen_ || connection_->doubtful() || connection_->in_transaction();
  change_state(state_after(why), why.internal_text());
  base::log::error("batch_lost",
                   {{"members", static_cast<std::int64_t>(batch.members.size())}, {"detail", why.internal_text()}});
  batch.lost = std::move(why);
}

void GroupCommit::change_state(StorageState to, std::string_view detail) {
  auto from = state_.load();
  do {
    if (from == to || from == StorageState::damaged) return;
  } while (!state_.compare_exchange_weak(from, to));
  if (to == StorageState::writable)
    base::log::warn("storage_writable_again", {{"was", word(from)}});
  else
    base::log::error("storage_read_only", {{"state", word(to)}, {"detail", detail}, {"what_to_do", what_to_do(to)}});
}

void GroupCommit::refuse_writes(const std::string& why) { change_state(StorageState::damaged, why); }

Result<void> GroupCommit::reopen() {
  KARV_TRY(auto fresh, Connection::open(options_, Role::writer));
  connection_ = std::move(fresh);
  needs_reopen_ = false;
  base::log::warn("writer_reopened");
  return {};
}

Result<void> GroupCommit::seal() {
  const auto attempt = [&]() -> Result<void> {
    KARV_TRY_VOID(connection_->control(kBegin));
    KARV_TRY(const auto version, connection_->setting("pragma user_version"));
    KARV_TRY_VOID(connection_->run(version == "1" ? "pragma user_version = 2" : "pragma user_version = 1"));
    return connection_->control(kCommit);
  };
  auto sealed = attempt();
  if (!sealed.ok()) {
    if (connection_->in_transaction()) std::ignore = connection_->control(kRollback);
    needs_reopen_ = true;
    return internal_error(ErrorCode::unavailable, sealed.error().internal_text());
  }
  needs_seal_ = false;
  return {};
}

bool GroupCommit::checkpoint_is_due() {
  const int frames = connection_->wal_frames();
  if (frames < last_checkpoint_frames_) last_checkpoint_frames_ = 0;
  if (frames < options_.wal_limit_pages) return false;
  return last_checkpoint_frames_ == 0 || frames - last_checkpoint_frames_ >= options_.wal_limit_pages / 4;
}

// Between batches, by the writer itself: a checkpoint beside steady writes never lets the log start over.
void GroupCommit::checkpoint() {
  const int frames = connection_->wal_frames();
  last_checkpoint_frames_ = frames;
  const bool overdue = frames / kOverdueFactor >= options_.wal_limit_pages;
  if (auto done = connection_->checkpoint(overdue); !done.ok()) {
    base::log::warn("checkpoint_failed", {{"detail", done.error().internal_text()}});
    needs_reopen_ = connection_->doubtful();
  }
}

}  // namespace karv::store::sqlite
