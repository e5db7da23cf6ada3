// Digests, keyed digests and key derivation.
//
// Not for passwords that people chose (those need Argon2id). Nothing here can fail but for lack of memory, which
// aborts. Compare results with base::equal_constant_time. Source: FIPS 180-4, FIPS 198-1 / RFC 2104, RFC 5869.
#pragma once

#include <cstddef>
#include <initializer_list>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

base::Bytes sha256(base::ByteView data);
base::Bytes sha384(base::ByteView data);

base::Bytes hmac_sha256(const base::SecretBytes& key, base::ByteView data);
// The same for a key that is itself data (test vectors, digests of public values).
base::Bytes hmac_sha256(base::ByteView key, base::ByteView data);

// Derives `size` bytes from `key` for the purpose named by `info`. Pre: size <= 255 * 32.
base::SecretBytes hkdf_sha256(const base::SecretBytes& key, base::ByteView salt, base::ByteView info, std::size_t size);

// Puts parts behind one another, each with its length in front (4 bytes, big-endian), so that two different lists never
// give the same bytes. For associated data and for digests over several fields.
base::Bytes framed(std::initializer_list<base::ByteView> parts);

}  // namespace karv::crypto
