#include "identity/keys.h"

#include "crypto/hash.h"

namespace karv::identity {
namespace {

constexpr std::size_t kMinimumSecret = 32;
constexpr std::size_t kKeySize = 32;

base::SecretBytes derive_one(const base::SecretBytes& secret, std::string_view purpose) {
  return crypto::hkdf_sha256(secret, base::as_bytes("karv identity"), base::as_bytes(purpose), kKeySize);
}

}  // namespace

base::Result<Keys> Keys::derive(const base::SecretBytes& server_secret) {
  if (server_secret.size() < kMinimumSecret)
    return base::internal_error(base::ErrorCode::bad_value, "the identity secret must have at least 32 bytes");
  Keys keys;
  keys.credential_ = derive_one(server_secret, "merchant credentials");
  keys.credential_cache_ = derive_one(server_secret, "merchant credential cache");
  keys.index_ = derive_one(server_secret, "blind indexes");
  keys.code_ = derive_one(server_secret, "one-time codes");
  keys.session_ = derive_one(server_secret, "customer sessions");
  return keys;
}

base::Bytes Keys::credential_mac(std::string_view username, std::string_view secret) const {
  return crypto::hmac_sha256(credential_, crypto::framed({base::as_bytes(username), base::as_bytes(secret)}));
}
base::Bytes Keys::credential_cache_key(std::string_view username, std::string_view secret) const {
  return crypto::hmac_sha256(credential_cache_, crypto::framed({base::as_bytes(username), base::as_bytes(secret)}));
}
base::Bytes Keys::email_index(std::string_view lookup_form) const {
  return crypto::hmac_sha256(index_, crypto::framed({base::as_bytes("email"), base::as_bytes(lookup_form)}));
}
base::Bytes Keys::peer_index(std::string_view peer) const {
  return crypto::hmac_sha256(index_, crypto::framed({base::as_bytes("peer"), base::as_bytes(peer)}));
}
base::Bytes Keys::code_mac(std::string_view scope, base::ByteView email_index, std::string_view code) const {
  return crypto::hmac_sha256(code_, crypto::framed({base::as_bytes(scope), email_index, base::as_bytes(code)}));
}
base::Bytes Keys::session_mac(std::string_view session_token) const {
  return crypto::hmac_sha256(session_, base::as_bytes(session_token));
}

}  // namespace karv::identity
