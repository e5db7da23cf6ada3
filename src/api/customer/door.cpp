#include "api/customer/door.h"

#include "api/checkout/visitor.h"
#include "api/errors.h"
#include "base/log.h"
#include "identity/service.h"

namespace karv::api::customer {
namespace {

using base::ErrorCode;
using base::Result;

// A page of another origin can send neither the header nor, cross-site, the cookie.
Result<void> check_own_page(const Services& services, const net::Request& request) {
  if (request.method == net::Method::get || request.method == net::Method::head) return {};
  KARV_TRY_VOID(checkout::check_origin(services, request));
  if (request.headers.find("Karv-Request") != "1")
    return base::public_error(ErrorCode::forbidden, "This can be asked from Karv's own pages only.", "FOREIGN_ORIGIN");
  return {};
}

Result<identity::CustomerPrincipal> authenticate(const Services& services, const net::Request& request) {
  const auto token = cookie_of(request);
  if (token.empty()) return base::Error(ErrorCode::unauthorized).with_reason("SIGNED_OUT");
  auto active = services.database.read<identity::ActiveSession>("authenticate_portal", [&](store::ReadTx& tx) {
    return identity::authenticate_portal(tx, services.orders.identity, token);
  });
  if (!active.ok()) {
    if (active.error().code() == ErrorCode::unauthorized) return std::move(active).error().with_reason("SIGNED_OUT");
    return std::move(active).error();
  }
  if (active->touch_due)
    KARV_TRY_VOID(services.database.write<void>("touch_session", [&](store::Tx& tx) {
      return identity::touch_session(tx, services.orders.identity, active->customer);
    }));
  return active->customer;
}

net::Reply answer(const net::Request& request, Result<net::Reply> reply) {
  if (reply.ok()) return std::move(reply).value();
  if (!reply.error().internal_text().empty())
    base::log::warn("customer_request_failed", {{"code", base::row_of(reply.error().code()).name},
                                                {"detail", reply.error().internal_text()},
                                                {"correlation_id", request.correlation_id}});
  return problem(request, reply.error());
}

}  // namespace

std::string_view cookie_of(const net::Request& request) {
  std::string_view header = request.headers.find("Cookie");
  while (!header.empty()) {
    const auto end = header.find(';');
    std::string_view pair = header.substr(0, end);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > kCookie.size() && pair.starts_with(kCookie) && pair[kCookie.size()] == '=')
      return pair.substr(kCookie.size() + 1);
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
  }
  return {};
}

std::string set_cookie(std::string_view token) {
  return std::string(kCookie) + "=" + std::string(token) + "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200";
}

std::string clear_cookie() { return std::string(kCookie) + "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"; }

net::Handler signed_in(const Services& services, Endpoint endpoint) {
  return [&services, endpoint](const net::Request& request) -> net::Reply {
    if (auto own = check_own_page(services, request); !own.ok()) return problem(request, own.error());
    auto customer = authenticate(services, request);
    if (!customer.ok()) return answer(request, std::move(customer).error());
    return answer(request, endpoint(services, *customer, request));
  };
}

net::Handler open(const Services& services, OpenEndpoint endpoint) {
  return [&services, endpoint](const net::Request& request) -> net::Reply {
    if (auto own = check_own_page(services, request); !own.ok()) return problem(request, own.error());
    return answer(request, endpoint(services, request));
  };
}

}  // namespace karv::api::customer
