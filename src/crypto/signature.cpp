#include "crypto/signature.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

constexpr int kMinimumBits = 2048;
constexpr std::size_t kMaxTokenSize = 16 * 1024;

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
std::shared_ptr<void> shared(openssl::Key key) {
  return {key.release(), [](EVP_PKEY* k) { EVP_PKEY_free(k); }};
}

base::Result<void> check_rsa(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") != 1 || EVP_PKEY_get_bits(key) < kMinimumBits)
    return base::internal_error(base::ErrorCode::internal, "the key is not RSA of at least 2048 bits");
  return {};
}

std::string jwt_header(const std::string& key_id) {
  return base::to_base64url(base::as_bytes(R"({"alg":"RS256","kid":")" + key_id + R"(","typ":"JWT"})"));
}

}  // namespace

base::Result<RsaPublicKey> RsaPublicKey::from_handle(std::shared_ptr<void> key) {
  KARV_TRY_VOID(check_rsa(raw(key)));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(raw(key), &der);
  if (size <= 0) return openssl::failure("encoding a public key");
  RsaPublicKey out;
  out.key_id_ = base::to_hex(sha256({der, static_cast<std::size_t>(size)})).substr(0, 16);
  OPENSSL_free(der);
  out.key_ = std::move(key);
  return out;
}

base::Result<RsaPublicKey> RsaPublicKey::from_pem(std::string_view pem) {
  const openssl::Bio bio = openssl::read_only_bio(base::as_bytes(pem));
  openssl::Key key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return openssl::failure("reading a public key");
  return from_handle(shared(std::move(key)));
}

base::Result<RsaPublicKey> RsaPublicKey::from_numbers(base::ByteView modulus, base::ByteView exponent) {
  const openssl::BigNumber n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const openssl::BigNumber e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  const openssl::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, openssl::Free<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  KARV_CHECK(n && e && context && builder);
  if (BN_is_zero(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get()))
    return base::internal_error(base::ErrorCode::internal, "the numbers are no RSA key");
  KARV_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
             OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const std::unique_ptr<OSSL_PARAM, openssl::Free<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* key = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return openssl::failure("reading a public key");
  return from_handle(shared(openssl::Key(key)));
}

bool RsaPublicKey::verifies(base::ByteView data, base::ByteView signature) const {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  KARV_CHECK(context != nullptr);
  const bool right = EVP_DigestVerifyInit(context.get(), nullptr, openssl::sha256(), nullptr, raw(key_)) == 1 &&
                     EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
  if (!right) (void)openssl::failure("");  // leaves the thread's error queue empty
  return right;
}

std::string RsaPublicKey::pem() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  KARV_CHECK(bio && PEM_write_bio_PUBKEY(bio.get(), raw(key_)) == 1);
  return openssl::text_of(bio.get());
}

base::Result<RsaKey> RsaKey::generate(unsigned bits) {
  RsaKey out;
  out.key_ = shared(openssl::Key(EVP_RSA_gen(bits)));
  if (!out.key_) return openssl::failure("generating an RSA key");
  KARV_TRY(out.public_, RsaPublicKey::from_handle(out.key_));
  return out;
}

base::Result<RsaKey> RsaKey::from_pem(const base::SecretBytes& pem) {
  KARV_TRY(auto key, openssl::private_key_from_pem(pem));
  RsaKey out;
  out.key_ = shared(std::move(key));
  KARV_TRY(out.public_, RsaPublicKey::from_handle(out.key_));
  return out;
}

base::Result<base::Bytes> RsaKey::sign(base::ByteView data) const {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(raw(key_)));
  base::Bytes signature(size);
  if (!context || EVP_DigestSignInit(context.get(), nullptr, openssl::sha256(), nullptr, raw(key_)) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1)
    return openssl::failure("signing");
  signature.resize(size);
  return signature;
}

base::Result<base::SecretBytes> RsaKey::pem() const { return openssl::private_key_to_pem(raw(key_)); }

base::Result<std::string> sign_jwt(const RsaKey& key, std::string_view claims_json) {
  std::string token = jwt_header(key.public_key().key_id()) + "." + base::to_base64url(base::as_bytes(claims_json));
  KARV_TRY(const auto signature, key.sign(base::as_bytes(token)));
  return token + "." + base::to_base64url(signature);
}

base::Result<std::string> verify_jwt(const RsaPublicKey& key, std::string_view compact) {
  const auto refused = [] { return base::Error(base::ErrorCode::unauthorized); };
  if (compact.size() > kMaxTokenSize) return refused();
  const std::size_t first = compact.find('.');
  const std::size_t last = compact.rfind('.');
  if (first == std::string_view::npos || first == last) return refused();
  if (compact.substr(0, first) != jwt_header(key.key_id())) return refused();
  const auto claims = base::from_base64url(compact.substr(first + 1, last - first - 1));
  const auto signature = base::from_base64url(compact.substr(last + 1));
  if (!claims || !signature || !key.verifies(base::as_bytes(compact.substr(0, last)), *signature)) return refused();
  return std::string(base::as_text(*claims));
}

}  // namespace karv::crypto
