// A small cache with a size limit and a time to live, for values that may be a little out of date. Thread-safe.
// When full, the oldest entry goes. Not for anything that must be right to the second.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace karv::identity {

template <class Key, class Value, class Hash = std::hash<Key>>
class BoundedCache {
 public:
  // Pre: capacity > 0.
  BoundedCache(const base::Clock& wall, std::size_t capacity, base::Duration time_to_live)
      : wall_(wall), capacity_(capacity), time_to_live_(time_to_live) {}

  std::optional<Value> find(const Key& key) const KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.expires_at <= wall_.now()) return std::nullopt;
    return found->second.value;
  }

  void put(const Key& key, Value value) KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    const std::uint64_t generation = ++generation_;
    entries_.insert_or_assign(key, Entry{std::move(value), wall_.now() + time_to_live_, generation});
    order_.emplace_back(key, generation);
    shrink();
  }

  void erase(const Key& key) KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    entries_.erase(key);
  }

  void clear() KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    entries_.clear();
    order_.clear();
  }

  std::size_t size() const KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    Value value;
    base::Instant expires_at;
    std::uint64_t generation;
  };

  // Drops expired entries at the front and what is over the limit. `order_` may name entries that were replaced or
  // erased since; those are skipped by their generation.
  void shrink() KARV_REQUIRES(mutex_) {
    while (!order_.empty()) {
      const auto& [key, generation] = order_.front();
      const auto found = entries_.find(key);
      const bool stale = found == entries_.end() || found->second.generation != generation;
      if (!stale && entries_.size() <= capacity_ && found->second.expires_at > wall_.now()) return;
      if (!stale) entries_.erase(found);
      order_.pop_front();
    }
  }

  const base::Clock& wall_;
  const std::size_t capacity_;
  const base::Duration time_to_live_;
  mutable base::Mutex mutex_;
  std::unordered_map<Key, Entry, Hash> entries_ KARV_GUARDED_BY(mutex_);
  std::deque<std::pair<Key, std::uint64_t>> order_ KARV_GUARDED_BY(mutex_);
  std::uint64_t generation_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::identity
