// The job "ledger_rollup" as it runs beside the payments of a server, on a thread of its own.
//
// The job runs every 10 seconds (src/jobs); a round is shorter. Here it runs twice in a round, so that each round pays
// for rolling up as many entries as it makes. What that costs too much is the search for long tails, which comes more
// often than in service.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

#include "engines/must.h"
#include "ledger/rollup.h"

namespace karv::bench {

class Rollups {
 public:
  Rollups(store::Database& database, double round_seconds)
      : every_(std::min(10.0, round_seconds / 2)),
        thread_([this, &database](const std::stop_token& stop) { run(database, stop); }) {}

  // Ends after the account's piece that is under way; answers how many entries were moved.
  std::int64_t stop() {
    thread_.request_stop();
    thread_.join();
    return moved_;
  }

 private:
  void run(store::Database& database, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any due;
    std::unique_lock lock(mutex);
    const ledger::RollupOptions options{.stopping = [&stop] { return stop.stop_requested(); }};
    while (!due.wait_for(lock, stop, every_, [&stop] { return stop.stop_requested(); }))
      moved_ += must(ledger::roll_up_long_tails(database, options));
  }

  const std::chrono::duration<double> every_;
  std::int64_t moved_ = 0;
  std::jthread thread_;
};

}  // namespace karv::bench
