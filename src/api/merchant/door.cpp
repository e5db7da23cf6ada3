#include "api/merchant/door.h"

#include "base/log.h"
#include "net/basic_credentials.h"

namespace karv::api::merchant {
namespace {

using base::ErrorCode;
using base::Result;

base::Error not_authorized() {
  return base::public_error(ErrorCode::unauthorized, "The API credentials are missing or wrong.", "UNAUTHORIZED");
}

Result<identity::MerchantPrincipal> authenticate(const Services& services, const net::Request& request) {
  const auto credentials = net::parse_basic(request.headers.find("Authorization"));
  if (!credentials) return not_authorized();
  const auto secret = credentials->secret.expose_text();
  if (auto cached = services.merchants.find_cached(credentials->username, secret)) return *std::move(cached);
  return services.database.read<identity::MerchantPrincipal>("authenticate", [&](store::ReadTx& tx) {
    return services.merchants.authenticate(tx, credentials->username, secret);
  });
}

}  // namespace

net::Handler door(const Services& services, Endpoint endpoint) {
  return [&services, endpoint = std::move(endpoint)](const net::Request& request) -> net::Reply {
    auto principal = authenticate(services, request);
    if (!principal.ok()) return error_response(request, principal.error());
    auto reply = endpoint(Caller{std::move(principal).value()}, request);
    if (reply.ok()) return std::move(reply).value();
    const auto& error = reply.error();
    if (error.http_status() >= 500 || !error.internal_text().empty())
      base::log::warn("merchant_request_failed", {{"code", base::row_of(error.code()).name},
                                                  {"detail", error.internal_text()},
                                                  {"correlation_id", request.correlation_id}});
    return error_response(request, error);
  };
}

}  // namespace karv::api::merchant
