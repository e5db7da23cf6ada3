#include "transfers/round.h"

#include <atomic>
#include <barrier>
#include <thread>

#include "bench_support.h"

namespace karv::bench {
namespace {

struct Lane {
  std::size_t calls = 0;
  Clock::time_point end;
  std::vector<double> writes_ms;
};

struct Start {
  Clock::time_point time;
  double cpu = 0;
};

void run_lane(Lane& lane, std::span<const Call> hand, const std::function<bool()>& over,
              const std::function<void(std::span<const Call>)>& write, double calls_per_commit) {
  double due = 0;
  while (!over()) {
    due += calls_per_commit;
    const auto count = static_cast<std::size_t>(due);
    due -= static_cast<double>(count);
    if (hand.size() - lane.calls < count) break;
    const auto begun = Clock::now();
    write(hand.subspan(lane.calls, count));
    lane.writes_ms.push_back(seconds_since(begun) * 1e3);
    lane.calls += count;
  }
  lane.end = Clock::now();
}

Played sum_of(const std::vector<Lane>& lanes, const Start& start, std::size_t transfers_of_call) {
  Played played;
  const double cpu = cpu_seconds() - start.cpu;
  auto end = start.time;
  for (const auto& lane : lanes) {
    end = std::max(end, lane.end);
    played.calls += static_cast<std::int64_t>(lane.calls);
    played.writes_ms.insert(played.writes_ms.end(), lane.writes_ms.begin(), lane.writes_ms.end());
  }
  played.transfers = played.calls * static_cast<std::int64_t>(transfers_of_call);
  KARV_CHECK(played.transfers > 0);
  const auto count = static_cast<double>(played.transfers);
  played.round = {.per_second = count / std::chrono::duration<double>(end - start.time).count(),
                  .cpu_us = cpu * 1e6 / count};
  return played;
}

}  // namespace

Played play(const Hands& hands, const Pace& pace, const Write& write) {
  std::vector<Lane> lanes(hands.size());
  Start start;
  std::atomic<bool> ended = false;  // somebody has no calls left
  const auto over = [&] { return ended.load(std::memory_order_relaxed) || seconds_since(start.time) >= pace.seconds; };
  std::barrier ready(static_cast<std::ptrdiff_t>(hands.size()),
                     [&start]() noexcept { start = {.time = Clock::now(), .cpu = cpu_seconds()}; });
  {
    std::vector<std::jthread> writers;
    writers.reserve(hands.size());
    for (std::size_t i = 0; i < hands.size(); ++i)
      writers.emplace_back([&, i] {
        ready.arrive_and_wait();
        run_lane(
            lanes[i], hands[i], over, [&](std::span<const Call> calls) { write(static_cast<int>(i), calls); },
            pace.calls_per_commit);
        ended = true;
      });
  }
  return sum_of(lanes, start, hands.front().front().transfers.size());
}

}  // namespace karv::bench
