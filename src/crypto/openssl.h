// OpenSSL's objects as owned values, and its errors as ours. For the sources of this module only: no other header of
// crypto/ shows an OpenSSL type.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto::openssl {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
inline void free_bio(BIO* bio) { BIO_free_all(bio); }

using Bio = std::unique_ptr<BIO, Free<free_bio>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;

// Empties the thread's error queue into one internal error. `what`: the step that failed.
base::Error failure(std::string_view what);

// Algorithms fetched once: an implicit fetch per use costs more than hashing a short input.
const EVP_MD* sha256();
const EVP_MD* sha384();
const EVP_CIPHER* aes_256_gcm();

Bio read_only_bio(base::ByteView bytes);
std::string text_of(BIO* memory_bio);
base::SecretBytes secret_text_of(BIO* memory_bio);

base::Result<Key> private_key_from_pem(const base::SecretBytes& pem);
base::Result<base::SecretBytes> private_key_to_pem(EVP_PKEY* key);

}  // namespace karv::crypto::openssl
