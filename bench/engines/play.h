// One side of one round: threads that make their calls at once until the time is over.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace karv::bench {

struct Round {
  double per_second = 0;  // items
  double cpu_us = 0;      // processor time of this process per item
};

struct Played {
  Round round;
  std::int64_t items = 0;
  std::vector<double> calls_ms;  // of all threads
};

// Calls `work(thread)` again and again; it answers how many items it did. Ends early when one answers 0: it has nothing
// left. Pre: at least one item is done.
Played play(int threads, double seconds, const std::function<std::int64_t(int thread)>& work);

double median(std::vector<double> values);
// [{"per_second":...,"cpu_us":...},...]
std::string json_of(const std::vector<Round>& rounds);

// The medians of the rounds' ratios to a limit: more is better in both.
struct Ratios {
  double time = 0;
  double cpu = 0;
};
Ratios ratios(const std::vector<Round>& ours, const std::vector<Round>& limit);

// Deals out whole calls so that `average` of them come at a time. Pre: average >= 1.
class Share {
 public:
  explicit Share(double average) : average_(average) {}
  std::size_t next() {
    due_ += average_;
    const auto count = static_cast<std::size_t>(due_);
    due_ -= static_cast<double>(count);
    return count;
  }

 private:
  double average_;
  double due_ = 0;
};

}  // namespace karv::bench
