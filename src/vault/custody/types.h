// The nouns of custody: who holds shares of what opens the HSM, as it is stored. No share is ever stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id.h"
#include "vault_api/admin_messages.h"

namespace karv::vault {

using vault_api::CustodianId;

struct CustodyTag;
using CustodyId = base::Id<CustodyTag>;

// What the custodians open together: the HSM's PIN, sealed under a key that is split among them.
struct Custody {
  CustodyId id;
  std::int64_t needed = 0;  // m of the n custodians
  base::Bytes sealed_pin;
  base::Instant created_at;
  bool confirmed = false;  // the HSM has this PIN; before that the ceremony may be held again
};

struct Custodian {
  CustodianId id;
  std::string name;
  base::Bytes signs;         // Ed25519 public key
  base::Bytes share_digest;  // tells a wrong share from the right one; 256 random bits stand behind it
  std::optional<base::Instant> accepted_at;
  base::Bytes acceptance;  // signed_act() and, behind it, the signature over it; empty before
  bool next = false;       // of the custody that takes over: may fetch his share, accept and unseal
};

// The custody that takes over at the first unsealing by its custodians (exchange.h).
struct NextCustody {
  Custody custody;
  base::Bytes sealed_former_pin;  // the PIN of now, under the same key as the next one
  bool changing = false;          // the HSM may have either PIN
  std::vector<Custodian> custodians;
  std::vector<vault_api::ShareFile> shares;  // of the same order, each encrypted for its custodian
};

}  // namespace karv::vault
