// When rounds are due in an open loop: at random moments that know nothing of each other (a Poisson process), as
// shoppers come to a shop. Pure: moments count from the run's begin, and the same seed gives the same ones.
// Used by open_loop. Source: Knuth, The Art of Computer Programming 2, 3.4.1 D: the gaps are exponentially distributed.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>

namespace karv::bench {

class Arrivals {
 public:
  Arrivals(double per_second, std::uint64_t seed) : per_second_(per_second), random_(seed) {}
  // The next one, later than the last.
  std::chrono::nanoseconds next();

 private:
  double per_second_;
  std::mt19937_64 random_;  // unlike the library's distributions the same everywhere
  double at_ = 0;           // seconds
};

// Another one for each run of a benchmark, the same when that is repeated.
std::uint64_t seed_of(std::string_view tag);

}  // namespace karv::bench
