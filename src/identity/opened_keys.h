// Subject keys that the vault opened, kept for minutes, and the way to get more: what several requests miss at once
// goes to the vault in one call.
//
// Whoever waits here holds no transaction. At most `most_waiting` wait at a time, and for a second after a failure
// nobody does: with the vault away or hanging, requests that need no sealed data find their workers free.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "identity/bounded_cache.h"
#include "identity/key_vault.h"
#include "identity/subject_key.h"

namespace karv::identity {

inline constexpr std::size_t kOpenedKeys = 20'000;
inline constexpr base::Duration kOpenedTime = base::minutes(5);

class OpenedKeys {
 public:
  struct Opened {
    vault_api::ServerKeyState state = vault_api::ServerKeyState::broken;
    SubjectKeyPtr key;  // when ok
  };

  OpenedKeys(KeyVault& vault, const base::Clock& wall, std::size_t most_waiting)
      : vault_(vault), wall_(wall), most_waiting_(most_waiting), cache_(wall, kOpenedKeys, kOpenedTime) {}

  // What the vault said about the subject's key; nothing when that is not known (any more).
  std::optional<Opened> find(SubjectId subject) const { return cache_.find(subject); }
  void put(SubjectKeyPtr key);
  void forget(SubjectId subject) { cache_.erase(subject); }

  // Has the vault open them, together with what others miss, and keeps its word on each. Blocks for a call or two.
  // Errors: unavailable.
  base::Result<void> open(std::span<const SubjectKeyRow> rows) KARV_EXCLUDES(mutex_);

  // How many are in open() now.
  std::size_t waiting() const KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    return waiting_;
  }

 private:
  struct Waiting {
    std::span<const SubjectKeyRow> rows;
    std::optional<base::Result<void>> outcome = {};
  };
  using Group = std::vector<Waiting*>;

  bool is_moments_ago(base::Instant then) const;
  base::Result<void> open_and_catch(const Group& group);
  base::Result<void> open_together(const Group& group);
  base::Result<void> open_some(std::span<const SubjectKeyRow* const> rows);

  KeyVault& vault_;
  const base::Clock& wall_;
  const std::size_t most_waiting_;
  BoundedCache<SubjectId, Opened> cache_;
  mutable base::Mutex mutex_;
  base::Condition opened_;
  Group queue_ KARV_GUARDED_BY(mutex_);
  std::size_t waiting_ KARV_GUARDED_BY(mutex_) = 0;
  bool asking_ KARV_GUARDED_BY(mutex_) = false;
  std::optional<base::Instant> failed_at_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::identity
