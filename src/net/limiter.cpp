#include "net/limiter.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "base/check.h"

namespace karv::net {

RateLimiter::RateLimiter(const base::Clock& wall, Options options) : wall_(wall), options_(options) {
  KARV_CHECK(options.burst > 0 && options.refill.ms > 0 && options.max_keys > 0);
  KARV_CHECK(options.per_refill > 0 && options.per_refill <= 1'000'000);  // ticks of the year 2200 fit in 64 bits
}

base::Duration RateLimiter::duration_of(std::int64_t ticks) const {
  return {(ticks + options_.per_refill - 1) / options_.per_refill};
}

RateLimiter::Verdict RateLimiter::ask(std::string_view key) {
  const base::Instant time = wall_.now();
  const std::int64_t now = ticks_of(time);
  const base::Lock lock(mutex_);
  auto found = full_at_.find(key);
  if (found == full_at_.end()) {
    if (full_at_.size() >= options_.max_keys && !make_room(time))
      return {.retry_after = options_.refill, .full_after = options_.refill};
    found = full_at_.emplace(std::string(key), now).first;
  }
  // Each token taken moves the time of fullness by one token's ticks; an empty bucket is full `burst` of them from now.
  const std::int64_t full_at = std::max(found->second, now) + options_.refill.ms;
  const std::int64_t missing = full_at - now;
  const std::int64_t capacity = options_.refill.ms * options_.burst;
  if (missing > capacity)
    return {.retry_after = duration_of(missing - capacity), .full_after = duration_of(missing - options_.refill.ms)};
  found->second = full_at;
  return {.admitted = true,
          .remaining = static_cast<int>((capacity - missing) / options_.refill.ms),
          .full_after = duration_of(missing)};
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
  std::erase_if(full_at_, [&, ticks = ticks_of(now)](const auto& entry) { return entry.second <= ticks; });
  return full_at_.size() < options_.max_keys;
}

std::string address_block(std::string_view peer) {
  constexpr std::size_t kBlock = 8;
  constexpr std::string_view kMappedIpv4{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
  const std::string text(peer.substr(0, peer.find('%')));  // a link-local address names its interface behind
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::string(peer);
  const std::string_view address(bytes.data(), bytes.size());
  if (!address.starts_with(kMappedIpv4)) return std::string(address.substr(0, kBlock));
  std::array<char, INET_ADDRSTRLEN> plain{};
  inet_ntop(AF_INET, bytes.data() + kMappedIpv4.size(), plain.data(), plain.size());
  return plain.data();
}

}  // namespace karv::net
