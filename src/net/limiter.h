// How often one key (an address, an account, a merchant) may do a thing: a bucket of tokens per key, filled steadily.
// Bounded: when the table is full, the buckets that are full again (and so say nothing) go first; if there are none, a
// new key is refused, because forgetting a key that is being limited would let it start over.
//
//   net::RateLimiter codes(wall, {.burst = 5, .refill = base::minutes(2)});
//   if (!codes.admit(email)) return base::Error(base::ErrorCode::too_many_requests);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"

namespace karv::net {

class RateLimiter {
 public:
  struct Options {
    int burst = 10;                            // how many at once
    base::Duration refill = base::seconds(1);  // one more after each of these
    std::size_t max_keys = 100'000;
  };
  struct Verdict {
    bool admitted = false;
    int remaining = 0;                // of the burst
    base::Duration retry_after = {};  // until one would be admitted; zero when admitted
  };

  RateLimiter(const base::Clock& wall, Options options);
  // Takes one token of the key's. Thread-safe.
  Verdict ask(std::string_view key);
  bool admit(std::string_view key) { return ask(key).admitted; }
  // Gives the key a full bucket again (a login that succeeded).
  void forget(std::string_view key);

 private:
  // A bucket is known by the time at which it will be full; the clock going back leaves it as it is.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  bool make_room(base::Instant now) KARV_REQUIRES(mutex_);

  const base::Clock& wall_;
  const Options options_;
  base::Mutex mutex_;
  std::unordered_map<std::string, base::Instant, Hash, std::equal_to<>> full_at_ KARV_GUARDED_BY(mutex_);
  base::Instant next_sweep_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::net
