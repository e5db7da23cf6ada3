#include "engines/play.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>

#include <fmt/format.h>

#include "bench_support.h"

namespace karv::bench {
namespace {

struct Lane {
  std::int64_t items = 0;
  Clock::time_point end;
  std::vector<double> calls_ms;
};

struct Start {
  Clock::time_point time;
  double cpu = 0;
};

void run_lane(Lane& lane, const std::function<bool()>& over, const std::function<std::int64_t()>& work) {
  while (!over()) {
    const auto begun = Clock::now();
    const std::int64_t done = work();
    if (done == 0) break;
    lane.calls_ms.push_back(seconds_since(begun) * 1e3);
    lane.items += done;
  }
  lane.end = Clock::now();
}

Played sum_of(const std::vector<Lane>& lanes, const Start& start) {
  Played played;
  const double cpu = cpu_seconds() - start.cpu;
  auto end = start.time;
  for (const auto& lane : lanes) {
    end = std::max(end, lane.end);
    played.items += lane.items;
    played.calls_ms.insert(played.calls_ms.end(), lane.calls_ms.begin(), lane.calls_ms.end());
  }
  KARV_CHECK(played.items > 0);
  const auto count = static_cast<double>(played.items);
  played.round = {.per_second = count / std::chrono::duration<double>(end - start.time).count(),
                  .cpu_us = cpu * 1e6 / count};
  return played;
}

}  // namespace

Played play(int threads, double seconds, const std::function<std::int64_t(int thread)>& work) {
  std::vector<Lane> lanes(static_cast<std::size_t>(threads));
  Start start;
  std::atomic<bool> ended = false;  // somebody has nothing left
  const auto over = [&] { return ended.load(std::memory_order_relaxed) || seconds_since(start.time) >= seconds; };
  std::barrier ready(static_cast<std::ptrdiff_t>(threads),
                     [&start]() noexcept { start = {.time = Clock::now(), .cpu = cpu_seconds()}; });
  {
    std::vector<std::jthread> all;
    all.reserve(lanes.size());
    for (std::size_t i = 0; i < lanes.size(); ++i)
      all.emplace_back([&, i] {
        ready.arrive_and_wait();
        run_lane(lanes[i], over, [&] { return work(static_cast<int>(i)); });
        ended = true;
      });
  }
  return sum_of(lanes, start);
}

double median(std::vector<double> values) { return percentile(values, 0.5); }

std::string json_of(const std::vector<Round>& rounds) {
  std::string out;
  for (const auto& round : rounds)
    out += fmt::format("{}{{\"per_second\":{:.0f},\"cpu_us\":{:.3f}}}", out.empty() ? "" : ",", round.per_second,
                       round.cpu_us);
  return "[" + out + "]";
}

Ratios ratios(const std::vector<Round>& ours, const std::vector<Round>& limit) {
  std::vector<double> time;
  std::vector<double> cpu;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    time.push_back(ours[i].per_second / limit[i].per_second);
    cpu.push_back(limit[i].cpu_us / ours[i].cpu_us);
  }
  return {.time = median(std::move(time)), .cpu = median(std::move(cpu))};
}

}  // namespace karv::bench
