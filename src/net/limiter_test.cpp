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

// 3,000 per second is one per third of a millisecond: none is lost to rounding.
TEST(RateLimiterTest, a_window_admits_its_number_at_once_and_again_when_it_is_over) {
  base::ManualClock clock({1'795'000'000'001});
  RateLimiter limiter(clock, RateLimiter::per(base::seconds(1), 3'000));
  for (int i = 2'999; i >= 0; --i) {
    const auto verdict = limiter.ask("a");
    ASSERT_TRUE(verdict.admitted);
    ASSERT_EQ(verdict.remaining, i);
  }
  const auto refused = limiter.ask("a");
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.retry_after, base::milliseconds(1));
  EXPECT_EQ(refused.full_after, base::seconds(1));
  clock.advance(base::milliseconds(1));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit("a"));
  EXPECT_FALSE(limiter.admit("a"));
  clock.advance(base::seconds(1));
  for (int i = 0; i < 3'000; ++i) EXPECT_TRUE(limiter.admit("a"));
  EXPECT_FALSE(limiter.admit("a"));
}

TEST(RateLimiterTest, the_largest_rate_counts_right_in_the_year_2200) {
  base::ManualClock clock({7'258'118'400'000});
  RateLimiter limiter(clock, RateLimiter::per(base::seconds(1), 1'000'000));
  EXPECT_EQ(limiter.ask("a").remaining, 999'999);
  EXPECT_EQ(limiter.ask("a").full_after, base::milliseconds(1));
}

TEST(AddressBlockTest, an_ipv6_network_is_one_client_and_an_ipv4_address_is_one) {
  EXPECT_EQ(address_block("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(address_block("192.0.2.1"), address_block("192.0.2.2"));
  EXPECT_EQ(address_block("2001:db8::1"), address_block("2001:db8:0:0:ffff::2"));
  EXPECT_NE(address_block("2001:db8::1"), address_block("2001:db8:0:1::1"));
  EXPECT_EQ(address_block("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_block("fe80::1%eth0"), address_block("fe80::2%eth0"));
  EXPECT_EQ(address_block(""), "");
  EXPECT_EQ(address_block("nonsense"), "nonsense");
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
