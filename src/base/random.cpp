#include "base/random.h"

#include <bit>
#include <cerrno>
#include <cstring>

#include <sys/random.h>

#include "base/check.h"

namespace karv::base {

std::uint64_t Random::below(std::uint64_t bound) {
  KARV_REQUIRE(bound > 0);
  const std::uint64_t mask = bound == 1 ? 0 : ~std::uint64_t{0} >> std::countl_zero(bound - 1);
  for (;;) {  // ends with probability 1/2 or better per round
    std::uint64_t value = 0;
    fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    if ((value &= mask) < bound) return value;
  }
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    KARV_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  const Lock lock(mutex_);
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const std::uint64_t word = engine_();
    std::memcpy(out.data() + i, &word, std::min<std::size_t>(8, out.size() - i));
  }
}

}  // namespace karv::base
