// A mutex, lock and condition that clang's thread-safety analysis understands (libstdc++'s own are not annotated).
//
//   Mutex mutex_;
//   int count_ KARV_GUARDED_BY(mutex_);
//   { const Lock lock(mutex_); ++count_; }
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#define KARV_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define KARV_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define KARV_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define KARV_NO_THREAD_SAFETY_ANALYSIS __attribute__((no_thread_safety_analysis))

namespace karv::base {

class __attribute__((capability("mutex"))) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void lock() __attribute__((acquire_capability())) { inner_.lock(); }
  void unlock() __attribute__((release_capability())) { inner_.unlock(); }

 private:
  friend class Condition;
  std::mutex inner_;
};

class __attribute__((scoped_lockable)) Lock {
 public:
  explicit Lock(Mutex& mutex) __attribute__((acquire_capability(mutex))) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() __attribute__((release_capability())) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// Always waited on in a loop that checks the condition.
class Condition {
 public:
  void wait(Mutex& mutex) KARV_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.inner_, std::adopt_lock);
    inner_.wait(lock);
    lock.release();
  }
  // False when the time ran out.
  bool wait_for(Mutex& mutex, std::chrono::milliseconds limit) KARV_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.inner_, std::adopt_lock);
    const bool woken = inner_.wait_for(lock, limit) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void notify_one() { inner_.notify_one(); }
  void notify_all() { inner_.notify_all(); }

 private:
  std::condition_variable inner_;
};

}  // namespace karv::base
