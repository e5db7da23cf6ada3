#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

base::Bytes digest(const EVP_MD* algorithm, base::ByteView data) {
  base::Bytes out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)));
  KARV_CHECK(EVP_Digest(data.data(), data.size(), out.data(), nullptr, algorithm, nullptr) == 1);
  return out;
}

OSSL_PARAM octets(const char* name, base::ByteView bytes) {
  static constexpr std::uint8_t kNothing = 0;  // a null pointer would mean "not given"
  if (bytes.empty()) bytes = {&kNothing, 0};
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

base::Bytes sha256(base::ByteView data) { return digest(openssl::sha256(), data); }
base::Bytes sha384(base::ByteView data) { return digest(openssl::sha384(), data); }

base::Bytes hmac_sha256(base::ByteView key, base::ByteView data) {
  static constexpr std::uint8_t kNothing = 0;  // HMAC() takes a null key for "reuse the last one"
  base::Bytes out(32);
  unsigned size = 0;
  const auto* answer = HMAC(openssl::sha256(), key.empty() ? &kNothing : key.data(), static_cast<int>(key.size()),
                            data.data(), data.size(), out.data(), &size);
  KARV_CHECK(answer != nullptr && size == out.size());
  return out;
}
base::Bytes hmac_sha256(const base::SecretBytes& key, base::ByteView data) { return hmac_sha256(key.expose(), data); }

base::SecretBytes hkdf_sha256(const base::SecretBytes& key, base::ByteView salt, base::ByteView info,
                              std::size_t size) {
  KARV_REQUIRE(size > 0 && size <= 255 * 32);
  using Kdf = std::unique_ptr<EVP_KDF, openssl::Free<EVP_KDF_free>>;
  using KdfContext = std::unique_ptr<EVP_KDF_CTX, openssl::Free<EVP_KDF_CTX_free>>;
  const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  KARV_CHECK(kdf != nullptr);
  const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
  KARV_CHECK(context != nullptr);
  char digest_name[] = "SHA2-256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
                                   octets(OSSL_KDF_PARAM_KEY, key.expose()), octets(OSSL_KDF_PARAM_SALT, salt),
                                   octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  base::SecretBytes out(size);
  KARV_CHECK(EVP_KDF_derive(context.get(), out.expose_mutable().data(), size, parameters) == 1);
  return out;
}

base::Bytes framed(std::initializer_list<base::ByteView> parts) {
  base::Bytes out;
  for (const auto part : parts) {
    KARV_REQUIRE(part.size() <= 0xffff'ffffU);
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(size >> shift));
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace karv::crypto
