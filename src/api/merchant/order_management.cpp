#include "api/merchant/order_management.h"

#include <algorithm>

#include "api/merchant/door.h"
#include "api/merchant/order_json.h"
#include "crypto/hash.h"
#include "json/encode.h"
#include "orders/idempotency.h"
#include "orders/order_service.h"

namespace karv::api::merchant {
namespace {

using base::ErrorCode;
using base::Result;
using net::Reply;
using orders::OrderTarget;

constexpr std::string_view kOrderPath = "/ordermanagement/v1/orders/";
constexpr std::size_t kMaxKey = 255;

Result<orders::OrderId> order_id_of(const net::Request& request) {
  const auto id = orders::OrderId::parse(request.parameter("order_id"));
  if (!id)
    return base::public_error(ErrorCode::bad_value, "The order id is malformed; it is a UUID.", "INVALID_ORDER_ID");
  return *id;
}

Result<orders::OrderView> load_order(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto id, order_id_of(request));
  return services.database.read<orders::OrderView>("read_order", [&](store::ReadTx& tx) {
    return orders::get_order(tx, services.orders, caller.merchant().merchant_id, id);
  });
}

Result<Reply> read_order(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto view, load_order(services, caller, request));
  return Reply(json_response(200, order_json(view)));
}

Result<Reply> read_captures(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto view, load_order(services, caller, request));
  return Reply(json_response(200, captures_json(view)));
}

Result<Reply> read_capture(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto view, load_order(services, caller, request));
  const auto id = orders::CaptureId::parse(request.parameter("capture_id"));
  const auto capture =
      std::ranges::find_if(view.captures, [&](const orders::Capture& c) { return c.capture_id == id; });
  if (capture == view.captures.end())
    return base::public_error(ErrorCode::not_found, "The order has no capture with this id.", "NO_SUCH_CAPTURE");
  return Reply(json_response(200, capture_json(view, *capture)));
}

Result<Reply> read_refund(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto view, load_order(services, caller, request));
  const auto id = orders::RefundId::parse(request.parameter("refund_id"));
  const auto refund = std::ranges::find_if(view.refunds, [&](const orders::Refund& r) { return r.refund_id == id; });
  if (refund == view.refunds.end())
    return base::public_error(ErrorCode::not_found, "The order has no refund with this id.", "NOT_FOUND");
  return Reply(json_response(200, refund_json(*refund)));
}

net::Response response_of(const net::Request& request, const orders::Reply& reply) {
  if (!reply.error_code.empty())
    return error_response(request, static_cast<int>(reply.status), reply.error_code, reply.error_messages);
  net::Response response{static_cast<int>(reply.status), {}, {}, false};
  if (!reply.location.empty()) response.headers.add("Location", reply.location);
  if (!reply.capture_id.empty()) response.headers.add("Capture-Id", reply.capture_id);
  if (!reply.refund_id.empty()) response.headers.add("Refund-Id", reply.refund_id);
  return response;
}

orders::Reply refusal_reply(const base::Error& error) {
  orders::Reply reply;
  reply.status = error.http_status();
  reply.error_code = error_code_of(error);
  reply.error_messages = error_messages_of(error);
  return reply;
}

// Runs a mutation once per idempotency key. What identifies the request is its method, path and body as sent.
using Deed = std::function<Result<orders::Reply>(store::Tx&, const OrderTarget&)>;
Result<Reply> mutate(const Services& services, const Caller& caller, const net::Request& request, const Deed& deed) {
  KARV_TRY(auto id, order_id_of(request));
  const std::string key(request.headers.find("Klarna-Idempotency-Key"));
  if (key.size() > kMaxKey)
    return base::public_error(ErrorCode::bad_value, "Klarna-Idempotency-Key is longer than 255 characters.",
                              "BAD_VALUE");
  const auto digest = crypto::sha256(crypto::framed(
      {base::as_bytes(net::method_text(request.method)), base::as_bytes(request.path), base::as_bytes(request.body)}));
  const OrderTarget target{caller.merchant(), id, request.correlation_id};
  KARV_TRY(auto reply,
           orders::once(
               services.database, services.orders, {target.merchant.merchant_id, key, digest, "change_order"},
               [&](store::Tx& tx) { return deed(tx, target); }, refusal_reply));
  return Reply(response_of(request, reply));
}

// A mutation without an answer of its own: 204.
using Plain = Result<void> (*)(store::Tx&, const orders::Context&, const OrderTarget&);
Result<Reply> mutate_plainly(const Services& services, const Caller& caller, const net::Request& request,
                             Plain use_case) {
  return mutate(services, caller, request, [&](store::Tx& tx, const OrderTarget& target) -> Result<orders::Reply> {
    KARV_TRY_VOID(use_case(tx, services.orders, target));
    return orders::Reply{};
  });
}

std::string location_of(const Services& services, orders::OrderId order, std::string_view part, const std::string& id) {
  return (services.location_is_a_path ? std::string() : services.base_url) + std::string(kOrderPath) + order.text() +
         std::string(part) + id;
}

Result<Reply> capture(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto sent, read_body<orders::CaptureRequest>(request));
  KARV_TRY(const auto body, orders::check(std::move(sent)));
  return mutate(services, caller, request, [&](store::Tx& tx, const OrderTarget& target) -> Result<orders::Reply> {
    KARV_TRY(auto captured, orders::capture(tx, services.orders, target, body));
    orders::Reply reply;
    reply.status = 201;
    reply.capture_id = captured.capture_id.text();
    reply.location = location_of(services, target.order_id, "/captures/", reply.capture_id);
    return reply;
  });
}

Result<Reply> refund(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto sent, read_body<orders::RefundRequest>(request));
  KARV_TRY(const auto body, orders::check(std::move(sent)));
  return mutate(services, caller, request, [&](store::Tx& tx, const OrderTarget& target) -> Result<orders::Reply> {
    KARV_TRY(auto refunded, orders::refund(tx, services.orders, target, body));
    orders::Reply reply;
    reply.status = 201;
    reply.refund_id = refunded.refund_id.text();
    reply.location = location_of(services, target.order_id, "/refunds/", reply.refund_id);
    return reply;
  });
}

Result<Reply> update_authorization(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto sent, read_body<orders::AuthorizationUpdate>(request));
  KARV_TRY(const auto body, orders::check(std::move(sent)));
  return mutate(services, caller, request, [&](store::Tx& tx, const OrderTarget& target) -> Result<orders::Reply> {
    KARV_TRY_VOID(orders::update_authorization_amount(tx, services.orders, target, body));
    return orders::Reply{};
  });
}

Result<Reply> update_references(const Services& services, const Caller& caller, const net::Request& request) {
  KARV_TRY(auto sent, read_body<orders::ReferencesUpdate>(request));
  KARV_TRY(const auto body, orders::check(std::move(sent)));
  return mutate(services, caller, request, [&](store::Tx& tx, const OrderTarget& target) -> Result<orders::Reply> {
    KARV_TRY_VOID(orders::update_references(tx, services.orders, target, body));
    return orders::Reply{};
  });
}

template <Plain kUseCase>
Result<Reply> plain(const Services& services, const Caller& caller, const net::Request& request) {
  return mutate_plainly(services, caller, request, kUseCase);
}

}  // namespace

void add_order_management_routes(net::Router& router, const Services& services) {
  using net::Method;
  const auto add = [&](Method method, std::string_view tail,
                       Result<Reply> (*endpoint)(const Services&, const Caller&, const net::Request&)) {
    router.add(method, std::string(kOrderPath) + ":order_id" + std::string(tail),
               door(services, [&services, endpoint](const Caller& caller, const net::Request& request) {
                 return endpoint(services, caller, request);
               }));
  };
  add(Method::get, "", read_order);
  add(Method::post, "/acknowledge", plain<orders::acknowledge>);
  add(Method::post, "/cancel", plain<orders::cancel>);
  add(Method::post, "/release-remaining-authorization", plain<orders::release_remaining>);
  add(Method::post, "/extend-authorization-time", plain<orders::extend_authorization>);
  add(Method::patch, "/authorization", update_authorization);
  add(Method::patch, "/merchant-references", update_references);
  add(Method::post, "/captures", capture);
  add(Method::get, "/captures", read_captures);
  add(Method::get, "/captures/:capture_id", read_capture);
  add(Method::post, "/refunds", refund);
  add(Method::get, "/refunds/:refund_id", read_refund);
  router.set_fallback("/ordermanagement", fallback);
}

}  // namespace karv::api::merchant
