#include "load/arrivals.h"

#include <gtest/gtest.h>

namespace karv::bench {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(ArrivalsTest, the_same_seed_gives_the_same_moments) {
  Arrivals one(100, 7);
  Arrivals same(100, 7);
  Arrivals other(100, 8);
  int different = 0;
  for (int i = 0; i < 100; ++i) {
    const auto at = one.next();
    EXPECT_EQ(at, same.next());
    if (at != other.next()) ++different;
  }
  EXPECT_EQ(different, 100);
  EXPECT_NE(seed_of("1-1"), seed_of("1-2"));
}

// Of 100,000 expected: the standard deviation of a Poisson process is the square root, 316.
TEST(ArrivalsTest, as_many_come_as_were_asked_for) {
  Arrivals arrivals(100, 1);
  int came = 0;
  while (arrivals.next() < seconds(1000)) ++came;
  EXPECT_NEAR(came, 100'000, 1300);
}

// 1/e = 0.3679 of exponentially distributed gaps are longer than the mean, 1/e^3 = 0.0498 than three times that.
TEST(ArrivalsTest, the_gaps_are_those_of_independent_arrivals) {
  Arrivals arrivals(1000, 1);
  constexpr int kCount = 100'000;
  int long_ones = 0;
  int very_long_ones = 0;
  nanoseconds last{0};
  for (int i = 0; i < kCount; ++i) {
    const auto at = arrivals.next();
    EXPECT_GE(at, last);
    if (at - last > nanoseconds(1'000'000)) ++long_ones;
    if (at - last > nanoseconds(3'000'000)) ++very_long_ones;
    last = at;
  }
  EXPECT_NEAR(static_cast<double>(long_ones) / kCount, 0.3679, 0.006);
  EXPECT_NEAR(static_cast<double>(very_long_ones) / kCount, 0.0498, 0.003);
}

}  // namespace
}  // namespace karv::bench
