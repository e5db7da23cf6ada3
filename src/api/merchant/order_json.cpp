#include "api/merchant/order_json.h"

#include "json/encode.h"
#include "orders/placement_service.h"
#include "orders/row_codec.h"

namespace karv::api::merchant {
namespace {

template <class T>
void member_if(json::Writer& out, std::string_view name, const std::optional<T>& value) {
  if (!value) return;
  out.member(name);
  json::write(out, *value);
}

void write_capture(json::Writer& out, const orders::OrderView& view, const orders::Capture& capture) {
  out.begin_object()
      .member("capture_id", capture.capture_id.text())
      .member("klarna_reference", capture.klarna_reference)
      .member("captured_amount", capture.captured_amount)
      .member("refunded_amount", capture.refunded_amount)
      .member("captured_at", base::to_rfc3339(capture.captured_at));
  member_if(out, "description", capture.description);
  member_if(out, "reference", capture.reference);
  out.member("order_lines");
  json::write(out, capture.order_lines);
  out.member("shipping_info");
  json::write(out, capture.shipping_info);
  member_if(out, "billing_address", view.details.billing_address);
  member_if(out, "shipping_address", view.details.shipping_address);
  out.end_object();
}

void write_refund(json::Writer& out, const orders::Refund& refund) {
  out.begin_object()
      .member("refund_id", refund.refund_id.text())
      .member("refunded_amount", refund.refunded_amount)
      .member("refunded_at", base::to_rfc3339(refund.refunded_at));
  member_if(out, "description", refund.description);
  member_if(out, "reference", refund.reference);
  out.member("order_lines");
  json::write(out, refund.order_lines);
  out.member("credit_invoice", false).end_object();
}

void write_amounts(json::Writer& out, const orders::Order& order) {
  out.member("order_amount", order.order_amount)
      .member("original_order_amount", order.original_order_amount)
      .member("captured_amount", order.captured_amount)
      .member("refunded_amount", order.refunded_amount)
      .member("remaining_authorized_amount", order.remaining_authorized_amount);
}

void write_payment_method(json::Writer& out, const orders::Order& order) {
  const auto method = orders::payment_method_of(order.plan);
  out.member("initial_payment_method")
      .begin_object()
      .member("type", method.upper_type)
      .member("description", method.description);
  if (method.number_of_installments > 0) out.member("number_of_installments", method.number_of_installments);
  out.end_object();
}

}  // namespace

std::string order_json(const orders::OrderView& view) {
  const auto& order = view.order;
  json::Writer out;
  out.begin_object()
      .member("order_id", order.order_id.text())
      .member("status", orders::word(order.status))
      .member("fraud_status", orders::word(order.fraud_status));
  write_amounts(out, order);
  out.member("purchase_currency", order.purchase_currency)
      .member("purchase_country", order.purchase_country)
      .member("locale", order.locale)
      .member("order_lines");
  json::write(out, order.cart.order_lines);
  member_if(out, "customer", view.details.customer);
  member_if(out, "billing_address", view.details.billing_address);
  member_if(out, "shipping_address", view.details.shipping_address);
  out.member("created_at", base::to_rfc3339(order.created_at))
      .member("expires_at", base::to_rfc3339(order.expires_at))
      .member("klarna_reference", order.reference);
  member_if(out, "merchant_reference1", order.cart.merchant_reference1);
  member_if(out, "merchant_reference2", order.cart.merchant_reference2);
  member_if(out, "merchant_data", order.cart.merchant_data);
  out.member("captures").begin_array();
  for (const auto& capture : view.captures) write_capture(out, view, capture);
  out.end_array().member("refunds").begin_array();
  for (const auto& refund : view.refunds) write_refund(out, refund);
  out.end_array();
  write_payment_method(out, order);
  out.end_object();
  return std::move(out).take();
}

std::string captures_json(const orders::OrderView& view) {
  json::Writer out;
  out.begin_array();
  for (const auto& capture : view.captures) write_capture(out, view, capture);
  out.end_array();
  return std::move(out).take();
}

std::string capture_json(const orders::OrderView& view, const orders::Capture& capture) {
  json::Writer out;
  write_capture(out, view, capture);
  return std::move(out).take();
}

std::string refund_json(const orders::Refund& refund) {
  json::Writer out;
  write_refund(out, refund);
  return std::move(out).take();
}

}  // namespace karv::api::merchant
