// Shared state cannot be touched without its mutex.
// expect: requires holding mutex 'mutex_'
#include "base/mutex.h"

class Counter {
 public:
  void add() {
    const karv::base::Lock lock(mutex_);
    ++count_;
  }
#ifdef KARV_MISUSE
  void add_unlocked() { ++count_; }
#endif

 private:
  karv::base::Mutex mutex_;
  int count_ KARV_GUARDED_BY(mutex_) = 0;
};
