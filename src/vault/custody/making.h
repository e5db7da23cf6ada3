// Making a custody: a PIN that nobody has seen, sealed under a key that is split among custodians. Pure but for its
// random bytes; what is stored of it, and when, is the ceremony's and the exchange's.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "vault/custody/types.h"

namespace karv::vault {

inline constexpr std::size_t kMostCustodians = 20;  // few people, PCI DSS 3.6.1.3

struct CeremonyPlan {
  std::vector<vault_api::CustodianCard> custodians;
  std::int64_t needed = 2;
  bool replace = false;  // custodians who were confirmed, but whose PIN is no longer the HSM's
};

// All that is made for one custody, before anything of it is stored.
struct MadeCustody {
  Custody custody;
  base::SecretBytes key;  // what the shares give together
  base::SecretBytes pin;
  std::vector<Custodian> custodians;
  std::vector<vault_api::ShareFile> files;  // of the same order
};

// Errors: bad_value (fewer than two needed, fewer custodians than needed, two of one name or with one key, keys that
// are none).
base::Result<void> check_plan(const CeremonyPlan& plan);
// Of a plan that was checked.
base::Result<MadeCustody> make_custody(const CeremonyPlan& plan, const base::Clock& wall, base::Random& random);

// Where the sealed PIN belongs, and where the PIN that it replaces does.
base::Bytes pin_place(CustodyId id);
base::Bytes former_pin_place(CustodyId id);
// What is stored of a share.
base::Bytes share_digest(CustodianId custodian, const base::SecretBytes& share);

}  // namespace karv::vault
