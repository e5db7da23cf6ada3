#include "identity/bounded_cache.h"

#include <string>

#include <gtest/gtest.h>

namespace karv::identity {
namespace {

class BoundedCacheTest : public testing::Test {
 protected:
  base::ManualClock wall{base::Instant{1'000}};
  BoundedCache<int, std::string> cache{wall, 3, base::seconds(10)};
};

TEST_F(BoundedCacheTest, the_oldest_entry_gives_way) {
  for (int i = 0; i < 5; ++i) cache.put(i, std::to_string(i));
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_FALSE(cache.find(1).has_value());
  EXPECT_EQ(cache.find(2), "2");
  EXPECT_EQ(cache.find(4), "4");
}

TEST_F(BoundedCacheTest, entries_expire) {
  cache.put(1, "one");
  wall.advance(base::seconds(10));
  EXPECT_FALSE(cache.find(1).has_value());
  cache.put(2, "two");
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(BoundedCacheTest, replacing_one_key_for_ever_stays_bounded) {
  for (int i = 0; i < 1'000; ++i) cache.put(1, std::to_string(i));
  EXPECT_EQ(cache.find(1), "999");
  EXPECT_EQ(cache.size(), 1U);
  for (int i = 2; i < 4; ++i) cache.put(i, "x");
  EXPECT_EQ(cache.find(1), "999");
}

TEST_F(BoundedCacheTest, erased_entries_are_gone_and_may_come_back) {
  cache.put(1, "one");
  cache.erase(1);
  EXPECT_FALSE(cache.find(1).has_value());
  cache.put(1, "again");
  EXPECT_EQ(cache.find(1), "again");
  cache.clear();
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace karv::identity
