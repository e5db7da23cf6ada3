#include "vault/cards/security_codes.h"

namespace karv::vault {

void SecurityCodes::put(CardId card, base::SecretBytes code, base::Instant wall_now) {
  const base::Lock lock(mutex_);
  if (codes_.size() >= kMost && !codes_.contains(card)) return;
  codes_.insert_or_assign(card, Entry{std::move(code), wall_now + kLongest});
}

base::SecretBytes SecurityCodes::take(CardId card, base::Instant wall_now) {
  const base::Lock lock(mutex_);
  const auto found = codes_.find(card);
  if (found == codes_.end()) return {};
  base::SecretBytes code;
  if (wall_now < found->second.until) code = std::move(found->second.code);
  codes_.erase(found);
  return code;
}

void SecurityCodes::sweep(base::Instant wall_now) {
  const base::Lock lock(mutex_);
  std::erase_if(codes_, [&](const auto& entry) { return wall_now >= entry.second.until; });
}

std::size_t SecurityCodes::size() const {
  const base::Lock lock(mutex_);
  return codes_.size();
}

}  // namespace karv::vault
