#include "crypto/aead.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {

base::Bytes seal_with_nonce_for_test(const base::SecretBytes& key, base::ByteView nonce, base::ByteView plaintext,
                                     base::ByteView associated_data) {
  KARV_REQUIRE(key.size() == kAeadKeySize && nonce.size() == kAeadNonceSize);
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  KARV_CHECK(context != nullptr);
  base::Bytes out(kAeadNonceSize + plaintext.size() + kAeadTagSize);
  std::copy(nonce.begin(), nonce.end(), out.begin());
  std::uint8_t* const ciphertext = out.data() + kAeadNonceSize;
  std::uint8_t* const tag = ciphertext + plaintext.size();
  int written = 0;
  auto* const c = context.get();
  KARV_CHECK(EVP_EncryptInit_ex2(c, openssl::aes_256_gcm(), key.expose().data(), nonce.data(), nullptr) == 1);
  KARV_CHECK(
      EVP_EncryptUpdate(c, nullptr, &written, associated_data.data(), static_cast<int>(associated_data.size())) == 1);
  KARV_CHECK(EVP_EncryptUpdate(c, ciphertext, &written, plaintext.data(), static_cast<int>(plaintext.size())) == 1);
  KARV_CHECK(EVP_EncryptFinal_ex(c, tag, &written) == 1 && written == 0);
  KARV_CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, tag) == 1);
  return out;
}

base::Bytes seal(const base::SecretBytes& key, base::ByteView plaintext, base::ByteView associated_data,
                 base::Random& random) {
  std::array<std::uint8_t, kAeadNonceSize> nonce{};
  random.fill(nonce);
  return seal_with_nonce_for_test(key, nonce, plaintext, associated_data);
}

base::Result<base::SecretBytes> open(const base::SecretBytes& key, base::ByteView sealed,
                                     base::ByteView associated_data) {
  KARV_REQUIRE(key.size() == kAeadKeySize);
  const auto refused = [] {
    return base::internal_error(base::ErrorCode::internal, "a sealed value does not open: wrong key, bytes or place");
  };
  if (sealed.size() < kAeadNonceSize + kAeadTagSize) return refused();
  const base::ByteView ciphertext = sealed.subspan(kAeadNonceSize, sealed.size() - kAeadNonceSize - kAeadTagSize);
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  KARV_CHECK(context != nullptr);
  base::SecretBytes out(ciphertext.size());
  auto* const c = context.get();
  int written = 0;
  auto* const tag = const_cast<std::uint8_t*>(sealed.last(kAeadTagSize).data());
  std::array<std::uint8_t, kAeadTagSize> nothing_left{};
  KARV_CHECK(EVP_DecryptInit_ex2(c, openssl::aes_256_gcm(), key.expose().data(), sealed.data(), nullptr) == 1);
  KARV_CHECK(
      EVP_DecryptUpdate(c, nullptr, &written, associated_data.data(), static_cast<int>(associated_data.size())) == 1);
  KARV_CHECK(EVP_DecryptUpdate(c, out.expose_mutable().data(), &written, ciphertext.data(),
                               static_cast<int>(ciphertext.size())) == 1);
  KARV_CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag) == 1);
  if (EVP_DecryptFinal_ex(c, nothing_left.data(), &written) != 1) return refused();
  return out;
}

}  // namespace karv::crypto
