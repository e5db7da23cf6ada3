// The vault's keys: random, wrapped by the HSM, unwrapped once at start and kept in wiped memory.
//
// Three purposes, never mixed: `seal` (cards; has versions, new values take the newest), `fingerprint` (keyed digest of
// a number within one customer) and `token` (digest under which tokens and tickets are stored). Used by vault alone.
// Source: PCI DSS v4.0.1 3.5.1.1 (keyed digests), 3.6.1.
#pragma once

#include <map>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "store/database.h"
#include "vault/card.h"
#include "vault/types.h"

namespace karv::vault {

class KeyRing {
 public:
  // Makes keys that do not exist yet. Errors: the HSM's; internal when a stored key does not unwrap.
  static base::Result<KeyRing> open(store::Database& database, crypto::Hsm& hsm, base::Instant now);
  // A new version of the sealing key for values from now on; older values still open.
  static base::Result<void> rotate_sealing_key(store::Database& database, crypto::Hsm& hsm, base::Instant now);

  // Fills `sealed` and `key_version` for this row: its id and customer are part of what is sealed.
  void seal(const Card& card, StoredCard& row, base::Random& random) const;
  // Errors: internal, when the row is not where and what it was.
  base::Result<Card> open_card(const StoredCard& row) const;

  base::Bytes fingerprint(CustomerRef customer, const base::SecretBytes& number) const;
  base::Bytes token_mac(std::string_view random_text) const;
  base::Bytes ticket_mac(std::string_view random_text) const;

 private:
  KeyRing() = default;
  std::map<std::int64_t, base::SecretBytes> sealing_;
  base::SecretBytes fingerprint_;
  base::SecretBytes token_;
};

// 256 random bits as text: a token's or a ticket's only copy.
std::string random_text(base::Random& random);

}  // namespace karv::vault
