#include "crypto/passphrase.h"

#include "base/check.h"
#include "crypto/openssl.h"

namespace karv::crypto {

base::SecretBytes scrypt_for_test(const base::SecretBytes& passphrase, base::ByteView salt, std::uint64_t n,
                                  std::uint32_t r, std::uint32_t p, std::size_t size) {
  constexpr std::uint64_t kMostMemory = std::uint64_t{256} * 1024 * 1024;
  base::SecretBytes out(size);
  const auto text = passphrase.expose_text();
  KARV_CHECK(EVP_PBE_scrypt(text.data(), text.size(), salt.data(), salt.size(), n, r, p, kMostMemory,
                            out.expose_mutable().data(), size) == 1);
  return out;
}

base::SecretBytes stretch_passphrase(const base::SecretBytes& passphrase, base::ByteView salt) {
  return scrypt_for_test(passphrase, salt, std::uint64_t{1} << 16, 8, 1, 32);
}

}  // namespace karv::crypto
