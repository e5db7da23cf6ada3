// The two sides of every line on one engine: the vault, and the limit that it is held against.
//
// The limit runs the statements that the vault writes (of questions: asks), recorded on a second vault whose store is
// in memory, without the vault; and the cryptography. Each side keeps its rows over all lines and rounds.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cards/place.h"
#include "cards/task.h"
#include "engines/play.h"

namespace karv::bench {

class Ours {
 public:
  Ours(const CardEngine& engine, const std::shared_ptr<crypto::Hsm>& hsm, int lists);
  BenchVault& vault() { return *vault_; }

  // Pre of rewrap: begun.
  Played play(const Task& task, double seconds);
  // Of the last play: how many of the vault's transactions shared a commit, on average.
  double writes_per_commit() const;
  // That everything it answered is there, once, and every token works.
  void check();

 private:
  const std::unique_ptr<CardPlace> place_;
  std::atomic<double> commits_ = 0;
  std::atomic<std::int64_t> writes_ = 0;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<BenchVault> vault_;
};

class Limit {
 public:
  Limit(const CardEngine& engine, const std::shared_ptr<crypto::Hsm>& hsm, int lists);

  int writers(const Task& task) const;
  Played play(const Task& task, double seconds, double writes_per_commit);
  // That its rows are those of the recorded vault.
  void check();

 private:
  // A list of calls for each writer; those that use one token twice are of one writer.
  using Hands = std::vector<std::vector<Act>>;
  Hands record(const Task& task, double seconds);
  void catch_up();

  const CardEngine engine_;
  const SqliteFile memory_{"/dev/shm"};
  Recording recording_;
  std::unique_ptr<BenchVault> recorded_;
  const std::unique_ptr<CardPlace> place_;
  std::unique_ptr<Replay> replay_;
  std::map<std::string, double> items_per_second_;  // of a task's last play: how many calls to record for its next one
};

}  // namespace karv::bench
