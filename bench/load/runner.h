// Runs a script over a number of connections, each starting the next round when its last one has ended (a closed loop:
// no more is offered than is answered), and keeps the time of every call. Rounds before `warm_up` are not measured.
// Used by load/main.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "bench_support.h"
#include "load/script.h"
#include "net/client.h"

namespace karv::bench {

struct RunnerOptions {
  int connections = 32;
  std::int64_t warm_up = 0;    // rounds
  std::int64_t rounds = 1000;  // measured
  std::string authorization;   // the header's value
  std::string tag;             // part of the shoppers' addresses: unique per run
  base::Duration limit = base::seconds(60);
  // Called once, when the last step of as many rounds as there are connections has been sent.
  std::function<void()> all_sent = {};
};

struct Outcome {
  std::int64_t rounds = 0;
  std::int64_t failed = 0;
  double seconds = 0;  // from the first measured round's begin to the last one's end
  std::string first_failure;
  std::map<std::string, std::vector<double>> step_ms;
};

class Runner {
 public:
  Runner(net::Client& client, Script script, RunnerOptions options);
  // Returns when all rounds have ended.
  Outcome run();

 private:
  struct Lane {
    Shopper shopper;
    std::size_t step = 0;
    bool measured = false;
    Clock::time_point sent;
  };

  void begin_round(Lane& lane);
  void send(Lane& lane);
  void answered(Lane& lane, net::CallOutcome outcome);
  // Whether the round goes on.
  bool judge(Lane& lane, const net::CallOutcome& outcome, double took_ms) KARV_REQUIRES(mutex_);
  void end_round(Lane& lane);

  net::Client& client_;
  const Script script_;
  const RunnerOptions options_;
  std::vector<Lane> lanes_;  // each touched by its own call only

  base::Mutex mutex_;
  base::Condition ended_;
  std::int64_t next_round_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t last_steps_ KARV_GUARDED_BY(mutex_) = 0;
  int running_ KARV_GUARDED_BY(mutex_) = 0;
  Clock::time_point start_ KARV_GUARDED_BY(mutex_);
  Outcome outcome_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::bench
