#include "net/limiter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace karv::net {
namespace {

constexpr RateLimiter::Options kThree{.burst = 3, .refill = base::seconds(10), .max_keys = 2};

TEST(RateLimiterTest, a_burst_is_admitted_and_then_one_per_refill) {
  base::ManualClock clock({1'000'000});
  RateLimiter limiter(clock, kThree);
  EXPECT_EQ(limiter.ask("a").remaining, 2);
  EXPECT_EQ(limiter.ask("a").remaining, 1);
  EXPECT_EQ(limiter.ask("a").remaining, 0);
  const auto refused = limiter.ask("a");
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after, base::seconds(10));
  clock.advance(base::milliseconds(9'999));
  EXPECT_FALSE(limiter.admit("a"));
  clock.advance(base::milliseconds(1));
  EXPECT_TRUE(limiter.admit("a"));
  EXPECT_FALSE(limiter.admit("a"));
}

TEST(RateLimiterTest, keys_do_not_share_their_tokens) {
  base::ManualClock clock({1'000'000});
  RateLimiter limiter(clock, kThree);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit("a"));
  EXPECT_FALSE(limiter.admit("a"));
  EXPECT_TRUE(limiter.admit("b"));
  limiter.forget("a");
  EXPECT_TRUE(limiter.admit("a"));
}

TEST(RateLimiterTest, a_full_table_forgets_full_buckets_but_none_that_is_limited) {
  base::ManualClock clock({1'000'000});
  RateLimiter limiter(clock, kThree);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit("a"));
  EXPECT_TRUE(limiter.admit("b"));
  EXPECT_FALSE(limiter.admit("c"));
  clock.advance(base::seconds(10));  // b is full again, a is not
  EXPECT_TRUE(limiter.admit("c"));
  EXPECT_TRUE(limiter.admit("a"));
  EXPECT_FALSE(limiter.admit("a"));
}

TEST(RateLimiterTest, a_clock_that_goes_back_gives_nothing_away) {
  base::ManualClock clock({1'000'000});
  RateLimiter limiter(clock, kThree);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit("a"));
  clock.advance(base::seconds(-100));
  EXPECT_FALSE(limiter.admit("a"));
}

RC_GTEST_PROP(RateLimiterProperties, never_more_than_the_burst_and_the_refills, ()) {
  base::ManualClock clock({1'000'000});
  const int burst = *rc::gen::inRange(1, 6);
  RateLimiter limiter(clock, {.burst = burst, .refill = base::milliseconds(100), .max_keys = 10});
  std::int64_t elapsed = 0;
  std::int64_t admitted = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 150))) {
    clock.advance(base::milliseconds(step));
    elapsed += step;
    admitted += limiter.admit("k") ? 1 : 0;
    RC_ASSERT(admitted <= burst + elapsed / 100);
  }
}

}  // namespace
}  // namespace karv::net
