#include "crypto/es256.h"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {
namespace {

constexpr std::uint8_t kUncompressed = 4;
constexpr std::size_t kPointSize = 1 + 2 * kP256CoordinateSize;
constexpr std::size_t kLongestSignature = 72;

openssl::Key public_key_from(const P256Point& point) {
  std::array<std::uint8_t, kPointSize> encoded{kUncompressed};
  std::ranges::copy(point.x, encoded.begin() + 1);
  std::ranges::copy(point.y, encoded.begin() + 1 + kP256CoordinateSize);
  std::array<char, 6> group{"P-256"};
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
      OSSL_PARAM_construct_end(),
  };
  const openssl::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  KARV_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters.data()));
  return openssl::Key(key);
}

}  // namespace

bool verifies_es256(const P256Point& public_key, base::ByteView message, base::ByteView signature) {
  if (public_key.x.size() != kP256CoordinateSize || public_key.y.size() != kP256CoordinateSize ||
      signature.size() > kLongestSignature)
    return false;
  const auto key = public_key_from(public_key);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  KARV_CHECK(context != nullptr);
  const bool good =
      key != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, openssl::sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) (void)openssl::failure("a signature");  // empties the error queue
  return good;
}

base::Result<Es256Key> Es256Key::generate() {
  openssl::Key key(EVP_EC_gen("P-256"));
  std::array<std::uint8_t, kPointSize> encoded{};
  std::size_t size = 0;
  if (key == nullptr ||
      EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size(), &size) != 1 ||
      size != encoded.size())
    return openssl::failure("making a P-256 key");
  Es256Key out;
  const auto x = encoded.begin() + 1;
  const auto y = x + kP256CoordinateSize;
  out.public_ = {.x = base::Bytes(x, y), .y = base::Bytes(y, encoded.end())};
  out.key_ = {key.release(), [](EVP_PKEY* k) { EVP_PKEY_free(k); }};
  return out;
}

base::Result<base::Bytes> Es256Key::sign(base::ByteView message) const {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  KARV_CHECK(context != nullptr);
  base::Bytes out(kLongestSignature);
  std::size_t size = out.size();
  if (EVP_DigestSignInit(context.get(), nullptr, openssl::sha256(), nullptr, static_cast<EVP_PKEY*>(key_.get())) != 1 ||
      EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) != 1)
    return openssl::failure("signing");
  out.resize(size);
  return out;
}

}  // namespace karv::crypto
