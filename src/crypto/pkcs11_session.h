// One login on one token of a PKCS#11 module: keys by their handles, random bytes, AES-GCM. For hsm.cpp only.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "crypto/pkcs11_module.h"

namespace karv::crypto::pkcs11 {

// One login on one token.
class Session {
 public:
  static base::Result<Session> open(const HsmSettings& settings);

  // The handle of a wrapping key. Errors: not_found.
  base::Result<CK_OBJECT_HANDLE> get_key(std::string_view label) const;
  base::Result<void> make_key(std::string_view label) const;
  base::Result<void> destroy(CK_OBJECT_HANDLE key) const;

  base::Result<base::SecretBytes> random(std::size_t size) const;
  base::Result<base::Bytes> encrypt(CK_OBJECT_HANDLE key, base::ByteView nonce, base::ByteView plaintext,
                                    base::ByteView aad) const;
  base::Result<base::SecretBytes> decrypt(CK_OBJECT_HANDLE key, base::ByteView nonce, base::ByteView ciphertext,
                                          base::ByteView aad) const;
  base::Result<bool> flag(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) const;

 private:
  explicit Session(Module module) : module_(std::move(module)) {}

  Module module_;
  CK_SESSION_HANDLE session_ = 0;
};

}  // namespace karv::crypto::pkcs11
