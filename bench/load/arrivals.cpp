#include "load/arrivals.h"

#include <cmath>

namespace karv::bench {

std::chrono::nanoseconds Arrivals::next() {
  // 53 bits: what a double holds. Above zero, so that the logarithm is finite.
  const double uniform = (static_cast<double>(random_() >> 11) + 0.5) / 0x1p53;
  at_ -= std::log(uniform) / per_second_;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(at_ * 1e9));
}

// FNV-1a: std::hash may differ from library to library.
std::uint64_t seed_of(std::string_view tag) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : tag) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace karv::bench
