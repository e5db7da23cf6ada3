// The key ceremony: the HSM's PIN becomes one that nobody has seen, sealed under a key that is split among custodians.
//
// Each share is as long as that key and leaves encrypted for its custodian alone. Of the key, the PIN and the shares
// nothing is kept but the sealed PIN and digests of the shares.
#pragma once

#include <functional>
#include <vector>

#include "base/random.h"
#include "store/database.h"
#include "vault/custody/making.h"

namespace karv::vault {

// What the ceremony does with the outside, in this order.
struct CeremonyHands {
  std::function<base::Result<void>()> check_pin;  // that the PIN we were given is the HSM's
  std::function<base::Result<void>(const std::vector<vault_api::ShareFile>&)> deliver;
  std::function<base::Result<void>(const base::SecretBytes& new_pin)> change_pin;
};

// Errors: those of check_plan(), conflict CUSTODY_EXISTS, those of the hands. Effects: custody, custodians, the audit
// log, the HSM's PIN. Until the PIN is changed it can be held again; what was broken off after that is confirmed by the
// first unsealing. A plan that replaces needs no custodian: whoever knows the HSM's PIN has everything already (a store
// out of a backup from before its custodians changed; the HSM's security officer has set another PIN).
base::Result<void> hold_ceremony(store::Database& database, const CeremonyPlan& plan, const CeremonyHands& hands,
                                 const base::Clock& wall, base::Random& random);

}  // namespace karv::vault
