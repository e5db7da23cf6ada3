#include "money/allocate.h"

#include <array>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace karv::money {
namespace {

constexpr Currency kSek = Currency::of("SEK");

std::vector<std::int64_t> minors(const std::vector<Money>& parts) {
  std::vector<std::int64_t> out;
  for (const auto& part : parts) out.push_back(part.minor());
  return out;
}
using Minors = std::vector<std::int64_t>;

TEST(SplitEvenly, odd_cents_go_where_they_are_told) {
  EXPECT_EQ(minors(split_evenly(Money(1000, kSek), 3, OddCents::first)), (Minors{334, 333, 333}));
  EXPECT_EQ(minors(split_evenly(Money(1001, kSek), 3, OddCents::first)), (Minors{335, 333, 333}));
  EXPECT_EQ(minors(split_evenly(Money(1001, kSek), 3, OddCents::last)), (Minors{333, 333, 335}));
  EXPECT_EQ(minors(split_evenly(Money(1001, kSek), 3, OddCents::spread)), (Minors{334, 334, 333}));
  EXPECT_EQ(minors(split_evenly(Money(-1001, kSek), 3, OddCents::spread)), (Minors{-334, -334, -333}));
  EXPECT_EQ(minors(split_evenly(Money(1, kSek), 3, OddCents::first)), (Minors{1, 0, 0}));
  EXPECT_EQ(minors(split_evenly(Money(0, kSek), 2, OddCents::last)), (Minors{0, 0}));
  EXPECT_EQ(minors(split_evenly(Money(7, kSek), 1, OddCents::last)), (Minors{7}));
}

TEST(SplitEvenly, no_parts_or_absurdly_many_are_a_bug) {
  EXPECT_THROW(static_cast<void>(split_evenly(Money(1, kSek), 0, OddCents::first)), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(split_evenly(Money(1, kSek), 1'000'001, OddCents::first)), base::RequirementFailed);
}

// Source: the worked example of the Hare quota in "Largest remainder method" (Wikipedia): 100,000 votes, 10 seats.
TEST(Allocate, agrees_with_a_published_apportionment) {
  constexpr std::array<std::int64_t, 6> kVotes{47'000, 16'000, 15'900, 12'000, 6'000, 3'100};
  EXPECT_EQ(minors(allocate(Money(10, kSek), kVotes)), (Minors{5, 2, 1, 1, 1, 0}));
}

// Source: M. Fowler, Patterns of Enterprise Application Architecture, "Money": five cents split 70 to 30.
TEST(Allocate, agrees_with_the_foemmel_puzzle) {
  constexpr std::array<std::int64_t, 2> kWeights{70, 30};
  EXPECT_EQ(minors(allocate(Money(5, kSek), kWeights)), (Minors{4, 1}));
}

TEST(Allocate, weights_that_cannot_be_are_a_bug) {
  EXPECT_THROW(static_cast<void>(allocate(Money(1, kSek), {})), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(allocate(Money(1, kSek), std::array<std::int64_t, 2>{0, 0})), base::RequirementFailed);
  EXPECT_THROW(static_cast<void>(allocate(Money(1, kSek), std::array<std::int64_t, 2>{2, -1})),
               base::RequirementFailed);
}

TEST(Allocate, the_largest_numbers_are_exact) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(minors(allocate(Money(kMost, kSek), std::array<std::int64_t, 2>{kMost, kMost})),
            (Minors{kMost / 2 + 1, kMost / 2}));
  EXPECT_EQ(minors(allocate(Money(kLeast, kSek), std::array<std::int64_t, 1>{kMost})), (Minors{kLeast}));
  EXPECT_EQ(minors(split_evenly(Money(kLeast, kSek), 1, OddCents::spread)), (Minors{kLeast}));
}

RC_GTEST_PROP(SplitEvenly, parts_sum_and_differ_by_less_than_their_number, (std::int64_t whole)) {
  const auto parts = *rc::gen::inRange<std::size_t>(1, 60);
  for (const auto where : {OddCents::first, OddCents::last, OddCents::spread}) {
    const auto split = split_evenly(Money(whole, kSek), parts, where);
    RC_ASSERT(split.size() == parts);
    Money sum = Money::zero(kSek);
    for (const auto& part : split) sum += part;
    RC_ASSERT(sum == Money(whole, kSek));
    const auto [least, most] = std::ranges::minmax(split);
    RC_ASSERT((most - least).minor() < static_cast<std::int64_t>(where == OddCents::spread ? 2 : parts));
  }
}

RC_GTEST_PROP(Allocate, parts_sum_and_are_within_one_of_their_share, (std::int32_t whole)) {
  const auto weights =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 1'000)));
  std::int64_t total = 0;
  for (const auto weight : weights) total += weight;
  RC_PRE(total > 0);
  const auto parts = allocate(Money(whole, kSek), weights);
  RC_ASSERT(parts.size() == weights.size());
  Money sum = Money::zero(kSek);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    sum += parts[i];
    const std::int64_t off = parts[i].minor() * total - std::int64_t{whole} * weights[i];
    RC_ASSERT(off > -total && off < total);
    if (weights[i] == 0) RC_ASSERT(parts[i].is_zero());
  }
  RC_ASSERT(sum == Money(whole, kSek));
  RC_ASSERT(minors(allocate(Money(-std::int64_t{whole}, kSek), weights)).front() == -parts.front().minor());
}

}  // namespace
}  // namespace karv::money
