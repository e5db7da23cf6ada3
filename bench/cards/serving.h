// Holds beside something else, at a leisurely rate: what a vault serves while its keys are moved.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "bench_support.h"
#include "cards/bench_vault.h"

namespace karv::bench {

class Serving {
 public:
  // Two callers, each with a pause of 20 ms between two holds: at most a hundred a second.
  explicit Serving(BenchVault& vault) {
    for (int i = 0; i < 2; ++i) callers_.emplace_back([this, &vault] { serve(vault); });
  }
  // Ends it. How long each hold took, in milliseconds.
  std::vector<double> stop() {
    over_ = true;
    callers_.clear();
    const base::Lock lock(mutex_);
    return std::move(took_ms_);
  }

 private:
  void serve(BenchVault& vault) {
    while (!over_) {
      const auto begun = Clock::now();
      vault.hold();
      const double took = seconds_since(begun) * 1e3;
      {
        const base::Lock lock(mutex_);
        took_ms_.push_back(took);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  std::atomic<bool> over_ = false;
  base::Mutex mutex_;
  std::vector<double> took_ms_ KARV_GUARDED_BY(mutex_);
  std::vector<std::jthread> callers_;
};

}  // namespace karv::bench
