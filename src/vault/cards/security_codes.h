// Security codes between the moment they are typed and the one hold they are for: in this process's memory only, wiped
// when taken and at the latest 25 seconds after they came. Never stored, logged, or sent anywhere but in that hold.
// Source: PCI DSS v4.0.1 requirement 3.3.1 (no storage of sensitive authentication data after authorization).
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "vault/types.h"

namespace karv::vault {

class SecurityCodes {
 public:
  static constexpr base::Duration kLongest = base::seconds(25);
  static constexpr std::size_t kMost = 10'000;  // beyond it new codes are not kept: holds then go without one

  void put(CardId card, base::SecretBytes code, base::Instant wall_now) KARV_EXCLUDES(mutex_);
  // Empty when there is none, or it is too old.
  base::SecretBytes take(CardId card, base::Instant wall_now) KARV_EXCLUDES(mutex_);
  // Wipes what is too old; called every second.
  void sweep(base::Instant wall_now) KARV_EXCLUDES(mutex_);
  std::size_t size() const KARV_EXCLUDES(mutex_);

 private:
  struct Entry {
    base::SecretBytes code;
    base::Instant until;
  };
  mutable base::Mutex mutex_;
  std::map<CardId, Entry> codes_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::vault
