#include "api/merchant/door.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"

namespace karv::api::merchant {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kMaxAuthorization = 1024;

base::Error not_authorized() {
  return base::public_error(ErrorCode::unauthorized, "The API credentials are missing or wrong.", "UNAUTHORIZED");
}

Result<identity::MerchantPrincipal> authenticate(const Services& services, const net::Request& request) {
  auto credentials = parse_basic(request.headers.find("Authorization"));
  if (!credentials) return not_authorized();
  const auto secret = credentials->secret.expose_text();
  if (auto cached = services.merchants.find_cached(credentials->username, secret)) return *std::move(cached);
  return services.database.read<identity::MerchantPrincipal>("authenticate", [&](store::ReadTx& tx) {
    return services.merchants.authenticate(tx, credentials->username, secret);
  });
}

net::Reply run(const Endpoint& endpoint, const Caller& caller, const net::Request& request) {
  auto reply = endpoint(caller, request);
  if (reply.ok()) return std::move(reply).value();
  const auto& error = reply.error();
  if (error.http_status() >= 500 || !error.internal_text().empty())
    base::log::warn("merchant_request_failed", {{"code", base::row_of(error.code()).name},
                                                {"detail", error.internal_text()},
                                                {"correlation_id", request.correlation_id}});
  return error_response(request, error);
}

}  // namespace

std::optional<BasicCredentials> parse_basic(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() > kMaxAuthorization || header.size() <= kScheme.size()) return std::nullopt;
  const bool basic = std::ranges::equal(header.substr(0, kScheme.size()), kScheme, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
  if (!basic) return std::nullopt;
  auto decoded = base::from_base64(header.substr(kScheme.size()));
  if (!decoded) return std::nullopt;
  const auto text = base::as_text(*decoded);
  const auto colon = text.find(':');
  std::optional<BasicCredentials> credentials;
  if (colon != std::string_view::npos && colon > 0)
    credentials =
        BasicCredentials{std::string(text.substr(0, colon)), base::SecretBytes::copy_of(text.substr(colon + 1))};
  base::wipe(decoded->data(), decoded->size());
  return credentials;
}

net::Handler door(const Services& services, Endpoint endpoint, RateCategory category) {
  return [&services, category, endpoint = std::move(endpoint)](const net::Request& request) -> net::Reply {
    auto principal = authenticate(services, request);
    if (!principal.ok()) return error_response(request, principal.error());
    const Caller caller{std::move(principal).value()};
    const auto rate = services.rates.ask(category, caller.merchant().merchant_id);
    net::Reply reply = rate.admitted ? run(endpoint, caller, request)
                                     : error_response(request, base::Error(ErrorCode::too_many_requests));
    add_headers(reply, rate.headers);
    return reply;
  };
}

}  // namespace karv::api::merchant
