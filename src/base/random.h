// Random bytes, handed in like time. SystemRandom for production; SeededRandom makes a run repeatable and is for tests
// and the simulator only.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>

#include "base/mutex.h"

namespace karv::base {

class Random {
 public:
  virtual ~Random() = default;
  // Thread-safe. Cannot fail: a machine without randomness aborts.
  virtual void fill(std::span<std::uint8_t> out) = 0;

  // A uniform number in [0, bound). Pre: bound > 0.
  std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator (getrandom).
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::base
