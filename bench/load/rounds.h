// Plays rounds of a script, each on a lane of its own, and keeps the time of every call and of every whole round. It
// does not decide when one begins: closed_loop and open_loop do.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "bench_support.h"
#include "load/script.h"
#include "net/client.h"

namespace karv::bench {

struct Round {
  std::int64_t number = 0;  // unique in the run
  bool measured = false;
  // When it should have begun: what its first step and the whole of it count from. Empty: from when it was sent.
  std::optional<Clock::time_point> due = std::nullopt;
};

struct Lane {
  Round round;
  Shopper shopper;
  std::size_t step = 0;
  Clock::time_point begun;  // the round
  Clock::time_point since;  // the step
};

struct Outcome {
  std::int64_t rounds = 0;  // measured ones that ended, well or not
  std::int64_t failed = 0;
  double seconds = 0;  // from the first measured round's begin to the last one's end
  std::string first_failure;
  std::map<std::string, std::vector<double>> step_ms;
  std::vector<double> round_ms;  // of those that ended well
};

struct RoundOptions {
  std::string authorization;  // the header's value
  std::string tag;            // part of the shoppers' addresses: unique per run
  base::Duration limit = base::seconds(60);
};

class Rounds {
 public:
  struct Events {
    std::function<void()> last_step;   // is about to be sent
    std::function<void(Lane&)> ended;  // the lane is free
  };
  Rounds(net::Client& client, Script script, RoundOptions options, Events events);

  // Pre: nothing is under way on the lane, which lives until `ended`.
  void begin(Lane& lane, const Round& round);
  // Pre: nothing is under way.
  Outcome take();

 private:
  void send(Lane& lane);
  void answered(Lane& lane, const net::CallOutcome& outcome);
  // Whether the round goes on.
  bool judge(Lane& lane, const net::CallOutcome& outcome, Clock::time_point now) KARV_REQUIRES(mutex_);
  void count_end(const Lane& lane, Clock::time_point now, bool well) KARV_REQUIRES(mutex_);

  net::Client& client_;
  const Script script_;
  const RoundOptions options_;
  const Events events_;

  base::Mutex mutex_;
  std::optional<Clock::time_point> start_ KARV_GUARDED_BY(mutex_);  // of the first measured round
  Outcome outcome_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::bench
