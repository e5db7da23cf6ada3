#include "crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/check.h"

namespace karv::crypto::openssl {

base::Error failure(std::string_view what) {
  std::string detail(what);
  while (const unsigned long code = ERR_get_error()) {
    char line[160];
    ERR_error_string_n(code, line, sizeof line);
    detail.append("; ").append(line);
  }
  return base::internal_error(base::ErrorCode::internal, std::move(detail));
}

const EVP_MD* sha256() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  KARV_CHECK(digest != nullptr);
  return digest;
}
const EVP_MD* sha384() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  KARV_CHECK(digest != nullptr);
  return digest;
}
const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  KARV_CHECK(cipher != nullptr);
  return cipher;
}

Bio read_only_bio(base::ByteView bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

std::string text_of(BIO* memory_bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory_bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

base::SecretBytes secret_text_of(BIO* memory_bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory_bio, &data);
  if (size <= 0) return {};
  auto secret = base::SecretBytes::copy_of(std::string_view(data, static_cast<std::size_t>(size)));
  base::wipe(data, static_cast<std::size_t>(size));
  return secret;
}

base::Result<Key> private_key_from_pem(const base::SecretBytes& pem) {
  const Bio bio = read_only_bio(pem.expose());
  // The empty password keeps OpenSSL from asking on the terminal for that of an encrypted key.
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")) : nullptr);
  if (!key) return failure("reading a private key");
  return key;
}

base::Result<base::SecretBytes> private_key_to_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failure("writing a private key");
  return secret_text_of(bio.get());
}

}  // namespace karv::crypto::openssl
