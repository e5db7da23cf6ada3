// Shares that were given and wait for the others: in wiped memory, for 15 minutes, one of each custodian. Not
// thread-safe: its owner locks.
#pragma once

#include <map>

#include "base/clock.h"
#include "base/secret.h"
#include "vault/custody/types.h"

namespace karv::vault {

class GivenShares {
 public:
  // A custodian's second share replaces the first.
  void give(CustodianId custodian, const base::SecretBytes& share, base::Instant now);
  // Of different custodians.
  std::int64_t count(base::Instant now);
  // The key that they give together; they are forgotten. Empty, and they wait on, while they are fewer than `needed`.
  base::SecretBytes combine(std::int64_t needed, base::Instant now);
  void clear() { given_.clear(); }

 private:
  struct Given {
    base::SecretBytes share;  // x and y, 33 bytes
    base::Instant at;
  };
  std::map<CustodianId, Given> given_;
};

}  // namespace karv::vault
