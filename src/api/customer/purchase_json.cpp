#include "api/customer/purchase_json.h"

#include "orders/row_codec.h"

namespace karv::api::customer {
namespace {

bool is_payable(const credit::Installment& installment) {
  using credit::InstallmentState;
  return installment.state == InstallmentState::planned || installment.state == InstallmentState::due ||
         installment.state == InstallmentState::overdue;
}

void write_installments(json::Writer& out, const orders::PurchaseView& view) {
  out.member("installments").begin_array();
  for (const auto& installment : view.agreement.installments)
    out.begin_object()
        .member("installment_id", installment.installment_id.text())
        .member("number", installment.number)
        .member("due_date", installment.due_date.text())
        .member("amount", installment.amount.minor())
        .member("paid_amount", installment.paid.minor())
        .member("canceled_amount", installment.canceled.minor())
        .member("status", credit::name_of(installment.state))
        .member("card_payable", is_payable(installment))
        .end_object();
  out.end_array();
}

void write_refunds(json::Writer& out, const orders::PurchaseView& view) {
  out.member("refunds").begin_array();
  for (const auto& refund : view.refunds)
    out.begin_object()
        .member("refund_id", refund.refund_id.text())
        .member("amount", refund.refunded_amount)
        .member("refunded_at", base::to_rfc3339(refund.refunded_at))
        .member("to_card_amount", refund.to_card_amount)
        .end_object();
  out.end_array();
}

void write_payments(json::Writer& out, const orders::PurchaseView& view) {
  out.member("payments").begin_array();
  for (const auto& payment : view.agreement.payments) {
    if (payment.refused_at) continue;  // never received
    out.begin_object()
        .member("amount", payment.amount.minor())
        .member("paid_at", base::to_rfc3339(payment.paid_at))
        .member("brand", payment.by.brand)
        .member("last4", payment.by.last4)
        .end_object();
  }
  out.end_array();
}

}  // namespace

void write_purchase(json::Writer& out, const orders::PurchaseView& view) {
  const auto& order = view.order;
  out.begin_object()
      .member("order_id", order.order_id.text())
      .member("merchant_name", view.merchant_name)
      .member("reference", order.reference)
      .member("plan", credit::name_of(order.plan))
      .member("purchase_currency", order.purchase_currency)
      .member("order_amount", order.order_amount)
      .member("captured_amount", order.captured_amount)
      .member("refunded_amount", order.refunded_amount)
      .member("outstanding_amount", view.agreement.agreement.outstanding().minor())
      .member("status", orders::word(order.status))
      .member("created_at", base::to_rfc3339(order.created_at))
      .member("order_lines")
      .begin_array();
  for (const auto& line : order.cart.order_lines)
    out.begin_object()
        .member("name", line.name)
        .member("quantity", line.quantity)
        .member("total_amount", line.total_amount)
        .end_object();
  out.end_array();
  if (view.card) {
    out.member("card").begin_object().member("brand", view.card->brand).member("last4", view.card->last4).end_object();
  } else {
    out.member("card").null();
  }
  write_installments(out, view);
  write_refunds(out, view);
  write_payments(out, view);
  out.end_object();
}

}  // namespace karv::api::customer
