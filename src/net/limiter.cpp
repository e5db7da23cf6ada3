#include "net/limiter.h"

#include <algorithm>

#include "base/check.h"

namespace karv::net {

RateLimiter::RateLimiter(const base::Clock& wall, Options options) : wall_(wall), options_(options) {
  KARV_CHECK(options.burst > 0 && options.refill.ms > 0 && options.max_keys > 0);
}

RateLimiter::Verdict RateLimiter::ask(std::string_view key) {
  const base::Instant now = wall_.now();
  const base::Lock lock(mutex_);
  auto found = full_at_.find(key);
  if (found == full_at_.end()) {
    if (full_at_.size() >= options_.max_keys && !make_room(now)) return {.retry_after = options_.refill};
    found = full_at_.emplace(std::string(key), now).first;
  }
  // Each token taken moves the time of fullness by one refill; an empty bucket is full `burst` refills from now.
  const base::Instant full_at = std::max(found->second, now) + options_.refill;
  const base::Duration missing = full_at - now;
  const base::Duration capacity = options_.refill * options_.burst;
  if (missing > capacity) return {.retry_after = missing - capacity};
  found->second = full_at;
  return {.admitted = true, .remaining = static_cast<int>((capacity - missing).ms / options_.refill.ms)};
}

void RateLimiter::forget(std::string_view key) {
  const base::Lock lock(mutex_);
  const auto found = full_at_.find(key);
  if (found != full_at_.end()) full_at_.erase(found);
}

// Drops the full buckets; at most once per refill, so that a flood of keys does not make each request sweep.
bool RateLimiter::make_room(base::Instant now) {
  if (now < next_sweep_) return false;
  next_sweep_ = now + options_.refill;
  std::erase_if(full_at_, [&](const auto& entry) { return entry.second <= now; });
  return full_at_.size() < options_.max_keys;
}

}  // namespace karv::net
