#include "base/random.h"

#include <array>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"

namespace karv::base {
namespace {

TEST(SeededRandom, the_same_seed_gives_the_same_bytes) {
  std::array<std::uint8_t, 37> a{}, b{}, c{};
  SeededRandom(7).fill(a);
  SeededRandom(7).fill(b);
  SeededRandom(8).fill(c);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST(SystemRandom, fills_all_of_large_and_empty_buffers) {
  SystemRandom random;
  std::vector<std::uint8_t> large(1'000'000);
  random.fill(large);
  std::array<int, 256> counts{};
  for (const auto byte : large) ++counts[byte];
  // 3906 expected of each, standard deviation 62: ten deviations are never reached by chance.
  for (const int count : counts) EXPECT_NEAR(count, 3906, 620);
  random.fill({});
}

TEST(Below, stays_below_and_reaches_every_number) {
  SeededRandom random(5);
  for (const std::uint64_t bound : {1ULL, 2ULL, 3ULL, 7ULL, 8ULL, 10ULL, 255ULL, 256ULL, 257ULL}) {
    std::vector<int> counts(bound);
    for (std::uint64_t i = 0; i < bound * 200; ++i) {
      const auto value = random.below(bound);
      ASSERT_LT(value, bound);
      ++counts[value];
    }
    for (const int count : counts) EXPECT_NEAR(count, 200, 100);
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_LT(random.below((1ULL << 63) + 1), (1ULL << 63) + 1);
    EXPECT_LT(random.below(~0ULL), ~0ULL);
  }
}

TEST(Below, a_bound_of_zero_is_a_bug) { EXPECT_THROW(static_cast<void>(SeededRandom(1).below(0)), RequirementFailed); }

TEST(SeededRandom, may_be_used_by_many_threads) {
  SeededRandom random(6);
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&random] {
      std::array<std::uint8_t, 16> buffer{};
      for (int j = 0; j < 1000; ++j) random.fill(buffer);
    });
  }
}

}  // namespace
}  // namespace karv::base
