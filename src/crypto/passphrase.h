// A key from a passphrase that a person chose: scrypt, slow on purpose (64 MiB, about a quarter of a second).
// Source: RFC 7914; N = 2^16, r = 8, p = 1 as OWASP's Password Storage Cheat Sheet asks at least for.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

namespace karv::crypto {

base::SecretBytes stretch_passphrase(const base::SecretBytes& passphrase, base::ByteView salt);

// With costs of the caller's choice, for published test vectors; everyone else calls stretch_passphrase().
base::SecretBytes scrypt_for_test(const base::SecretBytes& passphrase, base::ByteView salt, std::uint64_t n,
                                  std::uint32_t r, std::uint32_t p, std::size_t size);

}  // namespace karv::crypto
