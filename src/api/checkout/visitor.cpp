#include "api/checkout/visitor.h"

#include "api/errors.h"
#include "base/log.h"
#include "orders/repository.h"

namespace karv::api::checkout {
namespace {

using base::ErrorCode;
using base::Result;

base::Error no_token() {
  return base::public_error(ErrorCode::unauthorized, "The purchase is unknown or has expired. Start again in the shop.",
                            "CLIENT_TOKEN_INVALID");
}

std::string_view bearer_of(const net::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto header = request.headers.find("Authorization");
  return header.starts_with(kScheme) ? header.substr(kScheme.size()) : std::string_view{};
}

}  // namespace

Result<void> check_origin(const Services& services, const net::Request& request) {
  const auto origin = request.headers.find("Origin");
  if (!origin.empty() && origin != services.base_url)
    return base::public_error(ErrorCode::forbidden, "This can be asked from Karv's own pages only.", "FOREIGN_ORIGIN");
  return {};
}

Result<Visitor> find_visitor(const Services& services, const net::Request& request) {
  KARV_TRY_VOID(check_origin(services, request));
  const auto id = services.orders.tokens.session_of(bearer_of(request), services.orders.business.now());
  if (!id) return no_token();
  return services.database.read<Visitor>("checkout_visitor", [&](store::ReadTx& tx) -> Result<Visitor> {
    KARV_TRY(auto rows, tx.read({orders::find_session(*id)}));
    auto session = orders::read_session(rows[0]);
    if (!session) return no_token();
    KARV_TRY(auto purchase, orders::open_purchase_of(tx, services.orders, *session));
    KARV_TRY(auto merchant, identity::get_merchant(tx, session->merchant_id));
    return Visitor{*std::move(session), std::move(purchase),
                   std::make_shared<const identity::Merchant>(std::move(merchant))};
  });
}

Result<Shopper> find_shopper(const Services& services, const net::Request& request, const Visitor& visitor) {
  const auto token = request.headers.find("Karv-Identity");
  const auto not_identified = [] {
    return base::public_error(ErrorCode::unauthorized, "Identify yourself with a code first.", "NOT_IDENTIFIED");
  };
  if (token.empty()) return not_identified();
  auto shopper = services.database.read<Shopper>("checkout_shopper", [&](store::ReadTx& tx) -> Result<Shopper> {
    KARV_TRY(auto principal,
             identity::authenticate_checkout(tx, services.orders.identity, token, visitor.session.session_id));
    KARV_TRY(auto email, identity::get_customer_email(tx, services.orders.identity, principal.customer_id));
    return Shopper{principal.customer_id, std::move(email)};
  });
  if (!shopper.ok() && shopper.error().code() == ErrorCode::unauthorized) return not_identified();
  return shopper;
}

net::Handler door(const Services& services, Endpoint endpoint) {
  return [&services, endpoint](const net::Request& request) -> net::Reply {
    auto visitor = find_visitor(services, request);
    if (!visitor.ok()) return problem(request, visitor.error());
    auto reply = endpoint(services, *visitor, request);
    if (reply.ok()) return std::move(reply).value();
    if (!reply.error().internal_text().empty())
      base::log::warn("checkout_request_failed", {{"code", base::row_of(reply.error().code()).name},
                                                  {"detail", reply.error().internal_text()},
                                                  {"correlation_id", request.correlation_id}});
    return problem(request, reply.error());
  };
}

}  // namespace karv::api::checkout
