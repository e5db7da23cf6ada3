#include "load/open_loop.h"

#include <thread>
#include <utility>

#include <sys/prctl.h>

#include "load/arrivals.h"

namespace karv::bench {
namespace {

// Who waits by then came within that time: the server does not keep up, which more waiting would not show better.
constexpr double kLongestLineSeconds = 5;
// After the last arrival.
constexpr std::chrono::seconds kDrainLimit{10};

}  // namespace

OpenLoop::OpenLoop(net::Client& client, Script script, RoundOptions round, const OpenOptions& options)
    : options_(options),
      seed_(seed_of(round.tag)),
      lanes_(static_cast<std::size_t>(options.connections)),
      rounds_(client, std::move(script), std::move(round),
              {.last_step = {}, .ended = [this](Lane& lane) { leave(lane); }}),
      line_(lanes_.size()) {}

Offered OpenLoop::run() {
  offer();
  drain();
  const base::Lock lock(mutex_);
  result_.outcome = rounds_.take();
  return std::move(result_);
}

void OpenLoop::offer() {
  // A sleep ends this much late (50 us by default): it would be added to every first step.
  prctl(PR_SET_TIMERSLACK, 1000UL);
  Arrivals arrivals(options_.per_second, seed_);
  const auto length = options_.warm_up_seconds + options_.seconds;
  const auto begin = Clock::now();
  for (std::int64_t number = 0;; ++number) {
    const auto at = arrivals.next();
    const double seconds = std::chrono::duration<double>(at).count();
    if (seconds >= length) break;
    const bool measured = seconds >= options_.warm_up_seconds;
    std::this_thread::sleep_until(begin + at);
    if (arrive({.number = number, .due = begin + at, .measured = measured})) continue;
    const base::Lock lock(mutex_);
    result_.overloaded = true;
    result_.seconds = seconds - options_.warm_up_seconds;
    return;
  }
  const base::Lock lock(mutex_);
  result_.seconds = options_.seconds;
}

bool OpenLoop::arrive(const Arrival& arrival) {
  std::optional<std::size_t> lane;
  {
    const base::Lock lock(mutex_);
    if (static_cast<double>(line_.waiting()) > kLongestLineSeconds * options_.per_second) return false;
    lane = line_.arrive(arrival);
    if (arrival.measured) {
      ++result_.offered;
      if (!lane) ++result_.waited;
    }
  }
  if (lane) rounds_.begin(lanes_[*lane], {.number = arrival.number, .measured = arrival.measured, .due = arrival.due});
  return true;
}

void OpenLoop::leave(Lane& lane) {
  std::optional<Arrival> next;
  {
    const base::Lock lock(mutex_);
    next = line_.leave(static_cast<std::size_t>(&lane - lanes_.data()));
    if (line_.idle()) idle_.notify_all();
  }
  if (next) rounds_.begin(lane, {.number = next->number, .measured = next->measured, .due = next->due});
}

void OpenLoop::drain() {
  const auto end = Clock::now() + kDrainLimit;
  const base::Lock lock(mutex_);
  while (!line_.idle()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() > 0) {
      idle_.wait_for(mutex_, left);
      continue;
    }
    if (line_.waiting() > 0) {
      result_.overloaded = true;
      line_.send_away();
    }
    idle_.wait(mutex_);  // what is under way has its own limit
  }
}

}  // namespace karv::bench
