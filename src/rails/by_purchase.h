// Card operations side by side: purchases on several threads, what belongs to one purchase in its order. For dispatch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/side_by_side.h"
#include "rails/types.h"

namespace karv::rails {

using Handle = std::function<base::Result<bool>(const CardOperation&)>;

// Hands out purchases to the threads of side_by_side, and adds up what they say.
class ByPurchase {
 public:
  explicit ByPurchase(const std::vector<CardOperation>& operations) {
    std::map<base::Uuid, std::size_t> known;
    for (const auto& operation : operations) {
      const auto [at, is_new] = known.try_emplace(operation.purchase, purchases_.size());
      if (is_new) purchases_.emplace_back();
      purchases_[at->second].push_back(&operation);
    }
  }

  // Answers how many `handle` said true for. The first failure ends it; what is under way ends first.
  base::Result<std::int64_t> handle_all(std::size_t at_once, const Handle& handle) {
    base::side_by_side(std::clamp<std::size_t>(at_once, 1, std::max<std::size_t>(purchases_.size(), 1)),
                       [&] { work(handle); });
    const base::Lock lock(mutex_);
    if (failure_) return *failure_;
    return done_;
  }

 private:
  using Purchase = std::vector<const CardOperation*>;

  const Purchase* next() KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    return failure_ || next_ == purchases_.size() ? nullptr : &purchases_[next_++];
  }
  void work(const Handle& handle) {
    while (const Purchase* purchase = next())
      for (const auto* operation : *purchase)
        if (!note(handle(*operation))) return;
  }
  bool note(const base::Result<bool>& handled) KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    if (!handled.ok() && !failure_) failure_ = handled.error();
    if (handled.ok() && *handled) ++done_;
    return !failure_;
  }

  std::vector<Purchase> purchases_;  // in the order of their first operations
  base::Mutex mutex_;
  std::size_t next_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t done_ KARV_GUARDED_BY(mutex_) = 0;
  std::optional<base::Error> failure_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::rails
