// The nouns of the key hierarchy, as they are stored. Plain values; a clear key is never among them.
//
//   root (HSM)  ─ wraps ─►  ticket key            digests of card tickets
//               ─ wraps ─►  proof key             signatures under proofs of erasure
//               ─ wraps ─►  network key           cryptograms of uses of cards; the card network has it too
//               ─ wraps ─►  tenant key  ─ wraps ─►  fingerprint key, token key of the tenant
//   epoch (HSM) ─ wraps ─►  epoch key
//   tenant key + epoch key  ─ together wrap ─►  subject key  ─ seals ─►  cards
// Source: NIST SP 800-57 part 1 (states, cryptoperiods), PCI DSS v4.0.1 3.6 and 3.7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/describe/enum.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"

namespace karv::vault {

struct KeyTag;
struct SubjectKeyTag;
struct SubjectTag;
struct TenantTag;
using KeyId = base::Id<KeyTag>;
using SubjectKeyId = base::Id<SubjectKeyTag>;
using SubjectId = base::Id<SubjectTag>;  // a customer's id, of whom the vault knows nothing else
using TenantId = base::Id<TenantTag>;    // whose server it is; nil: the whole vault's

// `root` and `epoch` are wrapping keys in the HSM, `proof` is the seed of a signing key, the others are 256-bit data
// keys. In this order a class comes before
// what it wraps.
BOOST_DEFINE_ENUM_CLASS(KeyClass, root, epoch, ticket, proof, network, tenant, fingerprint, token, subject)

constexpr bool is_in_hsm(KeyClass key_class) { return key_class == KeyClass::root || key_class == KeyClass::epoch; }

// active: protects and opens. decrypt_only: retired, opens. compromised, destroyed: nothing.
BOOST_DEFINE_ENUM_CLASS(KeyState, active, decrypt_only, compromised, destroyed)

struct StoredKey {
  KeyId id;
  KeyClass key_class = KeyClass::tenant;
  TenantId tenant;
  std::int64_t version = 1;  // rises within class and tenant
  KeyId parent;              // what wraps it; nil: the HSM's own key of this class and version
  base::Bytes wrapped;       // empty once destroyed. Of the root: a probe that proves which key the HSM holds
  base::Bytes check_value;
  KeyState state = KeyState::active;
  std::int64_t uses = 0;  // at most that many; counted in blocks
  base::Instant created_at;
  std::optional<base::Instant> retired_at;
};

struct StoredSubjectKey {
  SubjectKeyId id;
  SubjectId subject;
  TenantId tenant;
  std::int64_t version = 1;
  KeyId tenant_key;
  KeyId epoch_key;
  base::Bytes wrapped;  // empty once destroyed
  KeyState state = KeyState::active;
  std::int64_t uses = 0;
  base::Instant created_at;
};

struct Tenant {
  TenantId id;
  std::string name;  // the common name of its server's certificate
};

// One subject's key, open. Wiped with its holder.
struct SubjectKey {
  SubjectKeyId id;
  base::SecretBytes clear;
};

}  // namespace karv::vault
