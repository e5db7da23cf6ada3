#include "load/closed_loop.h"

#include <utility>

namespace karv::bench {

ClosedLoop::ClosedLoop(net::Client& client, Script script, RoundOptions round, ClosedOptions options)
    : options_(std::move(options)),
      lanes_(static_cast<std::size_t>(options_.connections)),
      rounds_(client, std::move(script), std::move(round),
              {.last_step = [this] { count_last_step(); }, .ended = [this](Lane& lane) { begin_next(lane); }}) {}

Outcome ClosedLoop::run() {
  {
    const base::Lock lock(mutex_);
    running_ = options_.connections;
  }
  for (auto& lane : lanes_) begin_next(lane);
  const base::Lock lock(mutex_);
  while (running_ > 0) ended_.wait(mutex_);
  return rounds_.take();
}

void ClosedLoop::begin_next(Lane& lane) {
  Round round;
  {
    const base::Lock lock(mutex_);
    round = {.number = next_round_, .measured = next_round_ >= options_.warm_up};
    if (next_round_++ >= options_.warm_up + options_.rounds) {
      if (--running_ == 0) ended_.notify_all();
      return;
    }
  }
  rounds_.begin(lane, round);
}

void ClosedLoop::count_last_step() {
  bool all = false;
  {
    const base::Lock lock(mutex_);
    all = ++last_steps_ == options_.connections;
  }
  if (all && options_.all_sent) options_.all_sent();
}

}  // namespace karv::bench
