#include "load/waiting_line.h"

#include <gtest/gtest.h>

namespace karv::bench {
namespace {

Arrival arrival(std::int64_t number) { return {.number = number, .due = {}, .measured = true}; }

TEST(WaitingLineTest, who_finds_no_free_lane_waits_in_turn) {
  WaitingLine line(2);
  EXPECT_EQ(line.arrive(arrival(1)), 0U);
  EXPECT_EQ(line.arrive(arrival(2)), 1U);
  EXPECT_FALSE(line.arrive(arrival(3)).has_value());
  EXPECT_FALSE(line.arrive(arrival(4)).has_value());
  EXPECT_EQ(line.waiting(), 2U);
  EXPECT_EQ(line.leave(1)->number, 3);
  EXPECT_EQ(line.leave(1)->number, 4);
  EXPECT_FALSE(line.leave(1).has_value());
  EXPECT_FALSE(line.idle());
  EXPECT_FALSE(line.leave(0).has_value());
  EXPECT_TRUE(line.idle());
}

TEST(WaitingLineTest, the_lane_that_became_free_last_is_taken_first) {
  WaitingLine line(3);
  for (int i = 0; i < 3; ++i) line.arrive(arrival(i));
  line.leave(0);
  line.leave(2);
  EXPECT_EQ(line.arrive(arrival(3)), 2U);
  EXPECT_EQ(line.arrive(arrival(4)), 0U);
}

TEST(WaitingLineTest, who_was_sent_away_does_not_begin) {
  WaitingLine line(1);
  line.arrive(arrival(1));
  line.arrive(arrival(2));
  line.send_away();
  EXPECT_FALSE(line.leave(0).has_value());
  EXPECT_TRUE(line.idle());
}

}  // namespace
}  // namespace karv::bench
