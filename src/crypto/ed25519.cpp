#include "crypto/ed25519.h"

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

openssl::Key private_key(const base::SecretBytes& seed) {
  KARV_REQUIRE(seed.size() == kEd25519KeySize);
  openssl::Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.expose().data(), seed.size()));
  KARV_CHECK(key != nullptr);
  return key;
}

}  // namespace

base::Bytes ed25519_public_key(const base::SecretBytes& seed) {
  const auto key = private_key(seed);
  base::Bytes out(kEd25519KeySize);
  std::size_t size = out.size();
  KARV_CHECK(EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) == 1 && size == out.size());
  return out;
}

Ed25519Pair make_ed25519_pair(base::Random& random) {
  Ed25519Pair pair{.seed = base::SecretBytes(kEd25519KeySize), .public_key = {}};
  random.fill(pair.seed.expose_mutable());
  pair.public_key = ed25519_public_key(pair.seed);
  return pair;
}

base::Bytes sign_ed25519(const base::SecretBytes& seed, base::ByteView message) {
  const auto key = private_key(seed);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  KARV_CHECK(context != nullptr);
  base::Bytes out(kEd25519SignatureSize);
  std::size_t size = out.size();
  KARV_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  KARV_CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
  KARV_CHECK(size == out.size());
  return out;
}

bool verifies_ed25519(base::ByteView public_key, base::ByteView message, base::ByteView signature) {
  if (public_key.size() != kEd25519KeySize || signature.size() != kEd25519SignatureSize) return false;
  const openssl::Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const openssl::DigestContext context(EVP_MD_CTX_new());
  KARV_CHECK(context != nullptr);
  const bool good =
      key != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) (void)openssl::failure("a signature");  // empties the error queue
  return good;
}

}  // namespace karv::crypto
