// The tokens a purchase hands out: the client token for the browser and the authorization token for the shop.
//
// Neither is stored. A client token is a JWT signed with HMAC-SHA-256 under a server key (its readers are Karv's own
// script, which only looks at base_url and session_id, and Karv itself, which checks it). An authorization token is the
// authorization's id with a MAC behind it, so that it is found by primary key, cannot be guessed, and can be made again
// for whoever may read the session. Source: RFC 7519, RFC 7515.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "orders/types.h"

namespace karv::orders {

struct ClientTokenClaims {
  PaymentSessionId session_id;
  std::string base_url, merchant_name, purchase_country, purchase_currency, language, environment;
  std::int64_t order_amount = 0;
  base::Instant issued_at, expires_at;
};

class Tokens {
 public:
  // Pre: at least 32 bytes of secret.
  explicit Tokens(const base::SecretBytes& server_secret);

  std::string client_token(const ClientTokenClaims& claims) const;
  // The session of a token that is ours and not past `now`.
  std::optional<PaymentSessionId> session_of(std::string_view client_token, base::Instant now) const;

  std::string authorization_token(AuthorizationId id) const;
  std::optional<AuthorizationId> authorization_of(std::string_view token) const;

 private:
  base::SecretBytes client_key_, authorization_key_;
};

}  // namespace karv::orders
