#include "ledger/account_cache.h"

#include <utility>

namespace karv::ledger {

std::vector<std::optional<Terms>> AccountCache::find(std::span<const AccountId> ids) {
  std::vector<std::optional<Terms>> answers(ids.size());
  const base::Lock lock(mutex_);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto young = young_.find(ids[i]); young != young_.end()) {
      answers[i] = young->second;
    } else if (const auto old = old_.find(ids[i]); old != old_.end()) {
      answers[i] = old->second;
      keep(ids[i], *answers[i]);  // what is used stays
    }
  }
  return answers;
}

void AccountCache::put(std::span<const KnownTerms> known) {
  const base::Lock lock(mutex_);
  for (const auto& [id, terms] : known) keep(id, terms);
}

void AccountCache::keep(AccountId id, const Terms& terms) {
  if (young_.size() >= generation_) old_ = std::exchange(young_, {});
  young_.insert_or_assign(id, terms);
}

}  // namespace karv::ledger
