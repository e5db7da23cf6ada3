#include "apps/vault/chores.h"

#include <chrono>

#include "base/log.h"
#include "base/wipe_stack.h"

namespace karv::apps::vault {

Chores::~Chores() {
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

bool Chores::wait_a_second() {
  const base::Lock lock(mutex_);
  if (!stopping_) wake_.wait_for(mutex_, std::chrono::seconds(1));
  return !stopping_;
}

void Chores::run() {
  for (int second = 0; wait_a_second(); ++second)
    for (const auto& chore : chores_) {
      if (second % chore.every_seconds != 0) continue;
      if (const auto done = chore.work(); !done.ok())
        base::log::error("vault_chore_failed", {{"chore", chore.name}, {"detail", done.error().internal_text()}});
      base::wipe_stack();
    }
}

}  // namespace karv::apps::vault
