// The keys that the vault signs bank files with: Ed25519, one for each destination, made at its first use. Its seed
// exists in clear for one signature at a time; at rest it is wrapped by a key of the HSM that has the destination's
// name, so that neither the store nor the HSM alone can sign. The public key goes to the bank by hand.
// Source: RFC 8032.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "store/database.h"
#include "vault/bank/file_repository.h"
#include "vault/keys/key_holder.h"

namespace karv::vault {

struct BankSignature {
  base::Bytes public_key;
  base::Bytes signature;
};

class BankSigning {
 public:
  BankSigning(store::Database& database, KeyHolder& keys, const base::Clock& wall, base::Random& random)
      : database_(database), keys_(keys), wall_(wall), random_(random) {}

  // Errors: unavailable VAULT_SEALED, and the HSM's. Effects: bank_signing_keys, a key in the HSM (the first time).
  base::Result<base::Bytes> public_key(const std::string& destination);
  // As above; internal, when the stored key is not what it was.
  base::Result<BankSignature> sign(const std::string& destination, base::ByteView bytes);

 private:
  base::Result<StoredSigningKey> ensure_key(const std::string& destination);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
  base::Random& random_;
};

}  // namespace karv::vault
