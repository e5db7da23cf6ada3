// Rounds over a number of connections, each beginning the next one when its last has ended: no more is offered than is
// answered, so this finds the highest rate. Rounds before `warm_up` are not measured. Used by load/main.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/mutex.h"
#include "load/rounds.h"

namespace karv::bench {

struct ClosedOptions {
  int connections = 32;
  std::int64_t warm_up = 0;    // rounds
  std::int64_t rounds = 1000;  // measured
  // Called once, when the last step of as many rounds as there are connections has been sent.
  std::function<void()> all_sent = {};
};

class ClosedLoop {
 public:
  ClosedLoop(net::Client& client, Script script, RoundOptions round, ClosedOptions options);
  // Returns when all rounds have ended.
  Outcome run();

 private:
  void begin_next(Lane& lane);
  void count_last_step();

  const ClosedOptions options_;
  std::vector<Lane> lanes_;
  Rounds rounds_;

  base::Mutex mutex_;
  base::Condition ended_;
  std::int64_t next_round_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t last_steps_ KARV_GUARDED_BY(mutex_) = 0;
  int running_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::bench
