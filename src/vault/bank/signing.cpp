#include "vault/bank/signing.h"

#include "crypto/ed25519.h"
#include "crypto/hash.h"

namespace karv::vault {
namespace {

std::string label_of(const KeyHolder& keys, const std::string& destination) {
  return keys.settings().hsm_prefix + "-bank-" + destination;
}
base::Bytes place_of(const std::string& destination, base::ByteView public_key) {
  return crypto::framed({base::as_bytes("bank_signing_keys"), base::as_bytes(destination), public_key});
}

}  // namespace

base::Result<StoredSigningKey> BankSigning::ensure_key(const std::string& destination) {
  const auto find = [&](store::ReadTx& tx) { return find_signing_key(tx, destination); };
  KARV_TRY(auto known, database_.read<std::optional<StoredSigningKey>>("vault_find_signing_key", find));
  if (known) return *std::move(known);
  KARV_TRY(const auto hsm, keys_.hsm());
  const auto label = label_of(keys_, destination);
  KARV_TRY_VOID(hsm->ensure_key(label));
  const auto pair = crypto::make_ed25519_pair(random_);
  StoredSigningKey made{.destination = destination, .public_key = pair.public_key, .wrapped = {}};
  KARV_TRY(made.wrapped, hsm->wrap(label, pair.seed, place_of(destination, pair.public_key)));
  const auto stored = database_.write<void>("vault_insert_signing_key", [&](store::Tx& tx) -> base::Result<void> {
    insert_signing_key(tx, made, wall_.now());
    return {};
  });
  if (stored.ok()) return made;
  if (stored.error().code() != base::ErrorCode::conflict) return stored.error();
  KARV_TRY(known, database_.read<std::optional<StoredSigningKey>>("vault_find_signing_key", find));
  if (!known) return stored.error();
  return *std::move(known);  // somebody was faster
}

base::Result<base::Bytes> BankSigning::public_key(const std::string& destination) {
  KARV_TRY(auto key, ensure_key(destination));
  return std::move(key.public_key);
}

base::Result<BankSignature> BankSigning::sign(const std::string& destination, base::ByteView bytes) {
  KARV_TRY(auto key, ensure_key(destination));
  KARV_TRY(const auto hsm, keys_.hsm());
  KARV_TRY(const auto seed,
           hsm->unwrap(label_of(keys_, destination), key.wrapped, place_of(destination, key.public_key)));
  if (seed.size() != crypto::kEd25519KeySize || crypto::ed25519_public_key(seed) != key.public_key)
    return base::internal_error(base::ErrorCode::internal, "a bank signing key is not what it was");
  return BankSignature{.public_key = key.public_key, .signature = crypto::sign_ed25519(seed, bytes)};
}

}  // namespace karv::vault
