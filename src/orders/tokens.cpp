#include "orders/tokens.h"

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/writer.h"

namespace karv::orders {
namespace {

using base::as_bytes;
using base::Bytes;

constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"client-token-1","typ":"JWT"})";
constexpr std::size_t kMaxClientToken = 4096;
constexpr std::size_t kIdText = 36;
constexpr std::size_t kMacBytes = 16;

struct ReadClaims {
  std::string session_id;
  std::int64_t exp = 0;
};
BOOST_DESCRIBE_STRUCT(ReadClaims, (), (session_id, exp))

Bytes authorization_mac(const base::SecretBytes& key, AuthorizationId id) {
  Bytes mac = crypto::hmac_sha256(key, id.view());
  mac.resize(kMacBytes);
  return mac;
}

}  // namespace

Tokens::Tokens(const base::SecretBytes& server_secret) {
  KARV_CHECK(server_secret.size() >= 32);
  client_key_ = crypto::hkdf_sha256(server_secret, {}, as_bytes("client token 1"), 32);
  authorization_key_ = crypto::hkdf_sha256(server_secret, {}, as_bytes("authorization token 1"), 32);
}

std::string Tokens::client_token(const ClientTokenClaims& claims) const {
  json::Writer out;
  out.begin_object()
      .member("session_id", claims.session_id.text())
      .member("base_url", claims.base_url)
      .member("merchant_name", claims.merchant_name)
      .member("purchase_country", claims.purchase_country)
      .member("purchase_currency", claims.purchase_currency)
      .member("language", claims.language)
      .member("order_amount", claims.order_amount)
      .member("environment", claims.environment)
      .member("session_type", "PAYMENTS")
      .member("version", "v1.0")
      .member("iat", claims.issued_at.ms / 1000)
      .member("exp", claims.expires_at.ms / 1000)
      .end_object();
  const std::string payload = std::move(out).take();
  std::string token = base::to_base64url(as_bytes(kHeader)) + "." + base::to_base64url(as_bytes(payload));
  return token + "." + base::to_base64url(crypto::hmac_sha256(client_key_, as_bytes(token)));
}

std::optional<PaymentSessionId> Tokens::session_of(std::string_view token, base::Instant now) const {
  if (token.size() > kMaxClientToken) return std::nullopt;
  const auto last = token.rfind('.');
  if (last == std::string_view::npos) return std::nullopt;
  const auto first = token.find('.');
  if (first == last) return std::nullopt;
  const auto mac = base::from_base64url(token.substr(last + 1));
  if (!mac || !base::equal_constant_time(*mac, crypto::hmac_sha256(client_key_, as_bytes(token.substr(0, last)))))
    return std::nullopt;
  const auto payload = base::from_base64url(token.substr(first + 1, last - first - 1));
  if (!payload) return std::nullopt;
  const auto claims = json::decode<ReadClaims>(base::as_text(*payload));
  if (!claims.ok() || now.ms / 1000 >= claims->exp) return std::nullopt;
  return PaymentSessionId::parse(claims->session_id);
}

std::string Tokens::authorization_token(AuthorizationId id) const {
  return id.text() + "-" + base::to_hex(authorization_mac(authorization_key_, id));
}

std::optional<AuthorizationId> Tokens::authorization_of(std::string_view token) const {
  if (token.size() != kIdText + 1 + 2 * kMacBytes || token[kIdText] != '-') return std::nullopt;
  const auto id = AuthorizationId::parse(token.substr(0, kIdText));
  const auto mac = base::from_hex(token.substr(kIdText + 1));
  if (!id || !mac || !base::equal_constant_time(*mac, authorization_mac(authorization_key_, *id))) return std::nullopt;
  return id;
}

}  // namespace karv::orders
