// RSA keys for RS256: signing and verifying bytes, and JSON Web Tokens over claims that the caller has rendered.
//
// A token's header is fixed, {"alg":"RS256","kid":...,"typ":"JWT"}: whatever else a token claims about itself ("none",
// another algorithm, a key to fetch) is refused unread. Claims (expiry, audience) are the caller's to check.
// Source: RFC 8017 section 8.2, RFC 7515, RFC 7518 section 3.3, RFC 8725.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

class RsaPublicKey {
 public:
  static base::Result<RsaPublicKey> from_pem(std::string_view pem);
  // Both big-endian, as COSE and JWK carry them. Errors: internal, when it is no key of at least 2048 bits.
  static base::Result<RsaPublicKey> from_numbers(base::ByteView modulus, base::ByteView exponent);

  bool verifies(base::ByteView data, base::ByteView signature) const;
  std::string pem() const;
  // The first 16 hex digits of the SHA-256 of the key's DER form.
  const std::string& key_id() const { return key_id_; }

 private:
  friend class RsaKey;
  static base::Result<RsaPublicKey> from_handle(std::shared_ptr<void> key);
  std::shared_ptr<void> key_;
  std::string key_id_;
};

class RsaKey {
 public:
  // Cost: tens to hundreds of milliseconds.
  static base::Result<RsaKey> generate(unsigned bits = 2048);
  // Errors: internal, when it is not an RSA key of at least 2048 bits.
  static base::Result<RsaKey> from_pem(const base::SecretBytes& pem);

  // Cost: about half a millisecond. Thread-safe.
  base::Result<base::Bytes> sign(base::ByteView data) const;
  base::Result<base::SecretBytes> pem() const;
  const RsaPublicKey& public_key() const { return public_; }

 private:
  std::shared_ptr<void> key_;
  RsaPublicKey public_;
};

// header.claims.signature, each base64url. Pre: claims_json is a JSON object.
base::Result<std::string> sign_jwt(const RsaKey& key, std::string_view claims_json);
// The claims' JSON text. Errors: unauthorized.
base::Result<std::string> verify_jwt(const RsaPublicKey& key, std::string_view compact);

}  // namespace karv::crypto
