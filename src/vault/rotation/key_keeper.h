// Looks after the keys while the vault serves: reads them anew, starts rotations that are due, works on those that are
// open. A thread of its own; does nothing while the vault is sealed.
#pragma once

#include <thread>

#include "base/mutex.h"
#include "vault/rotation/key_rotation.h"

namespace karv::vault {

class KeyKeeper {
 public:
  KeyKeeper(KeyHolder& holder, KeyRotation& rotation);
  ~KeyKeeper();
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  // After a rotation was started.
  void wake();

 private:
  void run();
  // Waits; false when it is to end.
  bool wait(base::Duration at_most);
  // One look, or the next batch of the last one. Answers whether there is more to do at once.
  base::Result<bool> look(bool next_batch);
  base::Result<bool> look_safely(bool next_batch);

  KeyHolder& holder_;
  KeyRotation& rotation_;
  base::Mutex mutex_;
  base::Condition wake_;
  bool stopping_ KARV_GUARDED_BY(mutex_) = false;
  bool woken_ KARV_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace karv::vault
