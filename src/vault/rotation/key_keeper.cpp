#include "vault/rotation/key_keeper.h"

#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"
#include "base/wipe_stack.h"

namespace karv::vault {
namespace {

constexpr base::Duration kBetweenLooks = base::seconds(15);
constexpr base::Duration kBetweenBatches = base::milliseconds(20);  // requests come first

}  // namespace

KeyKeeper::KeyKeeper(KeyHolder& holder, KeyRotation& rotation)
    : holder_(holder), rotation_(rotation), thread_([this] { run(); }) {}

KeyKeeper::~KeyKeeper() {
  {
    const base::Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void KeyKeeper::wake() {
  const base::Lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

bool KeyKeeper::wait(base::Duration at_most) {
  const base::Lock lock(mutex_);
  if (!stopping_ && !woken_) wake_.wait_for(mutex_, std::chrono::milliseconds(at_most.ms));
  woken_ = false;
  return !stopping_;
}

base::Result<bool> KeyKeeper::look_safely(bool next_batch) {
  try {
    return look(next_batch);
  } catch (const std::exception& bug) {  // of ours, or a row that is none: the vault goes on without its keeper's help
    return base::internal_error(base::ErrorCode::internal, bug.what());
  }
}

base::Result<bool> KeyKeeper::look(bool next_batch) {
  KARV_TRY_VOID(rotation_.destroy_leftovers());
  if (!next_batch) KARV_TRY_VOID(rotation_.start_due());
  return rotation_.work();
}

void KeyKeeper::run() {
  bool more = false;
  do {
    if (!holder_.sealed_because().empty()) continue;
    const auto looked = look_safely(std::exchange(more, false));
    if (looked.ok()) {
      more = looked.value();
    } else if (looked.error().reason() != "VAULT_SEALED") {
      base::log::warn("vault_keys_not_looked_after", {{"detail", looked.error().internal_text()}});
    }
    base::wipe_stack();
  } while (wait(more ? kBetweenBatches : kBetweenLooks));
}

}  // namespace karv::vault
