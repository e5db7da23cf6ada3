#include "base/side_by_side.h"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace karv::base {
namespace {

TEST(SideBySide, as_many_run_at_once_as_were_asked_for) {
  std::latch all(4);
  std::atomic<int> ran{0};
  side_by_side(4, [&] {
    all.arrive_and_wait();  // none gets on before the fourth is there
    ++ran;
  });
  EXPECT_EQ(ran, 4);
}

TEST(SideBySide, one_is_the_caller_itself) {
  std::thread::id who;
  side_by_side(1, [&] { who = std::this_thread::get_id(); });
  EXPECT_EQ(who, std::this_thread::get_id());
}

TEST(SideBySide, what_one_throws_reaches_the_caller_after_the_others_have_ended) {
  std::atomic<int> ended{0};
  std::atomic<bool> thrown{false};
  const auto work = [&] {
    if (!thrown.exchange(true)) throw std::runtime_error("first");
    ++ended;
  };
  EXPECT_THROW(side_by_side(3, work), std::runtime_error);
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace karv::base
