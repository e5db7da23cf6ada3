// The terms of accounts that were seen before, so that a post asks for sums only, and of a hot account for nothing.
//
// Right at any age: terms never change and accounts are never removed. Filled after commits only (store/database.h).
// Bounded: two generations; when the young one is full the old one is dropped. Thread-safe. One for a database; made in
// the wiring, given to post(). Without one everything works, a query more for each account.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "ledger/types.h"

namespace karv::ledger {

struct KnownTerms {
  AccountId id;
  Terms terms;
};

class AccountCache {
 public:
  // Holds at most twice that many. 48 bytes each, roughly.
  explicit AccountCache(std::size_t generation = 65'536) : generation_(generation) {}

  // One answer for each id, in their order.
  std::vector<std::optional<Terms>> find(std::span<const AccountId> ids) KARV_EXCLUDES(mutex_);
  void put(std::span<const KnownTerms> known) KARV_EXCLUDES(mutex_);

 private:
  using Generation = std::unordered_map<AccountId, Terms>;
  void keep(AccountId id, const Terms& terms) KARV_REQUIRES(mutex_);

  const std::size_t generation_;
  base::Mutex mutex_;
  Generation young_ KARV_GUARDED_BY(mutex_);
  Generation old_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::ledger
