#include "api/checkout/session_json.h"

#include "base/check.h"
#include "credit/plans.h"
#include "json/writer.h"
#include "orders/dates.h"
#include "orders/row_codec.h"
#include "risk/rules.h"

namespace karv::api::checkout {
namespace {

std::string_view reason_text(credit::Unavailable reason) {
  switch (reason) {
    case credit::Unavailable::none:
      return "";
    case credit::Unavailable::country:
      return "Not offered in this country.";
    case credit::Unavailable::currency:
      return "Not offered in this currency.";
    case credit::Unavailable::amount_too_small:
      return "The amount is too small for this plan.";
    case credit::Unavailable::amount_too_large:
      return "The amount is too large for this plan.";
  }
  return "";
}

void write_installments(json::Writer& out, const credit::Quote& quote) {
  out.member("installments").begin_array();
  for (const auto& installment : quote.installments)
    out.begin_object()
        .member("number", installment.number)
        .member("due_date", installment.due_date.text())
        .member("due_today", installment.due_today)
        .member("amount", installment.amount.minor())
        .end_object();
  out.end_array();
}

void write_plan(json::Writer& out, const Services& services, const Visitor& visitor, credit::Plan plan) {
  const auto& session = visitor.session;
  const auto currency = money::Currency::parse(session.purchase_currency);
  KARV_REQUIRE(currency.has_value());
  const money::Money amount{session.order_amount, *currency};
  const auto& definition = credit::definition_of(plan);
  const auto unavailable = credit::check_availability(plan, session.purchase_country, amount);
  const auto quote = credit::quote(plan, session.purchase_country, amount,
                                   orders::today_in(session.purchase_country, services.orders.business));
  out.begin_object()
      .member("plan", credit::name_of(plan))
      .member("credit", definition.credit)
      .member("available", quote.ok());
  if (quote.ok()) {
    out.member("reason").null();
  } else {
    out.member("reason", reason_text(unavailable));
  }
  out.member("total_amount", session.order_amount).member("needs_card", definition.needs_card);
  if (quote.ok()) {
    write_installments(out, *quote);
  } else {
    out.member("installments").begin_array().end_array();
  }
  out.member("late", credit::late_sentence(plan, identity::language_of_locale(session.locale)))
      .member("terms_url", services.orders.terms_url(plan))
      .member("terms_hash", quote.ok() ? std::string_view(quote->terms_hash) : std::string_view{})
      .end_object();
}

std::optional<std::string> email_of(const orders::Purchase& purchase) {
  for (const auto* address : {&purchase.details.billing_address, &purchase.details.shipping_address})
    if (*address && (*address)->email) return (*address)->email;
  return std::nullopt;
}

// The pre-screen: only the sandbox's own mailbox convention turns somebody away here.
bool may_show_form(const Services& services, const std::optional<std::string>& email) {
  if (!services.sandbox || !email) return true;
  const auto parsed = identity::Email::parse(*email);
  return !parsed || risk::show_form(risk::parse_convention(*parsed));
}

}  // namespace

std::string session_json(const Services& services, const Visitor& visitor) {
  const auto& session = visitor.session;
  const auto email = email_of(visitor.purchase);
  json::Writer out;
  out.begin_object()
      .member("session_id", session.session_id.text())
      .member("merchant_name", visitor.merchant->name)
      .member("purchase_country", session.purchase_country)
      .member("purchase_currency", session.purchase_currency)
      .member("locale", session.locale)
      .member("order_amount", session.order_amount)
      .member("order_lines")
      .begin_array();
  for (const auto& line : session.cart.order_lines)
    out.begin_object()
        .member("name", line.name)
        .member("quantity", line.quantity)
        .member("total_amount", line.total_amount)
        .end_object();
  out.end_array().member("status", orders::word(session.status));
  if (email) {
    out.member("email", *email);
  } else {
    out.member("email").null();
  }
  out.member("show_form", may_show_form(services, email)).member("plans").begin_array();
  for (const auto plan : credit::kPlans) write_plan(out, services, visitor, plan);
  out.end_array().end_object();
  return std::move(out).take();
}

}  // namespace karv::api::checkout
