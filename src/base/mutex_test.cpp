#include "base/mutex.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace karv::base {
namespace {

class Counter {
 public:
  void add() {
    const Lock lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int wait_until(int least) {
    const Lock lock(mutex_);
    while (count_ < least) changed_.wait(mutex_);
    return count_;
  }
  bool wait_briefly_for_change() {
    const Lock lock(mutex_);
    return changed_.wait_for(mutex_, std::chrono::milliseconds(5));
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int count_ KARV_GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, many_threads_lose_no_count) {
  Counter counter;
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&counter] {
      for (int j = 0; j < 1000; ++j) counter.add();
    });
  }
  EXPECT_EQ(counter.wait_until(4000), 4000);
}

TEST(Condition, waiting_ends_when_the_time_is_up) {
  Counter counter;
  for (int i = 0; i < 100; ++i)  // a condition may wake by itself, but not always
    if (!counter.wait_briefly_for_change()) return;
  FAIL() << "never timed out";
}

}  // namespace
}  // namespace karv::base
