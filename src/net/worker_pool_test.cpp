#include "net/worker_pool.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace karv::net {
namespace {

constexpr std::size_t kSpilled = 32768;  // the next job writes over a few kB of it

// Leaves a pattern on its thread's stack, where no destructor reaches it, and says where. Not instrumented: the
// sanitizer would keep its variables elsewhere.
[[gnu::noinline, clang::no_sanitize("address")]] void spill(std::uint8_t pattern, std::uintptr_t& where) {
  std::array<volatile std::uint8_t, kSpilled> room;
  for (auto& byte : room) byte = pattern;
  where = reinterpret_cast<std::uintptr_t>(room.data());
}

// How many bytes stand there in runs of eight, by the process's memory as the kernel has it: single ones are anybody's.
std::size_t count_at(std::uintptr_t address, std::uint8_t pattern) {
  std::string bytes(kSpilled, '\0');
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  EXPECT_GE(memory, 0);
  EXPECT_EQ(::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(address)),
            static_cast<ssize_t>(bytes.size()));
  ::close(memory);
  const std::string run(8, static_cast<char>(pattern));
  std::size_t found = 0;
  for (auto at = bytes.find(run); at != std::string::npos; at = bytes.find(run, at + run.size())) found += run.size();
  return found;
}

// How much of it is left on the thread's stack once the job is done.
std::size_t left_by_a_job(bool wipe) {
  constexpr std::uint8_t kPattern = 0xC5;
  WorkerPool pool({.threads = 1, .max_queue = 4, .wipe_stack = wipe});
  std::uintptr_t address = 0;
  EXPECT_TRUE(pool.submit([&] { spill(kPattern, address); }));
  std::promise<void> next;  // runs after what comes after a job
  EXPECT_TRUE(pool.submit([&] { next.set_value(); }));
  next.get_future().wait();
  return count_at(address, kPattern);
}

TEST(WorkerPool, what_a_job_left_on_the_stack_is_wiped_where_that_was_asked_for) {
  EXPECT_GT(left_by_a_job(false), kSpilled / 2);  // otherwise the test would see nothing
  EXPECT_EQ(left_by_a_job(true), 0U);
}

TEST(WorkerPool, a_full_queue_refuses_and_a_continuation_is_taken) {
  WorkerPool pool({.threads = 1, .max_queue = 1});
  std::promise<void> begun, go;
  auto gate = go.get_future().share();
  ASSERT_TRUE(pool.submit([&begun, gate] {
    begun.set_value();
    gate.wait();
  }));
  begun.get_future().wait();
  std::atomic<int> ran = 0;
  EXPECT_TRUE(pool.submit([&] { ++ran; }));
  EXPECT_FALSE(pool.submit([&] { ++ran; }));
  EXPECT_TRUE(pool.submit_continuation([&] { ++ran; }));
  go.set_value();
  pool.stop();
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(pool.submit([] {}));
}

}  // namespace
}  // namespace karv::net
