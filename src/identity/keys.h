// The server-side keys of this module, each for one purpose, all derived from one secret file.
//
// A key that only makes indexes and MACs can be rotated by changing the file and re-issuing what it protects
// (credentials, sessions); blind indexes then need a re-index. None of them seals personal data: identity/sealing.h.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::identity {

class Keys {
 public:
  // Pre: at least 32 bytes of secret. Errors: bad_value.
  static base::Result<Keys> derive(const base::SecretBytes& server_secret);

  // Each: HMAC-SHA-256 under the purpose's own key; parts are length-prefixed, so that no two inputs collide.
  base::Bytes credential_mac(std::string_view username, std::string_view secret) const;
  base::Bytes credential_cache_key(std::string_view username, std::string_view secret) const;
  base::Bytes email_index(std::string_view lookup_form) const;
  base::Bytes peer_index(std::string_view peer) const;
  base::Bytes code_mac(std::string_view scope, base::ByteView email_index, std::string_view code) const;
  base::Bytes session_mac(std::string_view session_token) const;

 private:
  Keys() = default;
  base::SecretBytes credential_, credential_cache_, index_, code_, session_;
};

}  // namespace karv::identity
