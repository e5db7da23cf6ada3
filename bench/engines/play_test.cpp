#include "engines/play.h"

#include <atomic>

#include <gtest/gtest.h>

namespace karv::bench {
namespace {

TEST(Play, ends_when_somebody_has_nothing_left_and_counts_what_was_done) {
  std::atomic<int> calls = 0;
  const auto played = play(3, 3600, [&](int) -> std::int64_t { return calls++ < 50 ? 2 : 0; });
  EXPECT_GE(played.items, 2);
  EXPECT_LE(played.items, 100);
  EXPECT_EQ(played.items, 2 * static_cast<std::int64_t>(played.calls_ms.size()));
  EXPECT_GT(played.round.per_second, 0);
}

TEST(Play, ends_when_the_time_is_over) {
  const auto played = play(2, 0.01, [](int) { return std::int64_t{1}; });
  EXPECT_EQ(played.items, static_cast<std::int64_t>(played.calls_ms.size()));
}

TEST(Ratios, are_of_each_round_and_then_the_median) {
  // By rounds: 0.5, 1 and 0.1 of the limit's rate. The rates' own medians would say 100 / 200.
  const std::vector<Round> ours{{100, 10}, {400, 20}, {10, 40}};
  const std::vector<Round> limit{{200, 5}, {400, 5}, {100, 10}};
  const auto found = ratios(ours, limit);
  EXPECT_DOUBLE_EQ(found.time, 0.5);
  EXPECT_DOUBLE_EQ(found.cpu, 0.25);
}

TEST(Share, deals_whole_calls_with_the_average) {
  Share share(2.75);
  std::size_t all = 0;
  for (int i = 0; i < 4; ++i) {
    const auto next = share.next();
    EXPECT_TRUE(next == 2 || next == 3);
    all += next;
  }
  EXPECT_EQ(all, 11U);
}

}  // namespace
}  // namespace karv::bench
