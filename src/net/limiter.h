// How often one key (an address, an account, a merchant) may do a thing: a bucket of tokens per key, filled steadily.
// Bounded: when the table is full, the buckets that are full again (and so say nothing) go first; if there are none, a
// new key is refused, because forgetting a key that is being limited would let it start over.
//
//   net::RateLimiter codes(wall, {.burst = 5, .refill = base::minutes(2)});
//   if (!codes.admit(email)) return base::Error(base::ErrorCode::too_many_requests);
//   net::RateLimiter posts(wall, net::RateLimiter::per(base::minutes(1), 30));
//   if (!posts.admit(net::address_block(request.peer))) ...
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
    base::Duration refill = base::seconds(1);  // `per_refill` more in each of these, evenly
    int per_refill = 1;
    std::size_t max_keys = 100'000;
  };
  // At most so many in a window, e.g. 40 per second: all at once, or evenly.
  static Options per(base::Duration window, int most) { return {.burst = most, .refill = window, .per_refill = most}; }
  struct Verdict {
    bool admitted = false;
    int remaining = 0;                // of the burst
    base::Duration retry_after = {};  // until one would be admitted; zero when admitted
    base::Duration full_after = {};   // until the bucket is full again
  };

  RateLimiter(const base::Clock& wall, Options options);
  // Takes one token of the key's. Thread-safe.
  Verdict ask(std::string_view key);
  bool admit(std::string_view key) { return ask(key).admitted; }
  // Gives the key a full bucket again (a login that succeeded).
  void forget(std::string_view key);

 private:
  // A bucket is known by the time at which it will be full, in ticks: parts of a millisecond of which one token takes
  // `refill.ms` to come back, so that a rate above one per millisecond is exact. The clock going back leaves it as it
  // is.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  bool make_room(base::Instant now) KARV_REQUIRES(mutex_);
  std::int64_t ticks_of(base::Instant time) const { return time.ms * options_.per_refill; }
  base::Duration duration_of(std::int64_t ticks) const;  // rounded up

  const base::Clock& wall_;
  const Options options_;
  base::Mutex mutex_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> full_at_ KARV_GUARDED_BY(mutex_);
  base::Instant next_sweep_ KARV_GUARDED_BY(mutex_);
};

// Whom an address belongs to, for limiting: an IPv4 address is one client; of an IPv6 address the first 64 bits are, as
// whoever has one of them has them all. Text that is no address is its own key.
std::string address_block(std::string_view peer);

}  // namespace karv::net
