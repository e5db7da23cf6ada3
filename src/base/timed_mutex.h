// A mutex that others wait for a limited time only, annotated for clang's thread-safety analysis as those of mutex.h
// are.
//
//   if (!mutex_.try_lock_for(limit)) return ...;
//   const LockedBefore lock(mutex_);
#pragma once

#include <chrono>
#include <mutex>

#include "base/mutex.h"

namespace karv::base {

// For what one thread may hold while it waits for the outside: the others wait for a time only.
class __attribute__((capability("mutex"))) TimedMutex {
 public:
  TimedMutex() = default;
  TimedMutex(const TimedMutex&) = delete;
  TimedMutex& operator=(const TimedMutex&) = delete;
  bool try_lock_for(std::chrono::milliseconds limit) __attribute__((try_acquire_capability(true))) {
    return inner_.try_lock_for(limit);
  }
  void unlock() __attribute__((release_capability())) { inner_.unlock(); }

 private:
  std::timed_mutex inner_;
};

// Unlocks what try_lock_for() locked.
class __attribute__((scoped_lockable)) LockedBefore {
 public:
  explicit LockedBefore(TimedMutex& mutex) __attribute__((requires_capability(mutex))) : mutex_(mutex) {}
  ~LockedBefore() __attribute__((release_capability())) { mutex_.unlock(); }
  LockedBefore(const LockedBefore&) = delete;
  LockedBefore& operator=(const LockedBefore&) = delete;

 private:
  TimedMutex& mutex_;
};

}  // namespace karv::base
