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
